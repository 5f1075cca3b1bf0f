import {
  BsonType,
  type Doc,
  decodeDocument,
  isNumericType,
  type RawValue,
  type Value,
} from '@gantry/bson'
import { CommandError } from '../errors.js'
import { type Arg, arg, isTrue, optional, wrongType } from './args.js'
import { readDocument } from './read-args.js'

const fields = {
  key: arg.document,
  unique: arg.bool,
  name: optional(arg.string),
  v: optional(arg.long),
}

/** The option `clusteredIndex` of `create`, as it is kept and listed: the order of `_id` is that of the collection. */
export const clusteredIndexArg: Arg<Doc | undefined> = {
  read(value, field) {
    if (value.type === BsonType.object) return readClusteredIndex(value, field)
    if (value.type !== BsonType.bool && !isNumericType(value.type)) {
      throw wrongType(field, value, 'bool, int, decimal, long, double, object')
    }
    if (!isTrue(value)) return undefined
    throw new CommandError(
      5979703,
      "The 'clusteredIndex' option must be a document with the fields 'key' and 'unique'",
    )
  },
  fallback: () => undefined,
}

function readClusteredIndex(value: RawValue, field: string): Doc {
  const { key, unique, name = '_id_', v = 2 } = readDocument(field, fields, value)
  const pattern = decodeDocument(key.buf, key.at)
  if (pattern.size !== 1 || Number(pattern.get('_id')) !== 1) {
    throw new CommandError(
      'InvalidIndexSpecificationOption',
      "The key of 'clusteredIndex' must be { _id: 1 }",
    )
  }
  if (!unique) throw new CommandError(5979700, "The 'clusteredIndex' option requires unique: true")
  if (v !== 2) throw new CommandError(5979704, "The 'clusteredIndex' option requires v: 2")
  return new Map<string, Value>([
    ['v', 2],
    ['key', new Map([['_id', 1]])],
    ['name', name],
    ['unique', true],
  ])
}

/** Throws when a clustered collection is asked for together with what it cannot be. */
export function checkClustered(given: {
  readonly clusteredIndex?: Doc
  readonly capped?: boolean
  readonly max?: number
  readonly viewOn?: string
  readonly idIndex?: unknown
}): void {
  if (!given.clusteredIndex) return
  if (given.viewOn !== undefined) {
    throw new CommandError(6026500, "The 'clusteredIndex' option is not supported with views")
  }
  if (given.capped) {
    throw new CommandError(6049200, 'A clustered collection cannot be capped')
  }
  if (given.max !== undefined) {
    throw new CommandError(6049204, "A clustered collection does not support 'max'")
  }
  if (given.idIndex !== undefined) {
    throw new CommandError(
      'InvalidOptions',
      "The 'clusteredIndex' option is not supported with the 'idIndex' option",
    )
  }
}
