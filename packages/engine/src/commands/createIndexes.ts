import {
  compareValues,
  type Doc,
  decodeDocument,
  encodeDocument,
  encodeValue,
  type RawValue,
} from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import { fillIndex } from '../catalog/index-build.js'
import { type Index, idIndexSpec } from '../catalog/index-definition.js'
import { isIdPattern, normaliseIndexSpec, sameIndex } from '../catalog/index-spec.js'
import type { WriteTransaction } from '../catalog/write-transaction.js'
import { documentText } from '../element-text.js'
import { CommandError } from '../errors.js'
import { arg, optional } from './args.js'
import { ownCollationArg } from './collation.js'
import { type CommandContext, command } from './command.js'
import { checkNewCollectionName } from './namespace.js'
import { notView } from './writable-collection.js'
import { writePatiently } from './write-steps.js'

/** Builds indexes; those that are there already are left as they are. */
export const createIndexes = command({
  name: 'createIndexes',
  help: 'Builds indexes',
  access: { action: 'createIndex', on: 'collection' },
  takesWriteConcern: true,
  args: {
    createIndexes: arg.collectionName,
    indexes: arg.documents,
    commitQuorum: optional(arg.any),
    ignoreUnknownIndexOptions: optional(arg.bool),
  },
  async run(context, { createIndexes: name, indexes }) {
    checkNewCollectionName(context.db, name)
    if (indexes.length === 0) {
      throw new CommandError('BadValue', 'Must specify at least one index to create')
    }
    const specs = indexes.map(readSpec)
    const created = await announced(async (done) => {
      const registered = await register(context, name, specs, done)
      await build(context, registered.collection, registered.added)
      return registered
    })
    return {
      numIndexesBefore: created.before,
      numIndexesAfter: created.before + created.added.length,
      createdCollectionAutomatically: created.createdCollectionAutomatically,
      ...(created.added.length === 0 && { note: 'all indexes already exist' }),
    }
  },
})

function readSpec({ buf, at }: RawValue): Doc {
  const spec = decodeDocument(buf, at)
  const collation = spec.get('collation')
  if (collation !== undefined) {
    ownCollationArg.read(encodeValue(collation), 'createIndexes.indexes.collation')
    spec.delete('collation')
  }
  return normaliseIndexSpec(spec)
}

const MOST_INDEXES = 64

/** The builds that are under way, by their indexes; a second caller waits for the first one's. */
const builds = new WeakMap<Index, Promise<void>>()

/** Hands the work a promise that resolves when it is done or has failed. */
async function announced<T>(work: (done: Promise<void>) => Promise<T>): Promise<T> {
  let end = () => {}
  const done = new Promise<void>((resolve) => {
    end = resolve
  })
  try {
    return await work(done)
  } finally {
    end()
  }
}

interface Registered {
  readonly collection: Collection
  readonly added: readonly Index[]
  /** Indexes that were there before. */
  readonly before: number
  readonly createdCollectionAutomatically: boolean
}

/** Puts the indexes that are not there into the catalog, still empty. */
async function register(
  context: CommandContext,
  name: string,
  specs: readonly Doc[],
  done: Promise<void>,
): Promise<Registered> {
  for (;;) {
    const registered = await context.write((transaction): Registered | Promise<void>[] => {
      const { catalog, db } = context
      const existing = catalog.find(db, name)
      const collection = existing ? notView(existing) : catalog.create(transaction, db, name)
      const wanted = specs.map((spec) => ({ spec, index: existingIndex(collection, spec) }))
      const underway = wanted.flatMap(({ index }) => (index && builds.get(index)) ?? [])
      if (underway.length > 0) return underway
      const before = collection.indexes.length
      const added = addIndexes(context, transaction, collection, specs)
      for (const index of added) builds.set(index, done)
      return { collection, added, before, createdCollectionAutomatically: !existing }
    })
    if (!Array.isArray(registered)) return registered as Registered
    await Promise.all(registered)
  }
}

