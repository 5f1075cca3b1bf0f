import { createHash, type Hash } from 'node:crypto'
import { type Doc, decodeDocument, RawValue, readInt32, validateDocument } from '@gantry/bson'
import {
  type Chunk,
  type CollectionDescription,
  DamagedDump,
  type Dump,
  namespaceOf,
} from '../../backups/dump.js'
import type { FileSource } from '../../backups/files.js'
import { AppError } from '../../errors.js'
import type { BackupCount, RestoreOptions, RestoreReport } from '../backup.js'
import type { Deployment } from '../deployment.js'
import { dropEverything } from './drop-everything.js'
import { isDumped, ROLES, USERS, VERSION } from './dumped-collections.js'
import { openDump } from './open-dump.js'
import { applyOplog } from './restore-oplog.js'
import { restoreUsers } from './restore-users.js'

export interface MongodbRestoreOptions extends RestoreOptions {
  /** The `_id` of users that stay as they are, such as `admin.admin`. */
  readonly keptUsers: readonly string[]
}

/**
 * Makes a MongoDB hold what a dump holds, and nothing else. Cut off on the way, it may be done
 * again from the start.
 */
export async function restoreMongodb(
  deployment: Deployment,
  files: FileSource,
  options: MongodbRestoreOptions,
): Promise<RestoreReport> {
  const dump = await openDump(files)
  refuseTimeSeries(dump)
  await dropEverything(deployment)
  const collections = dump.collections.filter(isDumped)
  const plain = collections.filter((one) => one.type !== 'view' && isUserData(one))
  for (const collection of plain) await createCollection(deployment, collection)
  const loaded = await load(deployment, dump, options)
  const warnings: string[] = []
  for (const collection of plain) warnings.push(...(await createIndexes(deployment, collection)))
  for (const collection of collections) {
    if (collection.type === 'view') await createCollection(deployment, collection)
  }
  if (options.users) {
    await restoreUsers(deployment, { ...loaded, keptUsers: options.keptUsers })
  }
  return { counts: loaded.counts, warnings }
}

/** Whether it is one of the database's users, rather than one that says who they are. */
function isUserData(collection: CollectionDescription): boolean {
  return ![USERS, ROLES, VERSION].includes(namespaceOf(collection))
}

interface Loaded {
  readonly counts: readonly BackupCount[]
  readonly users: readonly Doc[]
  readonly roles: readonly Doc[]
}

/** Inserts the documents of a dump, while the next ones are being read. */
async function load(
  deployment: Deployment,
  dump: Dump,
  { bytes: expected, signal, progress, changes = true }: MongodbRestoreOptions,
): Promise<Loaded> {
  const tallies = new Map<string, Tally>()
  const principals = new Map<string, Doc[]>([
    [USERS, []],
    [ROLES, []],
  ])
  let bytes = 0
  let writing: Promise<unknown> = Promise.resolve()

  async function store(collection: CollectionDescription | undefined, chunk: Chunk): Promise<void> {
    const name = collection ? namespaceOf(collection) : 'oplog'
    const documents = documentsIn(chunk, name)
    if (!collection) {
      if (changes) await applyOplog(deployment, documents)
      return
    }
    const kept = principals.get(name)
    if (kept) kept.push(...documents.map(({ buf, at }) => decodeDocument(buf, at)))
    else if (isDumped(collection) && isUserData(collection)) {
      // A document that moved while an attached cluster was read comes twice.
      const how = { skipExisting: true, bypassDocumentValidation: true }
      await deployment.insertMany(collection.db, collection.name, documents, how)
    }
  }

  for await (const { collection, chunk } of dump.parts()) {
    if (!chunk) continue
    signal.throwIfAborted()
    await writing
    tallyOf(tallies, collection ? namespaceOf(collection) : 'oplog').add(chunk)
    bytes += chunk.bytes.length
    progress(Math.min(1, bytes / Math.max(1, expected)))
    writing = store(collection, chunk)
    // Awaited before the next one; until then a failure must not be nobody's.
    writing.catch(() => {})
  }
  await writing
  return {
    counts: [...tallies].map(([name, tally]) => tally.count(name)),
    users: principals.get(USERS) ?? [],
    roles: principals.get(ROLES) ?? [],
  }
}

/** What of a collection has come. */
class Tally {
  private readonly hash: Hash = createHash('sha256')
  private documents = 0
  private bytes = 0

  add(chunk: Chunk): void {
    this.hash.update(chunk.bytes)
    this.documents += chunk.count
    this.bytes += chunk.bytes.length
  }

  count(name: string): BackupCount {
    const { documents, bytes, hash } = this
    return { name, documents, bytes, sha256: hash.digest('hex') }
  }
}

function tallyOf(tallies: Map<string, Tally>, name: string): Tally {
  const tally = tallies.get(name) ?? new Tally()
  tallies.set(name, tally)
  return tally
}

/** Checked, as a database trusts what it is given within a process. */
function documentsIn({ bytes }: Chunk, name: string): RawValue[] {
  const documents: RawValue[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = readInt32(bytes, at)
    const document = bytes.subarray(at, at + size)
    const fault = validateDocument(document)
    if (fault !== undefined) throw new DamagedDump(`${name} has a damaged document: ${fault}`)
    documents.push(RawValue.document(document))
    at += size
  }
  return documents
}

/** Options of a collection that only old versions had, and that none takes any more. */
const GONE = ['autoIndexId', 'temp', 'flags', 'usePowerOf2Sizes', '$nExtents', 'create']

async function createCollection(
  deployment: Deployment,
  { db, name, options }: CollectionDescription,
): Promise<void> {
  const given = [...options].filter(([option]) => !GONE.includes(option))
  await deployment.command(db, { create: name, ...Object.fromEntries(given) })
}

/** Makes the indexes beside the one on `_id`; answers which of them this database cannot have. */
async function createIndexes(
  deployment: Deployment,
  { db, name, indexes }: CollectionDescription,
): Promise<string[]> {
  const wanted = indexes.filter((index) => index.get('name') !== '_id_').map(withoutNamespace)
  const warnings: string[] = []
  if (wanted.length === 0) return warnings
  try {
    await deployment.command(db, { createIndexes: name, indexes: wanted })
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'database') throw error
    // One by one, to know which it is.
    for (const index of wanted) {
      try {
        await deployment.command(db, { createIndexes: name, indexes: [index] })
      } catch (cause) {
        if (!(cause instanceof AppError) || cause.kind !== 'database') throw cause
        warnings.push(
          `the index ${index.get('name')} of ${db}.${name} was left out: ${cause.message}`,
        )
      }
    }
  }
  return warnings
}

/** Old versions say in each index whose it is, and newer ones refuse that. */
function withoutNamespace(index: Doc): Doc {
  const copy = new Map(index)
  for (const field of ['ns', 'background', 'safe', 'dropDups']) copy.delete(field)
  return copy
}

function refuseTimeSeries({ collections }: Dump): void {
  const names = collections.filter(({ type }) => type === 'timeseries').map(namespaceOf)
  if (names.length === 0) return
  const list = names.join(', ')
  const message = `time-series collections cannot be restored: ${list}; use mongorestore for this dump`
  throw new AppError('unsupported', message)
}
