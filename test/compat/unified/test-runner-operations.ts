import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { ClientSession, MongoClient } from 'mongodb'
import type { ClientEntity, Entities } from './entities.js'
import { LeftOut, type Spec } from './specification.js'

/** Carries out an operation of the test runner itself. */
export async function onTestRunner(
  entities: Entities,
  internal: MongoClient,
  operation: Spec,
): Promise<void> {
  const args = operation.arguments ?? {}
  const run = operations[operation.name]
  if (!run) throw new LeftOut(`the test runner has no operation ${operation.name}`)
  await run(entities, args, internal)
}

type Run = (entities: Entities, args: Spec, internal: MongoClient) => Promise<void> | void

/** Parts of sessions that the driver does not publish. */
interface SessionParts {
  readonly transaction: { readonly state: string }
  readonly isPinned: boolean
  readonly serverSession: { readonly isDirty: boolean }
}

const session = (entities: Entities, args: Spec) => entities.get(args.session) as SessionParts

const transactionStates: Record<string, string> = {
  none: 'NO_TRANSACTION',
  starting: 'STARTING_TRANSACTION',
  in_progress: 'TRANSACTION_IN_PROGRESS',
  committed: 'TRANSACTION_COMMITTED',
  aborted: 'TRANSACTION_ABORTED',
}

const operations: Record<string, Run> = {
  createEntities: (entities, args) => entities.create(args.entities),
  wait: async (_entities, { ms }) => delay(ms),
  assertSessionTransactionState: (entities, args) => {
    const { transaction } = session(entities, args)
    assert.equal(transaction.state, transactionStates[args.state])
  },
  assertSessionPinned: (entities, args) => assert.equal(session(entities, args).isPinned, true),
  assertSessionUnpinned: (entities, args) => assert.equal(session(entities, args).isPinned, false),
  assertSessionDirty: (entities, args) =>
    assert.equal(session(entities, args).serverSession.isDirty, true),
  assertSessionNotDirty: (entities, args) =>
    assert.equal(session(entities, args).serverSession.isDirty, false),
  assertSameLsidOnLastTwoCommands: (entities, args) => {
    const [last, before] = lastSessionIds(entities, args)
    assert.deepEqual(last, before)
  },
  assertDifferentLsidOnLastTwoCommands: (entities, args) => {
    const [last, before] = lastSessionIds(entities, args)
    assert.notDeepEqual(last, before)
  },
  assertNumberConnectionsCheckedOut: (entities, args) => {
    const { connectionsCheckedOut } = entities.clients.get(args.client) as ClientEntity
    assert.equal(connectionsCheckedOut, args.connections)
  },
  assertCollectionExists: async (_entities, args, internal) => {
    assert.ok(await collectionExists(internal, args))
  },
  assertCollectionNotExists: async (_entities, args, internal) => {
    assert.ok(!(await collectionExists(internal, args)))
  },
  assertIndexExists: async (_entities, args, internal) => {
    assert.ok(await indexExists(internal, args))
  },
  assertIndexNotExists: async (_entities, args, internal) => {
    assert.ok(!(await indexExists(internal, args)))
  },
}

function lastSessionIds(entities: Entities, args: Spec): ClientSession['id'][] {
  const { events } = entities.clients.get(args.client) as ClientEntity
  return events
    .filter(({ type }) => type === 'commandStartedEvent')
    .slice(-2)
    .map(({ fields }) => fields.command.lsid)
}

async function collectionExists(client: MongoClient, args: Spec): Promise<boolean> {
  const found = await client
    .db(args.databaseName)
    .listCollections({ name: args.collectionName })
    .toArray()
  return found.length > 0
}

async function indexExists(client: MongoClient, args: Spec): Promise<boolean> {
  if (!(await collectionExists(client, args))) return false
  const { databaseName, collectionName, indexName } = args
  return client.db(databaseName).collection(collectionName).indexExists(indexName)
}
