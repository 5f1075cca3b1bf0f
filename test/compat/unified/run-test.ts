import assert from 'node:assert/strict'
import { MongoBulkWriteError, MongoClient, MongoServerError } from 'mongodb'
import { type ClientEntity, Entities } from './entities.js'
import { assertMatches, plain } from './matching.js'
import { carryOut, clientBulkResult } from './operations.js'
import {
  LeftOut,
  meetsRequirements,
  type ServerFacts,
  type Spec,
  type SpecFile,
} from './specification.js'
import { onTestRunner } from './test-runner-operations.js'

/** Runs one test of a file; throws `LeftOut` when it asks for what cannot be had here. */
export async function runTest(
  { content }: SpecFile,
  test: Spec,
  uri: string,
  facts: ServerFacts,
): Promise<void> {
  const reason = test.skipReason ?? reasonToLeaveOut(content, test, facts)
  if (reason) throw new LeftOut(reason)
  const entities = new Entities(uri)
  const internal = await new MongoClient(uri).connect()
  try {
    await storeInitialData(internal, content.initialData)
    await entities.create(content.createEntities ?? [])
    await runOperations(entities, internal, test.operations)
    for (const expected of test.expectEvents ?? []) assertEvents(entities, expected)
    for (const outcome of test.outcome ?? []) await assertOutcome(internal, outcome)
  } finally {
    await entities.close()
    await internal.db('admin').command({ killAllSessions: [] })
    await internal.close()
  }
}

const FAIL_POINTS = new Set(['failPoint', 'targetedFailPoint'])

function reasonToLeaveOut(content: Spec, test: Spec, facts: ServerFacts): string | undefined {
  for (const { runOnRequirements } of [content, test]) {
    if (!meetsRequirements(runOnRequirements, facts)) return 'not for a server such as this'
  }
  if (test.operations.some(({ name }: Spec) => FAIL_POINTS.has(name))) return 'needs a fail point'
  return undefined
}

async function storeInitialData(client: MongoClient, data: readonly Spec[] = []): Promise<void> {
  for (const { databaseName, collectionName, createOptions = {}, documents } of data) {
    const db = client.db(databaseName)
    const collection = db.collection(collectionName, { writeConcern: { w: 'majority' } })
    await collection.drop()
    await db.createCollection(collectionName, createOptions)
    if (documents.length > 0) await collection.insertMany(documents)
  }
}

async function runOperations(
  entities: Entities,
  internal: MongoClient,
  operations: readonly Spec[],
  isCallback = false,
): Promise<void> {
  const runAll = (inner: readonly Spec[]) => runOperations(entities, internal, inner, true)
  for (const operation of operations) {
    if (operation.object === 'testRunner') {
      await onTestRunner(entities, internal, operation)
      continue
    }
    const outcome = await settled(carryOut(entities, operation, runAll))
    if (outcome.error instanceof LeftOut) throw outcome.error
    if (operation.expectError) {
      assert.ok(outcome.error, `${operation.name} succeeded, and an error was expected`)
      assertError(entities, outcome.error, operation.expectError)
      // What is thrown within `withTransaction` is for it to see.
      if (isCallback) throw outcome.error
      continue
    }
    if (outcome.error && !operation.ignoreResultAndError) throw outcome.error
    if (operation.saveResultAsEntity) {
      entities.set(operation.saveResultAsEntity, outcome.result)
    } else if (Object.hasOwn(operation, 'expectResult')) {
      assertMatches(
        plain(outcome.result),
        operation.expectResult,
        matchContext(entities),
        operation.name,
      )
    }
  }
}

async function settled(
  work: Promise<unknown>,
): Promise<{ readonly result?: unknown; readonly error?: Error }> {
  try {
    return { result: await work }
  } catch (error) {
    return { error: error as Error }
  }
}

const matchContext = (entities: Entities) => ({ entity: (id: string) => entities.get(id) })

function assertError(entities: Entities, error: Spec, expected: Spec): void {
  const { isClientError, errorContains, errorCode, errorCodeName, expectResult, errorResponse } =
    expected
  const isServerError = error instanceof MongoServerError
  if (isClientError !== undefined) assert.equal(!isServerError, isClientError, String(error))
  if (errorContains !== undefined) {
    assert.ok(
      error.message.toLowerCase().includes(errorContains.toLowerCase()),
      `'${error.message}' does not contain '${errorContains}'`,
    )
  }
  if (errorCode !== undefined) assert.equal(error.code, errorCode, error.message)
  if (errorCodeName !== undefined) assert.equal(error.codeName, errorCodeName, error.message)
  for (const label of expected.errorLabelsContain ?? []) {
    assert.ok(error.hasErrorLabel(label), `${error.message} has no label ${label}`)
  }
  for (const label of expected.errorLabelsOmit ?? []) {
    assert.ok(!error.hasErrorLabel?.(label), `${error.message} has the label ${label}`)
  }
  if (expectResult !== undefined) {
    const result =
      error instanceof MongoBulkWriteError
        ? bulkResult(error)
        : clientBulkResult(error.partialResult)
    assertMatches(plain(result), expectResult, matchContext(entities), 'result of the error')
  }
  if (errorResponse !== undefined) {
    assertMatches(plain(error.errorResponse), errorResponse, matchContext(entities), 'error')
  }
  assertWriteErrors(entities, error, expected)
}

function assertWriteErrors(entities: Entities, error: Spec, expected: Spec): void {
  for (const kind of ['writeErrors', 'writeConcernErrors']) {
    if (expected[kind] === undefined) continue
    for (const [index, value] of Object.entries<Spec>(expected[kind])) {
      const actual =
        error[kind] instanceof Map ? error[kind].get(Number(index)) : error[kind][index]
      assertMatches(plain(actual), value, matchContext(entities), `${kind}.${index}`)
    }
  }
}

function bulkResult({ result }: MongoBulkWriteError): Spec {
  return {
    insertedCount: result.insertedCount,
    matchedCount: result.matchedCount,
    modifiedCount: result.modifiedCount,
    deletedCount: result.deletedCount,
    upsertedCount: result.upsertedCount,
    insertedIds: result.insertedIds,
    upsertedIds: result.upsertedIds,
  }
}

function assertEvents(entities: Entities, expected: Spec): void {
  const { client, events, eventType = 'command', ignoreExtraEvents } = expected
  const isCommand = eventType === 'command'
  const { events: observed } = entities.clients.get(client) as ClientEntity
  const seen = observed.filter(({ type }) => type.startsWith('command') === isCommand)
  const names = seen.map(({ type, fields }) => fields.commandName ?? type).join(', ')
  if (!ignoreExtraEvents) assert.equal(seen.length, events.length, `events of ${client}: ${names}`)
  for (const [i, event] of events.entries()) {
    const [[type, fields]] = Object.entries<Spec>(event)
    assert.equal(seen[i]?.type, type, `event ${i} of ${client}`)
    for (const [name, value] of Object.entries<Spec>(fields)) {
      if (name === 'hasServiceId' || name === 'hasServerConnectionId') continue
      const path = `event ${i}: ${name}`
      assertMatches(seen[i].fields[name], value, matchContext(entities), path)
    }
  }
}

async function assertOutcome(client: MongoClient, outcome: Spec): Promise<void> {
  const { databaseName, collectionName, documents } = outcome
  const found = await client
    .db(databaseName)
    .collection(collectionName)
    .find()
    .sort({ _id: 1 })
    .toArray()
  assert.deepEqual(plain(found), documents)
}
