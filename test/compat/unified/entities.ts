import {
  type ClientSession,
  type Collection,
  type CommandFailedEvent,
  type CommandStartedEvent,
  type CommandSucceededEvent,
  type Db,
  MongoClient,
  ReadConcern,
  ReadPreference,
  type ReadPreferenceMode,
  type ServerApi,
} from 'mongodb'
import { plain } from './matching.js'
import { LeftOut, type Spec } from './specification.js'

/** An event that a test may expect, by the name that the test format gives it. */
export interface ObservedEvent {
  readonly type: string
  readonly fields: Spec
}

/** A client with what it has been seen doing. */
export interface ClientEntity {
  readonly client: MongoClient
  readonly events: ObservedEvent[]
  connectionsCheckedOut: number
}

/** The objects that a test's operations work on, by their ids. */
export class Entities {
  readonly clients = new Map<string, ClientEntity>()
  private readonly others = new Map<string, unknown>()

  constructor(private readonly uri: string) {}

  get(id: string): Spec {
    const entity = this.clients.get(id)?.client ?? this.others.get(id)
    if (entity === undefined) throw new Error(`there is no entity ${id}`)
    return entity
  }

  set(id: string, entity: unknown): void {
    this.others.set(id, entity)
  }

  async create(definitions: readonly Spec[]): Promise<void> {
    for (const definition of definitions) {
      const [[kind, spec]] = Object.entries<Spec>(definition)
      if (kind === 'client') this.clients.set(spec.id, await openClient(this.uri, spec))
      else if (kind === 'database') this.set(spec.id, this.database(spec))
      else if (kind === 'collection') this.set(spec.id, this.collection(spec))
      else if (kind === 'session') this.set(spec.id, this.session(spec))
      else throw new LeftOut(`entities of the kind ${kind} are not made here`)
    }
  }

  async close(): Promise<void> {
    for (const entity of this.others.values()) {
      const session = entity as Partial<ClientSession>
      if (typeof session.endSession === 'function') await session.endSession()
    }
    for (const { client } of this.clients.values()) await client.close()
  }

  private database({ client, databaseName, databaseOptions }: Spec): Db {
    return this.get(client).db(databaseName, concernOptions(databaseOptions))
  }

  private collection({ database, collectionName, collectionOptions }: Spec): Collection {
    return this.get(database).collection(collectionName, concernOptions(collectionOptions))
  }

  private session({ client, sessionOptions = {} }: Spec): ClientSession {
    const { defaultTransactionOptions, snapshotTime, ...rest } = sessionOptions
    return this.get(client).startSession({
      ...rest,
      ...(snapshotTime && { snapshotTime: this.get(snapshotTime) }),
      ...(defaultTransactionOptions && {
        defaultTransactionOptions: concernOptions(defaultTransactionOptions),
      }),
    })
  }
}

/** Options with read preference and concern as the driver takes them. */
export function concernOptions(options: Spec = {}): Spec {
  const { readPreference, readConcern, ...rest } = options
  return {
    ...rest,
    ...(readPreference && { readPreference: readPreferenceOf(readPreference) }),
    ...(readConcern && { readConcern: ReadConcern.fromOptions(readConcern) ?? readConcern }),
  }
}

function readPreferenceOf(spec: Spec): ReadPreference {
  if (typeof spec === 'string') return ReadPreference.fromString(spec)
  const { mode, tagSets, ...rest } = spec
  const name = (mode[0].toLowerCase() + mode.slice(1)) as ReadPreferenceMode
  return new ReadPreference(name, tagSets, rest)
}

const NEVER_SHOWN = new Set([
  'authenticate',
  'saslStart',
  'saslContinue',
  'getnonce',
  'createUser',
  'updateUser',
  'copydbgetnonce',
  'copydbsaslstart',
  'copydb',
  'hello',
  'isMaster',
  'ismaster',
  'configureFailPoint',
])

async function openClient(uri: string, spec: Spec): Promise<ClientEntity> {
  if (spec.autoEncryptOpts) throw new LeftOut('clients that encrypt are not made here')
  const client = new MongoClient(uri, {
    monitorCommands: true,
    serverSelectionTimeoutMS: 5_000,
    ...concernOptions(spec.uriOptions),
    ...(spec.serverApi && { serverApi: spec.serverApi as ServerApi }),
  })
  const entity: ClientEntity = { client, events: [], connectionsCheckedOut: 0 }
  const hidden = new Set([...NEVER_SHOWN, ...(spec.ignoreCommandMonitoringEvents ?? [])])
  const wanted = new Set<string>(spec.observeEvents ?? [])
  const add = (type: string, commandName: string, fields: Spec) => {
    if (wanted.has(type) && !hidden.has(commandName)) entity.events.push({ type, fields })
  }
  client.on('commandStarted', ({ commandName, command, databaseName }: CommandStartedEvent) => {
    const shown = withoutOwnTimeout(plain(command))
    add('commandStartedEvent', commandName, { commandName, command: shown, databaseName })
  })
  client.on('commandSucceeded', ({ commandName, reply, databaseName }: CommandSucceededEvent) => {
    add('commandSucceededEvent', commandName, { commandName, reply: plain(reply), databaseName })
  })
  client.on('commandFailed', ({ commandName, databaseName }: CommandFailedEvent) => {
    add('commandFailedEvent', commandName, { commandName, databaseName })
  })
  client.on('connectionCheckedOut', () => entity.connectionsCheckedOut++)
  client.on('connectionCheckedIn', () => entity.connectionsCheckedOut--)
  for (const name of poolEvents) {
    client.on(name as 'connectionReady', () => add(`${name}Event`, '', {}))
  }
  await client.connect()
  return entity
}

/** This driver adds a time of its own, ten seconds, to the write concern with which a transaction ends. */
function withoutOwnTimeout(command: Spec): Spec {
  if (command.writeConcern?.wtimeout === 10_000) delete command.writeConcern.wtimeout
  return command
}

const poolEvents = [
  'connectionPoolCreated',
  'connectionPoolReady',
  'connectionPoolCleared',
  'connectionCreated',
  'connectionReady',
  'connectionClosed',
  'connectionCheckOutStarted',
  'connectionCheckedOut',
  'connectionCheckedIn',
]
