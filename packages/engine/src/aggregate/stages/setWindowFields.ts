import {
  BsonType,
  encodeValue,
  type Path,
  type RawValue,
  typeAlias,
  type Value,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { createSorter } from '../../plan/sorter.js'
import { unspilled } from '../../spill/working-memory.js'
import { parseFieldPath } from '../field-path.js'
import { fieldsOf, isDocument } from '../raw-fields.js'
import {
  compileSortKey,
  compileSortKeyOfValue,
  parseSortPattern,
  type SortKey,
  type SortPattern,
} from '../sort-pattern.js'
import {
  checkDocumentSize,
  compileValue,
  type DocumentValue,
  type Stage,
  type StageContext,
  type StageParser,
} from '../stage.js'
import { blocking } from '../stream.js'
import { parseWindowFunction } from '../window/functions.js'
import type { Partition, WindowFunction } from '../window/partition.js'
import { setPath } from '../write-path.js'

/** A field that a window function gives. */
export interface WindowOutput {
  readonly path: Path
  readonly compute: WindowFunction
}

export const setWindowFields: StageParser = (argument, context) => {
  if (!isDocument(argument)) {
    throw new CommandError(
      'FailedToParse',
      `the $setWindowFields stage specification must be an object, found ${typeAlias(argument.type)}`,
    )
  }
  const found: Record<string, RawValue> = {}
  for (const [name, value] of fieldsOf(argument)) {
    if (name !== 'partitionBy' && name !== 'sortBy' && name !== 'output') {
      throw new CommandError(40415, `BSON field '$setWindowFields.${name}' is an unknown field.`)
    }
    if (value.type !== BsonType.null || name === 'partitionBy') found[name] = value
  }
  if (!found.output) {
    throw new CommandError(
      40414,
      "BSON field '$setWindowFields.output' is missing but a required field",
    )
  }
  const sortBy = parseSortBy(found.sortBy)
  const outputs = parseOutputs(found.output, sortBy, context)
  return windowStage(found.partitionBy && compileValue(found.partitionBy, context), sortBy, outputs)
}

/** Reads `sortBy`; an empty document asks for no order. */
export function parseSortBy(value: RawValue | undefined): SortPattern | undefined {
  if (!value) return undefined
  if (!isDocument(value)) {
    throw new CommandError(
      'TypeMismatch',
      `BSON field '$setWindowFields.sortBy' is the wrong type '${typeAlias(value.type)}', expected type 'object'`,
    )
  }
  return fieldsOf(value).length === 0 ? [] : parseSortPattern(value)
}

function parseOutputs(
  output: RawValue,
  sortBy: SortPattern | undefined,
  context: StageContext,
): WindowOutput[] {
  if (!isDocument(output)) {
    throw new CommandError(
      'TypeMismatch',
      `BSON field '$setWindowFields.output' is the wrong type '${typeAlias(output.type)}', expected type 'object'`,
    )
  }
  return fieldsOf(output).map(([dotted, specification]) => {
    const path = parseFieldPath(dotted)
    if (!isDocument(specification)) {
      throw new CommandError('FailedToParse', `The field '${dotted}' must be an object`)
    }
    let call: readonly [string, RawValue] | undefined
    let window: RawValue | undefined
    for (const [name, value] of fieldsOf(specification)) {
      if (name === 'window') window = value
      else if (!name.startsWith('$') || call) {
        throw new CommandError(
          'FailedToParse',
          `Window function found an unknown argument: ${name}`,
        )
      } else call = [name, value]
    }
    if (!call) throw new CommandError('FailedToParse', 'Expected a $-prefixed window function')
    const [name, argument] = call
    return {
      path,
      compute: parseWindowFunction(argument, { name, sortBy, window, stage: context }),
    }
  })
}

/** Documents come out partition by partition, each in the order of `sortBy`. */
export function windowStage(
  partitionBy: DocumentValue | undefined,
  sortBy: SortPattern | undefined,
  outputs: readonly WindowOutput[],
): Stage {
  const keyOfValue = compileSortKeyOfValue()
  const sortKey = sortBy && compileSortKey(sortBy)
  const partitionKey = (buf: Buffer, doc: number) =>
    partitionBy ? keyOfValue(checkPartition(partitionBy(buf, doc))) : EMPTY
  const wholeKey = (buf: Buffer, doc: number) => {
    const key = partitionKey(buf, doc)
    return sortKey ? Buffer.concat([key, sortKey(buf, doc)]) : key
  }
  return {
    name: '$setWindowFields',
    open: (input, services) => {
      const sorter = createSorter(wholeKey, 0, unspilled('$setWindowFields'))
      let count = 0
      return blocking(
        input,
        services.overdue,
        (doc) => sorter.add(count++, doc),
        function* () {
          const sorted = sorter.finish()
          let docs: Buffer[] = []
          let current: Buffer | undefined
          for (let step = sorted.next(); !step.done; step = sorted.next()) {
            const { doc } = step.value
            const key = partitionKey(doc, 0)
            if (current && !key.equals(current)) {
              yield* withOutputs(docs, sortKey, outputs)
              docs = []
            }
            current = key
            docs.push(doc)
          }
          yield* withOutputs(docs, sortKey, outputs)
        },
      )
    },
  }
}

const EMPTY = Buffer.alloc(0)

/** A missing key and null make one partition. */
function checkPartition(value: Value | undefined): Value {
  if (!Array.isArray(value)) return value ?? null
  throw new CommandError(
    'TypeMismatch',
    'An expression used to partition cannot evaluate to value of type array',
  )
}

function* withOutputs(
  docs: readonly Buffer[],
  sortKey: SortKey | undefined,
  outputs: readonly WindowOutput[],
): Generator<Buffer> {
  const partition: Partition = {
    docs,
    sortKeys: sortKey ? docs.map((doc) => Buffer.from(sortKey(doc, 0))) : [],
  }
  const values = outputs.map(({ compute }) => compute(partition))
  for (const [i, doc] of docs.entries()) {
    let result = doc
    for (const [k, { path }] of outputs.entries()) {
      const value = values[k][i]
      if (value !== undefined) result = setPath(result, path, encodeValue(value))
    }
    yield checkDocumentSize(result)
  }
}
