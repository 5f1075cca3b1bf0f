import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { openTestEngine, type TestCommand, type TestEngine } from '../testing/test-engine.js'

let engine: TestEngine
before(async () => {
  engine = await openTestEngine()
})
after(() => engine.remove())
beforeEach(async () => {
  await engine.run({ dropDatabase: 1 })
  await engine.run({ create: 'c', capped: true, size: 1e6, max: 5 })
  await insert(1, 2)
})

async function insert(...ids: number[]): Promise<void> {
  await engine.run({ insert: 'c', documents: ids.map((_id) => ({ _id })) })
}

async function open(options: TestCommand = {}) {
  const { cursor } = await engine.run({ find: 'c', tailable: true, ...options })
  return { id: cursor.id, ids: idsOf(cursor.firstBatch) }
}

async function more(id: bigint, options: TestCommand = {}): Promise<number[]> {
  const { cursor } = await engine.run({ getMore: id, collection: 'c', ...options })
  assert.equal(cursor.id, id)
  return idsOf(cursor.nextBatch)
}

function idsOf(docs: { _id: number }[]): number[] {
  return docs.map(({ _id }) => _id)
}

const refused: [what: string, command: TestCommand, codeName: string][] = [
  ['a collection that is not capped', { find: 'd', tailable: true }, 'BadValue'],
  ['another order', { find: 'c', tailable: true, sort: { a: 1 } }, 'BadValue'],
  ['the reverse order', { find: 'c', tailable: true, sort: { $natural: -1 } }, 'BadValue'],
  ['a single batch', { find: 'c', tailable: true, singleBatch: true }, 'BadValue'],
  ['waiting without tailing', { find: 'c', awaitData: true }, 'FailedToParse'],
]

describe('a tailable cursor', () => {
  for (const [what, command, codeName] of refused) {
    test(`refuses ${what}`, async () => {
      await engine.run({ create: 'd' })
      assert.equal((await engine.failure(command)).codeName, codeName)
    })
  }
  test('shows what is inserted later', async () => {
    const { id, ids } = await open({ filter: { _id: { $ne: 4 } }, projection: { _id: 1 } })
    assert.deepEqual(ids, [1, 2])
    assert.deepEqual(await more(id), [])
    await insert(3, 4, 5)
    assert.deepEqual(await more(id, { batchSize: 1 }), [3])
    assert.deepEqual(await more(id), [5])
    assert.deepEqual(await more(id), [])
  })
  test('is dead from the start where there is nothing', async () => {
    await engine.run({ create: 'empty', capped: true, size: 1000 })
    for (const find of ['empty', 'none']) assert.equal((await open({ find })).id, 0n)
  })
  test('counts skip and limit over all batches', async () => {
    const { id, ids } = await open({ skip: 1, limit: 2 })
    assert.deepEqual(ids, [2])
    await insert(3, 4)
    assert.deepEqual(await more(id), [3])
    assert.deepEqual(await more(id), [])
  })
  test('fails when documents have gone that it has not shown', async () => {
    const { id } = await open()
    await insert(3, 4, 5, 6, 7)
    const failure = await engine.failure({ getMore: id, collection: 'c' })
    assert.equal(failure.codeName, 'CappedPositionLost')
    const again = await engine.failure({ getMore: id, collection: 'c' })
    assert.equal(again.codeName, 'CursorNotFound')
  })
  test('survives the going of documents that it has shown', async () => {
    const { id } = await open()
    await insert(3, 4, 5, 6)
    assert.deepEqual(await more(id), [3, 4, 5, 6])
  })
  for (const command of [
    { drop: 'c' },
    { renameCollection: 'test.c', to: 'test.d', $db: 'admin' },
  ]) {
    test(`fails after ${Object.keys(command)[0]}`, async () => {
      const { id } = await open()
      await engine.run(command)
      const failure = await engine.failure({ getMore: id, collection: 'c' })
      assert.equal(failure.codeName, 'QueryPlanKilled')
    })
  }
  test('does not wait unless it was told to', async () => {
    const { id } = await open()
    const failure = await engine.failure({ getMore: id, collection: 'c', maxTimeMS: 10 })
    assert.equal(failure.codeName, 'BadValue')
    assert.deepEqual(await more(id), [])
  })
})

describe('a cursor that awaits data', () => {
  // Long enough never to be over in a test.
  const maxTimeMS = 600_000

  test('answers as soon as there are any', async () => {
    const { id } = await open({ awaitData: true })
    const next = more(id, { maxTimeMS })
    await engine.run({ insert: 'other', documents: [{ _id: 1 }] })
    await insert(3)
    assert.deepEqual(await next, [3])
  })
  test('answers nothing when the time is over', async () => {
    const { id } = await open({ awaitData: true })
    assert.deepEqual(await more(id, { maxTimeMS: 0 }), [])
    assert.deepEqual(await more(id, { maxTimeMS: 1 }), [])
  })
  test('stops waiting when the collection goes', async () => {
    const { id } = await open({ awaitData: true })
    const next = engine.failure({ getMore: id, collection: 'c', maxTimeMS })
    await engine.run({ drop: 'c' })
    assert.equal((await next).codeName, 'QueryPlanKilled')
  })
  test('stops waiting when it is killed', async () => {
    const { id } = await open({ awaitData: true })
    const next = engine.failure({ getMore: id, collection: 'c', maxTimeMS })
    await engine.run({ killCursors: 'c', cursors: [id] })
    assert.equal((await next).codeName, 'CursorKilled')
  })
})