function addIndexes(
  context: CommandContext,
  transaction: WriteTransaction,
  collection: Collection,
  specs: readonly Doc[],
): Index[] {
  const added: Index[] = []
  for (const spec of specs) {
    const existing = existingIndex(collection, spec)
    // One that is unfinished with nobody building it is what a failed commit has left.
    if (existing?.building && !added.includes(existing)) {
      context.catalog.dropIndex(transaction, collection, existing)
    } else if (existing) continue
    if (collection.indexes.length >= MOST_INDEXES) {
      throw new CommandError(
        'CannotCreateIndex',
        `add index fails, too many indexes for ${collection.db}.${collection.name}`,
      )
    }
    added.push(context.catalog.addIndex(transaction, collection, spec, true))
  }
  return added
}

/** The index when it is there already. Throws when another stands in its way. */
function existingIndex(collection: Collection, spec: Doc): Index | undefined {
  if (isIdPattern(spec.get('key') as Doc)) {
    return sameIndex(idIndexSpec(), spec) ? collection.indexes[0] : refuseIdIndex(spec)
  }
  for (const index of collection.indexes) {
    const { name, spec: existing } = index
    const sameKey = compareValues(existing.get('key'), spec.get('key')) === 0
    if (sameKey && sameIndex(existing, spec)) {
      if (name === spec.get('name')) return index
      throw new CommandError(
        'IndexOptionsConflict',
        `Index already exists with a different name: ${name}`,
      )
    }
    if (name === spec.get('name')) {
      throw new CommandError(
        'IndexKeySpecsConflict',
        `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. Requested index: ${describe(spec)}, existing index: ${describe(existing)}`,
      )
    }
    const samePartial =
      compareValues(
        existing.get('partialFilterExpression'),
        spec.get('partialFilterExpression'),
      ) === 0
    if (
      sameKey &&
      samePartial &&
      existing.get('sparse') === spec.get('sparse') &&
      existing.get('unique') === spec.get('unique')
    ) {
      throw new CommandError(
        'IndexOptionsConflict',
        `An equivalent index already exists with the same name but different options. Requested index: ${describe(spec)}, existing index: ${describe(existing)}`,
      )
    }
  }
  return undefined
}

function refuseIdIndex(spec: Doc): never {
  throw new CommandError(
    'CannotCreateIndex',
    `The _id index cannot have other options: ${describe(spec)}`,
  )
}

function describe(spec: Doc): string {
  return documentText(encodeDocument(spec), 0)
}

/** Fills new indexes; takes all of them away again when one cannot be. */
async function build(
  context: CommandContext,
  collection: Collection,
  added: readonly Index[],
): Promise<void> {
  if (added.length === 0) return
  try {
    await fill(context, collection, added)
  } catch (error) {
    await context.write((transaction) => {
      const target = context.catalog.findById(collection.id)
      for (const index of target?.indexes ?? []) {
        if (!added.some(({ id }) => id === index.id)) continue
        context.catalog.dropIndex(transaction, target as Collection, index)
      }
    })
    throw error
  } finally {
    for (const index of added) builds.delete(index)
  }
}

/** Makes the entries of new indexes, then lets queries use them. */
async function fill(
  context: CommandContext,
  collection: Collection,
  added: readonly Index[],
): Promise<void> {
  for (const index of added) await makeEntries(context, collection, index)
  await context.write((transaction) => {
    for (const index of added) {
      context.catalog.finishIndex(transaction, current(context, collection, index), index)
    }
  })
}

const FILL_MS = 4

/** Makes the entries of a new index stretch by stretch. Throws DuplicateKey when a unique index cannot be. */
export async function makeEntries(
  context: CommandContext,
  collection: Collection,
  index: Index,
): Promise<void> {
  let after: number | undefined
  do {
    after = await writePatiently(context, (transaction) => {
      const target = current(context, collection, index)
      return fillIndex(transaction, target, index, after, performance.now() + FILL_MS)
    })
    await context.breathe()
  } while (after !== undefined)
}

/** The collection as it now is. Throws when it or the index was dropped meanwhile. */
export function current(context: CommandContext, collection: Collection, index: Index): Collection {
  const found = context.catalog.findById(collection.id)
  if (found?.indexes.includes(index)) return found
  throw new CommandError(
    'IndexBuildAborted',
    `Index build aborted: ${index.name} of ${collection.db}.${collection.name} was dropped meanwhile`,
  )
}
