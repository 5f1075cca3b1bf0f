import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Writable } from '@gantry/bson'
import { openTestEngine, type TestCommand, type TestEngine } from '../testing/test-engine.js'

describe('find', () => {
  let t: TestEngine
  before(async () => {
    t = await openTestEngine()
    const documents = Array.from({ length: 300 }, (_, _id) => ({
      _id,
      a: (_id * 7) % 300,
      b: _id % 3,
    }))
    await t.run({ insert: 'c', documents })
    await t.run({
      createIndexes: 'c',
      indexes: [{ key: { a: 1 }, name: 'a' }],
    })
  })
  after(() => t.remove())

  const ids = async (command: TestCommand) => (await t.find(command)).map(({ _id }) => _id)

  const cases: [string, TestCommand, readonly number[]][] = [
    ['filter and sort', { filter: { a: { $lt: 4 } }, sort: { a: 1 } }, [0, 43, 86, 129]],
    ['sort downwards', { filter: { a: { $lt: 4 } }, sort: { a: -1 } }, [129, 86, 43, 0]],
    ['sort by two fields', { filter: { _id: { $lt: 4 } }, sort: { b: -1, _id: 1 } }, [2, 1, 0, 3]],
    ['skip and limit', { sort: { _id: 1 }, skip: 5, limit: 2 }, [5, 6]],
    ['skip and limit in natural order', { skip: 298, limit: 5 }, [298, 299]],
    ['skip beyond the end', { skip: 300 }, []],
    ['natural order backwards', { sort: { $natural: -1 }, limit: 2 }, [299, 298]],
    ['hint by name', { filter: { b: 1 }, hint: 'a', limit: 3 }, [43, 172, 1]],
    ['hint by key', { hint: { a: 1 }, limit: 2 }, [0, 43]],
    [
      'limit beyond a batch',
      { limit: 150, sort: { _id: 1 }, batchSize: 100 },
      Array.from({ length: 150 }, (_, i) => i),
    ],
  ]
  for (const [name, command, expected] of cases) {
    test(name, async () => assert.deepEqual(await ids({ find: 'c', ...command }), expected))
  }

  test('bounds of keys', async () => {
    const within = (bounds: TestCommand) => ids({ find: 'c', hint: { a: 1 }, ...bounds })
    assert.deepEqual(await within({ min: { a: 2 }, max: { a: 5 } }), [86, 129, 172])
    assert.deepEqual(await within({ max: { a: 2 } }), [0, 43])
    assert.deepEqual(await within({ min: { a: 298 }, sort: { a: -1 } }), [257, 214])
    assert.deepEqual(await within({ min: { a: 2 }, max: { a: 5 }, filter: { b: 0 } }), [129])
    const refused = async (command: TestCommand) =>
      (await t.failure({ find: 'c', ...command })).code
    assert.equal(await refused({ min: { a: 2 } }), 51173)
    assert.equal(await refused({ min: { b: 2 }, hint: 'a' }), 51174)
    assert.equal(await refused({ min: { a: 3 }, max: { a: 3 }, hint: 'a' }), 51175)
  })

  test('keys of the index used, and ids of records', async () => {
    const filter = { a: { $lt: 2 } }
    assert.deepEqual(await t.find({ find: 'c', filter, returnKey: true }), [{ a: 0 }, { a: 1 }])
    assert.deepEqual(await t.find({ find: 'c', filter: { _id: 7 }, returnKey: true }), [{ _id: 7 }])
    assert.deepEqual(await t.find({ find: 'c', filter: { b: 1 }, limit: 1, returnKey: true }), [{}])
    const [first, second] = await t.find({ find: 'c', limit: 2, showRecordId: true })
    assert.equal(typeof first.$recordId, 'bigint')
    assert.notEqual(first.$recordId, second.$recordId)
    assert.deepEqual({ ...first, $recordId: 0 }, { _id: 0, a: 0, b: 0, $recordId: 0 })
  })

  test('projection', async () => {
    const filter = { _id: 3 }
    assert.deepEqual(await t.find({ find: 'c', filter, projection: { b: 1, _id: 0 } }), [{ b: 0 }])
    assert.deepEqual(await t.find({ find: 'c', filter, projection: { b: 0 } }), [{ _id: 3, a: 21 }])
  })

  test('a first batch has 101 documents, then as many as asked for', async () => {
    const { cursor } = await t.run({ find: 'c' })
    assert.deepEqual([cursor.firstBatch.length, cursor.ns], [101, 'test.c'])
    const next = await t.run({ getMore: cursor.id, collection: 'c', batchSize: 50 })
    assert.deepEqual([next.cursor.nextBatch.length, next.cursor.id], [50, cursor.id])
    const rest = await t.run({ getMore: cursor.id, collection: 'c' })
    assert.deepEqual([rest.cursor.nextBatch.length, rest.cursor.id], [149, 0n])
    const gone = await t.failure({ getMore: cursor.id, collection: 'c' })
    assert.equal(gone.codeName, 'CursorNotFound')
  })

  test('a batch size of 0 opens the cursor only', async () => {
    const { cursor } = await t.run({ find: 'c', batchSize: 0 })
    assert.deepEqual(cursor.firstBatch, [])
    const next = await t.run({ getMore: cursor.id, collection: 'c', batchSize: 2 })
    assert.equal(next.cursor.nextBatch.length, 2)
    const killed = await t.run({ killCursors: 'c', cursors: [cursor.id, 99n] })
    assert.deepEqual(killed.cursorsKilled, [cursor.id])
    assert.deepEqual(killed.cursorsNotFound, [99n])
  })

  test('a single batch leaves no cursor', async () => {
    const { cursor } = await t.run({ find: 'c', singleBatch: true, batchSize: 3 })
    assert.deepEqual([cursor.firstBatch.length, cursor.id], [3, 0n])
    const { cursor: limited } = await t.run({ find: 'c', limit: 1 })
    assert.equal(limited.id, 0n)
  })

  test('batches end before 16 MiB', async () => {
    const documents = Array.from({ length: 5 }, (_, _id) => ({ _id, s: 'x'.repeat(7_000_000) }))
    for (const document of documents) await t.run({ insert: 'large', documents: [document] })
    const { cursor } = await t.run({ find: 'large' })
    assert.equal(cursor.firstBatch.length, 2)
    assert.deepEqual(await ids({ find: 'large' }), [0, 1, 2, 3, 4])
  })

  test('the cursor of a collection that is dropped fails, it does not end', async () => {
    const documents = Array.from({ length: 10 }, (_, _id) => ({ _id }))
    await t.run({ insert: 'dropped', documents })
    const { cursor } = await t.run({ find: 'dropped', batchSize: 2 })
    await t.run({ drop: 'dropped' })
    const error = await t.failure({ getMore: cursor.id, collection: 'dropped' })
    assert.equal(error.codeName, 'QueryPlanKilled')
  })

  test('the cursor on an index that is dropped fails', async () => {
    await t.run({ createIndexes: 'c', indexes: [{ key: { b: 1 }, name: 'b' }] })
    const { cursor } = await t.run({ find: 'c', filter: { b: 1 }, batchSize: 2 })
    await t.run({ getMore: cursor.id, collection: 'c', batchSize: 20 })
    await t.run({ dropIndexes: 'c', index: 'b' })
    const error = await t.failure({ getMore: cursor.id, collection: 'c' })
    assert.equal(error.codeName, 'QueryPlanKilled')
  })

  test('a cursor goes on over what is written meanwhile', async () => {
    await t.run({ insert: 'moving', documents: Array.from({ length: 20 }, (_, _id) => ({ _id })) })
    const { cursor } = await t.run({ find: 'moving', batchSize: 5 })
    await t.run({ delete: 'moving', deletes: [{ q: { _id: { $lt: 10 } }, limit: 0 }] })
    await t.run({ insert: 'moving', documents: [{ _id: 20 }] })
    const rest = await t.run({ getMore: cursor.id, collection: 'moving' })
    const seen = rest.cursor.nextBatch.map(({ _id }: { _id: number }) => _id)
    assert.deepEqual(seen, [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
  })

  test('a document that gets several keys while an index is read comes once', async () => {
    await t.run({ createIndexes: 'multi', indexes: [{ key: { k: 1 }, name: 'k' }] })
    await t.run({
      insert: 'multi',
      documents: Array.from({ length: 50 }, (_, _id) => ({ _id, k: _id })),
    })
    const { cursor } = await t.run({ find: 'multi', filter: { k: { $gte: 0 } }, batchSize: 5 })
    await t.run({ insert: 'multi', documents: [{ _id: 50, k: [60, 61, 62] }] })
    const rest = await t.run({ getMore: cursor.id, collection: 'multi' })
    const seen = rest.cursor.nextBatch.map(({ _id }: { _id: number }) => _id)
    assert.deepEqual(
      seen.filter((id: number) => id === 50),
      [50],
    )
  })

  test('a collection that is not there has nothing', async () => {
    const { cursor } = await t.run({ find: 'nothing', filter: { a: 1 } })
    assert.deepEqual(cursor, { firstBatch: [], id: 0n, ns: 'test.nothing' })
  })

  const refused: [string, Record<string, Writable>, string][] = [
    ['an unknown operator', { filter: { a: { $foo: 1 } } }, 'BadValue'],
    ['an unknown argument', { foo: 1 }, 'UnknownFieldIDL'],
    ['a filter that is no document', { filter: 1 }, 'TypeMismatch'],
    ['a negative skip', { skip: -1 }, 'BadValue'],
    ['a negative limit', { limit: -1 }, 'BadValue'],
    ['a sort by a wrong direction', { sort: { a: 2 } }, 'Location15975'],
    ['a sort by a text', { sort: { a: 'up' } }, 'Location15974'],
    ['a hint that names nothing', { hint: 'nothing' }, 'BadValue'],
    ['a projection that mixes', { projection: { a: 1, b: 0 } }, 'Location31254'],
    ['$where', { filter: { $where: 'true' } }, 'BadValue'],
  ]
  for (const [name, args, codeName] of refused) {
    test(`refuses ${name}`, async () => {
      assert.equal((await t.failure({ find: 'c', ...args })).codeName, codeName)
    })
  }

  const badCursors: [string, TestCommand, string][] = [
    ['a cursor id that is an int32', { getMore: 5, collection: 'c' }, 'TypeMismatch'],
    ['the cursor of another collection', { getMore: 0n, collection: 'c' }, 'CursorNotFound'],
    ['killing what is no list', { killCursors: 'c', cursors: 5n }, 'TypeMismatch'],
    ['killing what is no cursor id', { killCursors: 'c', cursors: ['a'] }, 'TypeMismatch'],
  ]
  for (const [name, command, codeName] of badCursors) {
    test(`refuses ${name}`, async () => {
      assert.equal((await t.failure(command)).codeName, codeName)
    })
  }
})

describe('count and distinct', () => {
  let t: TestEngine
  before(async () => {
    t = await openTestEngine()
    const documents = Array.from({ length: 10 }, (_, _id) => ({
      _id,
      a: _id % 3,
      list: [_id % 2, 'x'],
    }))
    await t.run({ insert: 'c', documents: [...documents, { _id: 10 }] })
    await t.run({ createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a', sparse: true }] })
  })
  after(() => t.remove())

  const counts: [string, TestCommand, number][] = [
    ['all', {}, 11],
    ['a filter', { query: { a: 1 } }, 3],
    ['skip', { skip: 3 }, 8],
    ['skip beyond the end', { skip: 30 }, 0],
    ['limit', { limit: 4 }, 4],
    ['a negative limit', { limit: -4 }, 4],
    ['skip and limit with a filter', { query: { a: { $gte: 0 } }, skip: 8, limit: 5 }, 2],
    ['the hint of an index that leaves documents out', { hint: 'a' }, 10],
  ]
  for (const [name, args, expected] of counts) {
    test(`count: ${name}`, async () => {
      assert.deepEqual(await t.run({ count: 'c', ...args }), { n: expected, ok: 1 })
    })
  }

  test('count of nothing, and with a wrong hint', async () => {
    assert.equal((await t.run({ count: 'nothing' })).n, 0)
    assert.equal((await t.failure({ count: 'c', hint: 'nothing' })).codeName, 'BadValue')
    assert.equal((await t.failure({ count: 'c', skip: -1 })).codeName, 'BadValue')
  })

  const values: [string, TestCommand, unknown[]][] = [
    ['a field', { key: 'a' }, [0, 1, 2]],
    ['elements of arrays', { key: 'list' }, [0, 1, 'x']],
    ['an element by its position', { key: 'list.0' }, [0, 1]],
    ['a filter', { key: '_id', query: { a: 2 } }, [2, 5, 8]],
    ['a field that is nowhere', { key: 'zzz' }, []],
  ]
  for (const [name, args, expected] of values) {
    test(`distinct: ${name}`, async () => {
      assert.deepEqual((await t.run({ distinct: 'c', ...args })).values, expected)
    })
  }
})
