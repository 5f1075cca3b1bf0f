import { compareValues, type Doc, decodeDocument, type Value } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import { ID_INDEX, type Index } from '../catalog/index-definition.js'
import { isTrue } from '../catalog/index-spec.js'
import type { WriteTransaction } from '../catalog/write-transaction.js'
import type { Reply } from '../engine.js'
import { CommandError } from '../errors.js'
import { type Arg, type ArgsOf, arg, optional } from './args.js'
import type { CommandContext } from './command.js'
import { readDocument } from './read-args.js'

const fields = {
  name: optional(arg.string),
  keyPattern: optional(arg.document),
  expireAfterSeconds: optional(arg.long),
  hidden: optional(arg.bool),
  unique: optional(arg.bool),
  prepareUnique: optional(arg.bool),
  forceNonUnique: optional(arg.bool),
}

type IndexChange = ArgsOf<typeof fields>

/** The argument `index` of collMod: which index, and what of it is to change. */
export const indexChangeArg: Arg<IndexChange> = {
  read(value, field) {
    return readDocument(field, fields, arg.document.read(value, field))
  },
}

/** Longer times than this are brought down to it. */
const MOST_SECONDS = 2 ** 31 - 1

/** Changes an index as collMod asks, but for making it unique; answers what was changed. */
export function changeIndex(
  { catalog }: CommandContext,
  transaction: WriteTransaction,
  collection: Collection,
  change: IndexChange,
): Reply {
  checkChange(change)
  const index = findIndex(collection, change)
  const spec: Doc = new Map(index.spec)
  const reply = {
    ...setExpiry(index, spec, change),
    ...setHidden(index, spec, change),
    ...setPrepareUnique(index, spec, change),
  }
  if (compareValues(spec, index.spec) !== 0) {
    catalog.setIndexSpec(transaction, collection, index, spec)
  }
  return reply
}

/** The index to be made unique, or undefined when it is or nobody asks. Throws when it may not be. */
export function indexToConvert(collection: Collection, change: IndexChange): Index | undefined {
  if (change.unique === undefined) return undefined
  checkChange(change)
  const index = findIndex(collection, change)
  if (!change.unique) throw new CommandError('BadValue', 'Cannot make index non-unique')
  if (index.unique) return undefined
  if (index.prepareUnique) return index
  throw new CommandError(
    'InvalidOptions',
    `Cannot make index unique with 'prepareUnique=false'. Run collMod to set it as 'prepareUnique=true' before converting it to unique: ${index.name}`,
  )
}

function checkChange(change: IndexChange): void {
  const invalid = (message: string) => new CommandError('InvalidOptions', message)
  if (change.name !== undefined && change.keyPattern) {
    throw invalid('Cannot specify both key pattern and name.')
  }
  if (change.name === undefined && !change.keyPattern) {
    throw invalid('Must specify either index name or key pattern.')
  }
  const { expireAfterSeconds, hidden, unique, prepareUnique, forceNonUnique } = change
  if (
    [expireAfterSeconds, hidden, unique, prepareUnique, forceNonUnique].every(
      (c) => c === undefined,
    )
  ) {
    throw invalid('no expireAfterSeconds, hidden, unique, or prepareUnique field')
  }
  if (forceNonUnique !== undefined) {
    throw new CommandError(
      'CommandNotSupported',
      "collMod with 'index.forceNonUnique' is not supported",
    )
  }
}

function findIndex(collection: Collection, { name, keyPattern }: IndexChange): Index {
  const key = keyPattern && decodeDocument(keyPattern.buf, keyPattern.at)
  const ready = collection.indexes.filter(({ building }) => !building)
  const found = ready.filter((index) =>
    key ? sameKey(index.spec.get('key'), key) : index.name === name,
  )
  const ns = `${collection.db}.${collection.name}`
  if (found.length === 0) {
    throw new CommandError(
      'IndexNotFound',
      `cannot find index ${name ?? 'by its key'} for ns ${ns}`,
    )
  }
  if (found.length > 1) {
    throw new CommandError(
      'AmbiguousIndexKeyPattern',
      `index keyPattern matches ${found.length} indexes, must use index name. Conflicting indexes: ${found.map((index) => index.name).join(', ')}`,
    )
  }
  return found[0]
}

function sameKey(a: Value | undefined, b: Doc): boolean {
  return compareValues(a, b) === 0
}

function setExpiry(index: Index, spec: Doc, { expireAfterSeconds: seconds }: IndexChange): Reply {
  if (seconds === undefined) return {}
  const invalid = (message: string) => new CommandError('InvalidOptions', message)
  if (index.name === ID_INDEX) throw invalid('the _id field does not support TTL indexes')
  if (index.fields.length > 1) {
    throw invalid('TTL indexes are single-field indexes, compound indexes do not support TTL')
  }
  if (seconds < 0) {
    throw invalid(
      `TTL index 'expireAfterSeconds' option must be within an acceptable range, try a different value than ${seconds}`,
    )
  }
  const after = Math.min(seconds, MOST_SECONDS)
  const before = spec.get('expireAfterSeconds')
  spec.set('expireAfterSeconds', after)
  return {
    ...(before !== undefined && { expireAfterSeconds_old: BigInt(Number(before)) }),
    expireAfterSeconds_new: BigInt(after),
  }
}

function setHidden(index: Index, spec: Doc, { hidden }: IndexChange): Reply {
  if (hidden === undefined) return {}
  if (index.name === ID_INDEX) throw new CommandError('BadValue', "can't hide _id index")
  const before = isTrue(spec.get('hidden'))
  if (before === hidden) return {}
  if (hidden) spec.set('hidden', true)
  else spec.delete('hidden')
  return { hidden_old: before, hidden_new: hidden }
}

/** What it changes takes effect for all later writes, so nothing else may change with it. */
function setPrepareUnique(index: Index, spec: Doc, change: IndexChange): Reply {
  const { prepareUnique } = change
  const before = index.prepareUnique
  if (prepareUnique === undefined || prepareUnique === before) return {}
  if (change.hidden !== undefined || change.expireAfterSeconds !== undefined) {
    throw new CommandError(
      'InvalidOptions',
      "collMod does not support 'prepareUnique' together with other changes of an index",
    )
  }
  if (prepareUnique) spec.set('prepareUnique', true)
  else spec.delete('prepareUnique')
  return { prepareUnique_old: before, prepareUnique_new: prepareUnique }
}
