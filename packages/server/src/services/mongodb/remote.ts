/**
 * A MongoDB of any topology behind the official driver, which looks after its members, its
 * connections and the retrying of writes; reads are retried here, whichever they are.
 */
import { RawValue, type Writable } from '@gantry/bson'
import type { Db, Document, MongoClient, MongoClientOptions, RunCommandCursor } from 'mongodb'
import { AppError } from '../../errors.js'
import type { Command, Deployment } from '../deployment.js'
import { asAppError, isRetryableRead, withoutSecrets } from './remote-errors.js'
import { uriOfHost } from './remote-uri.js'
import { bytesOf, commandToDriver, type Driver, EXACT_REPLIES, fromReply } from './remote-values.js'
import { repeatableIn, writesWith } from './remote-writes.js'

/** A deployment that is reached over the network. */
export interface RemoteDeployment extends Deployment {
  /** A deployment that asks one member only, with the same user; closed with this one. */
  host(host: string): Promise<Deployment>
  /** The client behind it, for what is not asked by a command. */
  readonly client: MongoClient
}

const BATCH_SIZE = 500

/** Commands that change nothing, and so may be sent again after their answer was lost. */
const READS = new Set(
  `aggregate buildInfo collStats connectionStatus count currentOp dataSize dbHash dbStats distinct
  explain find getCmdLineOpts getLog getParameter hello hostInfo isMaster listCollections
  listCommands listDatabases listIndexes listShards ping replSetGetConfig replSetGetStatus
  rolesInfo serverStatus top usersInfo validate`.split(/\s+/),
)

/** Used where the URI says nothing else: an answer to a caller should not take half a minute. */
const DEFAULTS: MongoClientOptions = {
  appName: 'gantry',
  serverSelectionTimeoutMS: 10_000,
  connectTimeoutMS: 10_000,
}

/** Connects; rejects with `unavailable` when no server is found, and with `invalid` for a URI that is none. */
export async function openRemote(uri: string): Promise<RemoteDeployment> {
  const { mongodb: driver } = await import('./official-driver.js')
  const client = clientFor(driver, uri)
  try {
    await client.connect()
  } catch (error) {
    await client.close()
    throw asAppError(driver, error, uri)
  }
  return deploymentOver(driver, client, uri)
}

function clientFor(driver: Driver, uri: string): MongoClient {
  const given = optionsIn(uri)
  const defaults = Object.entries(DEFAULTS).filter(([name]) => !given.has(name.toLowerCase()))
  const durable = !given.has('w') && !given.has('journal') && { w: 'majority', journal: true }
  try {
    return new driver.MongoClient(uri, {
      ...Object.fromEntries(defaults),
      ...(durable && { writeConcern: durable as { w: 'majority'; journal: true } }),
      ignoreUndefined: false,
      forceServerObjectId: true,
    })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new AppError('invalid', `not a usable MongoDB URI: ${withoutSecrets(message, uri)}`)
  }
}

function optionsIn(uri: string): Set<string> {
  const query = uri.split('?')[1] ?? ''
  return new Set(query.split('&').map((option) => option.split('=')[0].toLowerCase()))
}

function deploymentOver(driver: Driver, client: MongoClient, uri: string): RemoteDeployment {
  const hosts = new Map<string, Promise<RemoteDeployment>>()
  const writes = writesWith(driver)

  async function translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw asAppError(driver, error, uri)
    }
  }

  async function retried<T>(isRead: boolean, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!isRead || !client.options.retryReads || !isRetryableRead(driver, error)) throw error
      return await work()
    }
  }

  return {
    client,
    command(db, command) {
      const name = repeatableIn(command)
      if (name !== undefined) {
        const collection = client.db(db).collection(name)
        return translated(async () => fromReply(await writes.findAndModify(collection, command)))
      }
      const sent = commandToDriver(driver, command)
      return translated(async () => {
        const run = () => client.db(db).command(sent, EXACT_REPLIES)
        return fromReply(await retried(isRead(command), run))
      })
    },
    batches: (db, command) => batchesOf({ driver, uri, retried }, client.db(db), command),
    insert: (db, collection, document) =>
      translated(() => writes.insert(client.db(db).collection(collection), document)),
    insertMany: (db, collection, documents, options) =>
      translated(() => writes.insertMany(client.db(db).collection(collection), documents, options)),
    update: (db, collection, filter, update, options) =>
      translated(() =>
        writes.update(client.db(db).collection(collection), filter, update, options),
      ),
    delete: (db, collection, filter) =>
      translated(() => writes.delete(client.db(db).collection(collection), filter)),
    host(host) {
      const known = hosts.get(host)
      if (known) return known
      const { credentials, tls } = client.options
      const opened = openRemote(
        uriOfHost(uri, host, { authSource: credentials?.source, tls: tls === true }),
      )
      hosts.set(host, opened)
      opened.catch(() => hosts.delete(host))
      return opened
    },
    async close() {
      const opened = await Promise.allSettled(hosts.values())
      const closing = opened.map((one) => one.status === 'fulfilled' && one.value.close())
      await Promise.all([client.close(), ...closing])
    },
  }
}

/** What all calls to a deployment share. */
interface Reach {
  readonly driver: Driver
  readonly uri: string
  /** Like the driver's own retrying of reads, which it does for some of its methods only. */
  retried<T>(isRead: boolean, work: () => Promise<T>): Promise<T>
}

async function* batchesOf(
  { driver, uri, retried }: Reach,
  db: Db,
  command: Command,
): AsyncGenerator<readonly RawValue[]> {
  let cursor: RunCommandCursor | undefined
  try {
    const sent = commandToDriver(driver, withBatchSize(command))
    const open = async () => {
      await cursor?.close()
      cursor = db.runCursorCommand(sent, { raw: true }).setBatchSize(BATCH_SIZE)
      return cursor.hasNext()
    }
    const first = await retried(isRead(command), open)
    for (let more = first; more && cursor; more = await cursor.hasNext()) {
      yield cursor.readBufferedDocuments().map(asRaw)
    }
  } catch (error) {
    throw asAppError(driver, error, uri)
  } finally {
    await cursor?.close()
  }
}

function asRaw(bytes: Document): RawValue {
  return RawValue.document(bytesOf(bytes as unknown as Uint8Array))
}

function isRead(command: Command): boolean {
  const [name] = Object.keys(command)
  if (!READS.has(name)) return false
  return name !== 'aggregate' || !writesSomewhere(command.pipeline)
}

function writesSomewhere(pipeline: Writable | undefined): boolean {
  if (!Array.isArray(pipeline)) return true
  return pipeline.some((stage) => !isPlain(stage) || '$out' in stage || '$merge' in stage)
}

function isPlain(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  )
}

/** Commands take the size of a cursor's first batch in one of two places. */
function withBatchSize(command: Command): Command {
  const batchSize = BATCH_SIZE
  return 'find' in command ? { ...command, batchSize } : { ...command, cursor: { batchSize } }
}
