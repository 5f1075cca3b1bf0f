import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Doc, Double, decodeDocument, encodeDocument, type RawValue } from '@gantry/bson'
import {
  CommandError,
  type CommandMessage,
  type Engine,
  type FolderEngine,
  openEngine,
  type Reply,
  serveSocket,
} from '@gantry/engine'
import type { FileSink } from '../../backups/files.js'
import { authority } from '../../binding.js'
import { AppError } from '../../errors.js'
import type { BackupContent, BackupOptions } from '../backup.js'
import type {
  Command,
  Deployment,
  Filter,
  InsertManyOptions,
  UpdateOptions,
} from '../deployment.js'
import { PLAIN_AND_TLS, type RunningMongodb, type ServiceDriver } from '../driver.js'
import { CursorBatches } from './cursor-batches.js'
import { restoreMongodb } from './restore-backup.js'
import { serverVersionOf } from './server-version.js'
import { snapshotSource } from './snapshot-source.js'
import { mongodbStatistics } from './statistics.js'
import { ensureUser } from './users.js'
import { writeBackup } from './write-backup.js'

/** The embedded engine as a service; a sharded instance is a cluster of one shard there. */
export const embeddedMongodb: ServiceDriver<RunningMongodb> = {
  service: 'mongodb',
  mode: 'embedded',
  ports: PLAIN_AND_TLS,
  async start({ user: name, password }, { folder, address }) {
    const engine = await openIn(folder)
    const deployment = embeddedDeployment(engine)
    try {
      await ensureUser(deployment, { db: 'admin', name, password, role: 'root' })
    } catch (error) {
      await deployment.close()
      throw error
    }
    const statistics = mongodbStatistics(deployment)
    return {
      deployment,
      // It is the only member there is, whatever it is called where it is reached.
      member: async () => deployment,
      async statistics() {
        return [{ host: address ? authority(address) : 'embedded', values: await statistics() }]
      },
      accept: (socket, { host, port }) =>
        serveSocket(engine, socket, { peerAddress: authority({ host, port }) }),
      fileSize: () => sizeOfFilesIn(folder),
      usedBytes: () => usedBytesOf(deployment),
      refuseGrowth: engine.refuseGrowth,
      backup: (files, options) => backupOf(engine, deployment, files, options),
      restore: (files, options) =>
        restoreMongodb(deployment, files, { ...options, keptUsers: [`admin.${name}`] }),
      health: async () => void (await deployment.command('admin', { ping: 1 })),
      stop: () => deployment.close(),
    }
  },
}

/** The state at the moment at which it begins, whatever is written meanwhile. */
async function backupOf(
  engine: FolderEngine,
  deployment: Deployment,
  files: FileSink,
  options: BackupOptions,
): Promise<BackupContent> {
  const version = await serverVersionOf(deployment)
  const snapshot = await engine.snapshot()
  try {
    return await writeBackup(snapshotSource(snapshot, version), files, options)
  } finally {
    snapshot.release()
  }
}

/** What users have stored, with its indexes: what is free within the files does not count. */
async function usedBytesOf(deployment: Deployment): Promise<number> {
  const list = { listDatabases: 1, nameOnly: true }
  const databases = decodeDocument(await deployment.command('admin', list)).get('databases')
  let bytes = 0
  for (const database of databases as Doc[]) {
    const name = database.get('name') as string
    const stats = decodeDocument(await deployment.command(name, { dbStats: 1 }))
    for (const field of ['dataSize', 'indexSize']) bytes += numberIn(stats, field)
  }
  return bytes
}

function numberIn(doc: Doc, field: string): number {
  const value = doc.get(field)
  return value instanceof Double ? value.value : Number(value)
}

async function sizeOfFilesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = files.map(async ({ name }) => (await stat(join(folder, name))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/** Opens the engine in a folder, which is made when missing, and calls it in this process. */
export async function openEmbedded(folder: string): Promise<Deployment> {
  return embeddedDeployment(await openIn(folder))
}

async function openIn(folder: string): Promise<FolderEngine> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return openEngine({ path: folder })
}

/** A deployment over an open engine, which `close` closes. All calls share one internal session. */
export function embeddedDeployment(engine: Engine): Deployment {
  const session = engine.connect({ internal: true })

  async function run(
    db: string,
    command: Command,
    sequences?: CommandMessage['sequences'],
  ): Promise<Reply> {
    try {
      const body = encodeDocument({ ...command, $db: db })
      return await engine.run(session, { body, sequences })
    } catch (error) {
      throw asAppError(error)
    }
  }

  /** Beside the command, as the limit of a message's size is none within a process. */
  async function insertMany(
    db: string,
    collection: string,
    documents: readonly RawValue[],
    { skipExisting = false, bypassDocumentValidation }: InsertManyOptions = {},
  ): Promise<number> {
    const command = { insert: collection, ordered: !skipExisting, bypassDocumentValidation }
    const bytes = documents.map(({ buf, at, size }) => buf.subarray(at, at + size))
    const reply = await run(db, command, new Map([['documents', bytes]]))
    const errors = (reply.writeErrors ?? []) as unknown as WriteError[]
    const error = errors.find(({ code }) => !skipExisting || code !== DUPLICATE_KEY)
    if (error) throw asAppError(new CommandError(error.code, error.errmsg))
    return Number(reply.n)
  }

  async function write(db: string, command: Command): Promise<Reply> {
    const reply = await run(db, command)
    const [error] = (reply.writeErrors ?? []) as unknown as WriteError[]
    if (error) throw asAppError(new CommandError(error.code, error.errmsg))
    return reply
  }

  return {
    batches: (db, command) => new CursorBatches((step) => run(db, step), command),
    async command(db, command) {
      return encodeDocument(await run(db, command))
    },
    async insert(db, collection, document) {
      await write(db, { insert: collection, documents: [document] })
    },
    insertMany,
    async update(db, collection, q: Filter, u, { upsert, multi }: UpdateOptions = {}) {
      const reply = await write(db, { update: collection, updates: [{ q, u, upsert, multi }] })
      return Number(reply.n)
    },
    async delete(db, collection, q: Filter) {
      const reply = await write(db, { delete: collection, deletes: [{ q, limit: 0 }] })
      return Number(reply.n)
    },
    async close() {
      engine.disconnect(session)
      await engine.close()
    },
  }
}

const DUPLICATE_KEY = 11000

interface WriteError {
  readonly code: number
  readonly errmsg: string
}

/** The engine's own failures are the caller's; anything else is a bug and stays as it is. */
function asAppError(error: unknown): unknown {
  if (!(error instanceof CommandError)) return error
  const { code, codeName, message } = error
  return new AppError('database', message, { code, codeName }, { cause: error })
}
