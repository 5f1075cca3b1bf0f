import {
  compareValues,
  type Doc,
  Double,
  decodeValue,
  encodeDocument,
  type RawValue,
  type Value,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { createSorter } from '../../plan/sorter.js'
import { unspilled } from '../../spill/working-memory.js'
import { roundDown, roundUp, seriesOf } from '../granularity.js'
import { type AccumulatedField, Groups } from '../groups.js'
import { exactInt32, toDouble } from '../numeric.js'
import { fieldsOf, isDocument } from '../raw-fields.js'
import { compileSortKeyOfValue } from '../sort-pattern.js'
import {
  checkDocumentSize,
  compileValue,
  type DocumentValue,
  type StageContext,
  type StageParser,
} from '../stage.js'
import { blocking } from '../stream.js'
import { isNumeric, typeName } from '../values.js'
import { checkGroupBy, parseOutput } from './bucket.js'

interface Specification {
  readonly value: DocumentValue
  readonly buckets: number
  readonly fields: readonly AccumulatedField[]
  readonly granularity: string | undefined
}

/** Groups documents into a number of ranges of about equally many. */
export const bucketAuto: StageParser = (argument, context) => {
  const specification = parse(argument, context)
  const { value, granularity } = specification
  const keyOf = compileSortKeyOfValue()
  return {
    name: '$bucketAuto',
    open: (input, services) => {
      const sorter = createSorter(
        (buf, doc) => keyOf(value(buf, doc) ?? null),
        0,
        unspilled('$bucketAuto'),
      )
      let count = 0
      return blocking(
        input,
        services.overdue,
        (doc) => {
          if (granularity) checkNumber(value(doc, 0))
          sorter.add(count++, doc)
        },
        function* () {
          const docs: Buffer[] = []
          const sorted = sorter.finish()
          for (let step = sorted.next(); !step.done; step = sorted.next()) docs.push(step.value.doc)
          yield* fill(docs, specification, context)
        },
      )
    },
  }
}

function parse(argument: RawValue, context: StageContext): Specification {
  if (!isDocument(argument)) {
    throw new CommandError(40240, 'The argument to $bucketAuto must be an object')
  }
  let groupBy: RawValue | undefined
  let buckets: number | undefined
  let output: RawValue | undefined
  let granularity: string | undefined
  for (const [name, value] of fieldsOf(argument)) {
    if (name === 'groupBy') groupBy = checkGroupBy(value, 40239, '$bucketAuto')
    else if (name === 'buckets') buckets = parseBuckets(value)
    else if (name === 'output') output = value
    else if (name === 'granularity') granularity = parseGranularity(value)
    else throw new CommandError(40245, `Unrecognized option to $bucketAuto: ${name}.`)
    if (name === 'output') parseOutput(output, context, 40244, '$bucketAuto')
  }
  if (!groupBy || buckets === undefined) {
    throw new CommandError(40246, "$bucketAuto requires 'groupBy' and 'buckets' to be specified.")
  }
  // An empty output counts the documents, too.
  const counted = output && isDocument(output) && fieldsOf(output).length === 0
  const fields = parseOutput(counted ? undefined : output, context, 40244, '$bucketAuto')
  return { value: compileValue(groupBy, context), buckets, fields, granularity }
}

function parseBuckets(raw: RawValue): number {
  const value = decodeValue(raw.buf, raw.type, raw.at)
  if (!isNumeric(value)) {
    throw new CommandError(
      40241,
      `The $bucketAuto 'buckets' field must be a numeric value, but found type: ${typeName(value)}.`,
    )
  }
  const buckets = exactInt32(value)
  if (buckets === undefined) {
    throw new CommandError(
      40242,
      `The $bucketAuto 'buckets' field must be representable as a 32-bit integer, but found ${value}.`,
    )
  }
  if (buckets <= 0) {
    throw new CommandError(
      40243,
      `The $bucketAuto 'buckets' field must be greater than 0, but found: ${buckets}.`,
    )
  }
  return buckets
}

function parseGranularity(raw: RawValue): string {
  const value = decodeValue(raw.buf, raw.type, raw.at)
  if (typeof value !== 'string') {
    throw new CommandError(
      40261,
      `The $bucketAuto 'granularity' field must be a string, but found type: ${typeName(value)}.`,
    )
  }
  if (seriesOf(value) === undefined) {
    throw new CommandError(40257, `Unknown rounding granularity '${value}'`)
  }
  return value
}

function checkNumber(value: Value | undefined): void {
  if (!isNumeric(value)) {
    throw new CommandError(
      40258,
      `$bucketAuto can specify a 'granularity' with numeric boundaries only, but found a value with type: ${typeName(value)}`,
    )
  }
  const number = toDouble(value)
  if (Number.isNaN(number)) {
    throw new CommandError(
      40259,
      `$bucketAuto can specify a 'granularity' with numeric boundaries only, but found a NaN`,
    )
  }
  if (number < 0) {
    throw new CommandError(
      40260,
      `$bucketAuto can specify a 'granularity' with non-negative numbers only, but found a negative number`,
    )
  }
}

function* fill(
  docs: readonly Buffer[],
  specification: Specification,
  context: StageContext,
): Generator<Buffer> {
  const { value, buckets, granularity } = specification
  const size = Math.max(1, Math.round(docs.length / buckets))
  let at = 0
  let lower: Value | undefined
  for (let made = 0; at < docs.length; made++) {
    const start = at
    const last = made === buckets - 1 ? docs.length : Math.min(docs.length, at + size)
    let max = value(docs[last - 1], 0) ?? null
    at = last
    let upper: Value = max
    if (granularity && isNumeric(max)) {
      upper = new Double(roundUp(granularity, toDouble(max)))
      while (at < docs.length && compareValues(value(docs[at], 0), upper) < 0) at++
    } else {
      // Equal values are never parted.
      while (at < docs.length && compareValues(value(docs[at], 0) ?? null, max) === 0) at++
      if (at < docs.length) upper = value(docs[at], 0) ?? null
    }
    if (at >= docs.length && !granularity) {
      max = value(docs[docs.length - 1], 0) ?? null
      upper = max
    }
    lower ??= lowest(value(docs[start], 0) ?? null, granularity)
    yield checkDocumentSize(
      encodeDocument(accumulate(docs.slice(start, at), lower, upper, specification, context)),
    )
    lower = upper
  }
}

function lowest(min: Value, granularity: string | undefined): Value {
  return granularity && isNumeric(min) ? new Double(roundDown(granularity, toDouble(min))) : min
}

function accumulate(
  docs: readonly Buffer[],
  min: Value,
  max: Value,
  { fields }: Specification,
  context: StageContext,
): Doc {
  const groups = new Groups(fields, context.scope.context, '$bucketAuto')
  for (const doc of docs) groups.add(null, doc)
  const [made] = [...groups.documents()]
  return new Map<string, Value>([
    [
      '_id',
      new Map([
        ['min', min],
        ['max', max],
      ]),
    ],
    ...[...made].filter(([name]) => name !== '_id'),
  ])
}
