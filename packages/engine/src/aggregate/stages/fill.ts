import {
  BsonType,
  decodeValue,
  encodeDocument,
  encodeValue,
  type RawValue,
  typeAlias,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { parseFieldPath, readPath } from '../field-path.js'
import { elementsOf, fieldsOf, isArray, isDocument } from '../raw-fields.js'
import { compileValue, type DocumentValue, type StageContext, type StageParser } from '../stage.js'
import { eachDocument } from '../stream.js'
import { isNullish } from '../values.js'
import { parseWindowFunction } from '../window/functions.js'
import { setPath } from '../write-path.js'
import { parseSortBy, type WindowOutput, windowStage } from './setWindowFields.js'

const OPTIONS = ['partitionBy', 'partitionByFields', 'sortBy', 'output'] as const
type Options = Partial<Record<(typeof OPTIONS)[number], RawValue>>

/** Gives null and missing fields a value: from an expression, the last one before, or by interpolation. */
export const fill: StageParser = (argument, context) => {
  const found = readOptions(argument)
  const sortBy = parseSortBy(found.sortBy)
  const outputs: WindowOutput[] = []
  const values: { dotted: string; value: DocumentValue }[] = []
  for (const [dotted, specification] of fieldsOf(found.output as RawValue)) {
    const [kind, value] = readOutput(dotted, specification)
    if (kind === 'value') values.push({ dotted, value: compileValue(value, context) })
    else {
      const name = methodName(value)
      if (name === '$linearFill' && sortBy?.length !== 1) {
        throw new CommandError(
          605001,
          '$linearFill must be specified with a top level sortBy expression with exactly one element',
        )
      }
      const compute = parseWindowFunction(fieldReference(dotted), {
        name,
        sortBy,
        window: undefined,
        stage: context,
      })
      outputs.push({ path: parseFieldPath(dotted), compute })
    }
  }
  const windows =
    outputs.length > 0 ? [windowStage(partition(found, context), sortBy, outputs)] : []
  return [...windows, fillingStage(values)]
}

function readOptions(argument: RawValue): Options {
  if (!isDocument(argument)) {
    throw new CommandError(
      'FailedToParse',
      `the $fill stage specification must be an object, found ${typeAlias(argument.type)}`,
    )
  }
  const found: Options = {}
  for (const [name, value] of fieldsOf(argument)) {
    const option = OPTIONS.find((known) => known === name)
    if (!option) throw new CommandError(40415, `BSON field '$fill.${name}' is an unknown field.`)
    found[option] = value
  }
  if (!found.output)
    throw new CommandError(40414, "BSON field '$fill.output' is missing but a required field")
  if (!isDocument(found.output) || fieldsOf(found.output).length === 0) {
    throw new CommandError(6050203, '$fill requires an object with at least one field for output')
  }
  if (found.partitionBy && found.partitionByFields) {
    throw new CommandError(
      6050204,
      'Maximum one of partitionBy and partitionByFields can be specified in $fill',
    )
  }
  return found
}

function readOutput(dotted: string, specification: RawValue): readonly [string, RawValue] {
  const fields = isDocument(specification) ? fieldsOf(specification) : []
  const [first] = fields
  if (fields.length === 1 && (first[0] === 'value' || first[0] === 'method')) return first
  throw new CommandError(
    6050200,
    `Exactly one of 'value' and 'method' must be given for '${dotted}' in $fill`,
  )
}

function methodName(value: RawValue): string {
  const method = decodeValue(value.buf, value.type, value.at)
  if (method === 'locf') return '$locf'
  if (method === 'linear') return '$linearFill'
  throw new CommandError(6050202, 'Method must be either locf or linear')
}

function fieldReference(dotted: string): RawValue {
  return encodeValue(`$${dotted}`)
}

function partition({ partitionBy, partitionByFields }: Options, context: StageContext) {
  if (partitionBy) {
    if (partitionBy.type === BsonType.string || isDocument(partitionBy))
      return compileValue(partitionBy, context)
    throw new CommandError('TypeMismatch', "'partitionBy' must be a string or an object")
  }
  return partitionByFields && compileValue(fieldsAsDocument(partitionByFields), context)
}

/** `['a', 'b']` as an expression that gives a document of both. */
function fieldsAsDocument(names: RawValue): RawValue {
  if (!isArray(names))
    throw new CommandError('TypeMismatch', "'partitionByFields' must be an array of strings")
  const document = new Map<string, string>()
  for (const element of elementsOf(names)) {
    const name = decodeValue(element.buf, element.type, element.at)
    if (typeof name !== 'string')
      throw new CommandError('TypeMismatch', "'partitionByFields' must be an array of strings")
    parseFieldPath(name)
    document.set(`part${document.size}`, `$${name}`)
  }
  const buf = encodeDocument(document)
  return { buf, type: BsonType.object, at: 0, size: buf.length }
}

function fillingStage(values: readonly { dotted: string; value: DocumentValue }[]) {
  const fields = values.map(({ dotted, value }) => ({ path: parseFieldPath(dotted), value }))
  return {
    name: '$fill',
    open: (input: Parameters<typeof eachDocument>[0]) =>
      eachDocument(input, (doc) => {
        let result = doc
        for (const { path, value } of fields) {
          if (!isNullish(readPath(doc, 0, path))) continue
          const filled = value(doc, 0)
          if (filled !== undefined) result = setPath(result, path, encodeValue(filled))
        }
        return result
      }),
  }
}
