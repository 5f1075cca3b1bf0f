import {
  canonicalRank,
  compareValues,
  decodeValue,
  encodeDocument,
  type RawValue,
  typeOf,
  type Value,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { sum } from '../accumulators/sum.js'
import { type AccumulatedField, Groups } from '../groups.js'
import { elementsOf, fieldsOf, isArray, isDocument } from '../raw-fields.js'
import { constantValue } from '../scope.js'
import { checkDocumentSize, compileValue, type StageContext, type StageParser } from '../stage.js'
import { blocking } from '../stream.js'
import { parseAccumulatedField } from './group.js'

/** Groups documents by the range that a value lies in. */
export const bucket: StageParser = (argument, context) => {
  const found = readOptions(argument)
  const value = compileValue(checkGroupBy(found.groupBy as RawValue, 40202, '$bucket'), context)
  const boundaries = parseBoundaries(found.boundaries as RawValue, context)
  const fallback = found.default && parseDefault(found.default, boundaries, context)
  const fields = parseOutput(found.output, context, 40196, '$bucket')
  return {
    name: '$bucket',
    open: (input, services) => {
      const groups = new Groups(fields, context.scope.context, '$bucket')
      const bucketOf = (key: Value | undefined) => findBucket(key, boundaries, fallback)
      return blocking(
        input,
        services.overdue,
        (doc) => groups.add(bucketOf(value(doc, 0)), doc),
        function* () {
          const docs = [...groups.documents()]
          docs.sort((a, b) => compareValues(a.get('_id'), b.get('_id')))
          for (const doc of docs) yield checkDocumentSize(encodeDocument(doc))
        },
      )
    },
  }
}

const OPTIONS = ['groupBy', 'boundaries', 'default', 'output'] as const

function readOptions(argument: RawValue): Partial<Record<(typeof OPTIONS)[number], RawValue>> {
  if (!isDocument(argument)) {
    throw new CommandError(40201, 'Argument to $bucket stage must be an object')
  }
  const found: Partial<Record<(typeof OPTIONS)[number], RawValue>> = {}
  for (const [name, value] of fieldsOf(argument)) {
    const option = OPTIONS.find((known) => known === name)
    if (!option) throw new CommandError(40197, `Unrecognized option to $bucket: ${name}.`)
    if (option === 'groupBy') checkGroupBy(value, 40202, '$bucket')
    found[option] = value
  }
  if (!found.groupBy || !found.boundaries) {
    throw new CommandError(40198, "$bucket requires 'groupBy' and 'boundaries' to be specified.")
  }
  return found
}

/** The value to group by must be a path or an expression with an operator. */
export function checkGroupBy(value: RawValue, code: number, name: string): RawValue {
  const first = isDocument(value) ? fieldsOf(value)[0]?.[0] : undefined
  const text = decodeValue(value.buf, value.type, value.at)
  if (first?.startsWith('$') || (typeof text === 'string' && text.startsWith('$'))) return value
  throw new CommandError(
    code,
    `The ${name} 'groupBy' field must be defined as a $-prefixed path or an expression, but found: ${text}.`,
  )
}

function parseBoundaries(value: RawValue, { scope }: StageContext): Value[] {
  if (!isArray(value)) {
    throw new CommandError(
      40200,
      `The $bucket 'boundaries' field must be an array, but found type: ${typeOf(decodeValue(value.buf, value.type, value.at))}.`,
    )
  }
  const boundaries = elementsOf(value).map((element) => {
    const expression = scope.parse(element, scope)
    if (!expression.constant) {
      throw new CommandError(
        40191,
        `The $bucket 'boundaries' field must be an array of constant values.`,
      )
    }
    return constantValue(expression) ?? null
  })
  if (boundaries.length < 2) {
    throw new CommandError(
      40192,
      `The $bucket 'boundaries' field must have at least 2 values, but found ${boundaries.length} value(s).`,
    )
  }
  for (let i = 1; i < boundaries.length; i++) {
    if (rank(boundaries[i]) !== rank(boundaries[i - 1])) {
      throw new CommandError(
        40193,
        "All values in the the 'boundaries' option to $bucket must have the same type.",
      )
    }
    if (compareValues(boundaries[i - 1], boundaries[i]) >= 0) {
      throw new CommandError(40194, "The 'boundaries' option to $bucket must be sorted.")
    }
  }
  return boundaries
}

function rank(value: Value): number {
  return canonicalRank(typeOf(value))
}

function parseDefault(value: RawValue, boundaries: readonly Value[], { scope }: StageContext) {
  const expression = scope.parse(value, scope)
  if (!expression.constant) {
    throw new CommandError(40195, "The $bucket 'default' field must be a constant expression.")
  }
  const fallback = constantValue(expression) ?? null
  const inside =
    compareValues(fallback, boundaries[0]) >= 0 &&
    compareValues(fallback, boundaries[boundaries.length - 1]) < 0
  if (inside) {
    throw new CommandError(
      40199,
      "The $bucket 'default' field must be less than the lowest boundary or greater than or equal to the highest boundary.",
    )
  }
  return { value: fallback }
}

function findBucket(
  key: Value | undefined,
  boundaries: readonly Value[],
  fallback: { readonly value: Value } | undefined,
): Value {
  let low = 0
  let high = boundaries.length
  // The number of boundaries at or below the key.
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareValues(boundaries[middle], key) <= 0) low = middle + 1
    else high = middle
  }
  if (low > 0 && low < boundaries.length) return boundaries[low - 1]
  if (fallback) return fallback.value
  throw new CommandError(
    40066,
    '$switch could not find a matching branch for an input, and no default was specified.',
  )
}

/** The accumulated fields of `output`; without it, the count of documents. */
export function parseOutput(
  output: RawValue | undefined,
  context: StageContext,
  code: number,
  name: string,
): AccumulatedField[] {
  if (!output) {
    const buf = encodeDocument({ one: 1 })
    const [[, one]] = fieldsOf({ buf, type: 3, at: 0, size: buf.length })
    return [{ name: 'count', start: sum(one, context.scope, '$sum') }]
  }
  if (!isDocument(output)) {
    throw new CommandError(code, `The ${name} 'output' field must be an object.`)
  }
  return fieldsOf(output).map(([field, value]) => {
    if (field === '_id') {
      throw new CommandError(15948, "a group's _id may only be specified once")
    }
    return parseAccumulatedField(field, value, context)
  })
}
