import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Double, type Writable } from '@gantry/bson'
import { openTestEngine, type TestEngine } from '../testing/test-engine.js'

type Fields = Record<string, Writable>

describe('update', () => {
  let t: TestEngine
  before(async () => {
    t = await openTestEngine()
  })
  after(() => t.remove())
  beforeEach(async () => {
    await t.run({ dropDatabase: 1 })
    const documents = Array.from({ length: 5 }, (_, _id) => ({
      _id,
      a: _id,
      list: [{ x: _id }, { x: 9 }],
    }))
    await t.run({ insert: 'c', documents })
    await t.run({
      createIndexes: 'c',
      indexes: [
        { key: { a: 1 }, name: 'a' },
        { key: { u: 1 }, name: 'u', unique: true, sparse: true },
      ],
    })
  })

  const update = (...updates: Fields[]) => t.run({ update: 'c', updates })

  const cases: [string, Fields, Fields, Fields][] = [
    ['one', { q: { a: { $gte: 3 } }, u: { $set: { b: 1 } } }, { n: 1, nModified: 1 }, { b: 1 }],
    [
      'many',
      { q: { a: { $gte: 3 } }, u: { $set: { b: 1 } }, multi: true },
      { n: 2, nModified: 2 },
      { b: 1 },
    ],
    ['nothing changed', { q: { a: 3 }, u: { $set: { a: 3 } } }, { n: 1, nModified: 0 }, { a: 3 }],
    ['a replacement', { q: { _id: 3 }, u: { c: 1 } }, { n: 1, nModified: 1 }, { c: 1 }],
    [
      'the positional operator',
      { q: { 'list.x': 2 }, u: { $set: { 'list.$.x': 'm' } } },
      { n: 1, nModified: 1 },
      { 'list.0.x': 'm' },
    ],
    [
      'array filters',
      { q: {}, u: { $set: { 'list.$[e].x': 'f' } }, arrayFilters: [{ 'e.x': 9 }], multi: true },
      { n: 5, nModified: 5 },
      { 'list.1.x': 'f' },
    ],
    [
      'a sort',
      { q: {}, u: { $set: { s: 1 } }, sort: { a: -1 } },
      { n: 1, nModified: 1 },
      { _id: 4, s: 1 },
    ],
    [
      'a hint',
      { q: { a: 2 }, u: { $set: { s: 1 } }, hint: 'a' },
      { n: 1, nModified: 1 },
      { _id: 2, s: 1 },
    ],
  ]
  for (const [name, statement, reply, filter] of cases) {
    test(name, async () => {
      assert.deepEqual(await update(statement), { ...reply, ok: 1 })
      const found = await t.find({ find: 'c', filter })
      assert.equal(found.length, Math.max(reply.nModified as number, 1))
      await t.check()
    })
  }

  test('a document moved along the index that is read is changed once', async () => {
    const statement = { q: { a: { $gte: 0 } }, u: { $inc: { a: 100 } }, multi: true, hint: 'a' }
    assert.deepEqual(await update(statement), { n: 5, nModified: 5, ok: 1 })
    const all = await t.find({ find: 'c', sort: { a: 1 } })
    assert.deepEqual(
      all.map(({ a }) => a),
      [100, 101, 102, 103, 104],
    )
  })

  test('an upsert inserts what the filter and the update say', async () => {
    const reply = await update({ q: { _id: 9, k: 'v' }, u: { $set: { z: 1 } }, upsert: true })
    assert.deepEqual(reply, { n: 1, upserted: [{ index: 0, _id: 9 }], nModified: 0, ok: 1 })
    assert.deepEqual(await t.find({ find: 'c', filter: { _id: 9 } }), [{ _id: 9, k: 'v', z: 1 }])
  })

  test('errors of statements are listed, ordered or not', async () => {
    const updates = [
      { q: { _id: 1 }, u: { $set: { _id: 2 } } },
      { q: { _id: 2 }, u: { $set: { a: 'done' } } },
      { q: {}, u: { $foo: 1 } },
      { q: {}, u: { a: 1 }, multi: true },
    ]
    const ordered = await t.run({ update: 'c', updates })
    assert.deepEqual(
      [ordered.n, ordered.writeErrors.length, ordered.writeErrors[0].code],
      [0, 1, 66],
    )
    const unordered = await t.run({ update: 'c', updates, ordered: false })
    assert.equal(unordered.n, 1)
    assert.deepEqual(
      unordered.writeErrors.map(({ index, code }: { index: number; code: number }) => [
        index,
        code,
      ]),
      [
        [0, 66],
        [2, 9],
        [3, 9],
      ],
    )
  })

  test('a duplicate key leaves the document as it was', async () => {
    await update({ q: { _id: 1 }, u: { $set: { u: 'taken' } } })
    const reply = await update({ q: { _id: 2 }, u: { $set: { u: 'taken', a: 50 } } })
    assert.equal(reply.writeErrors[0].code, 11000)
    assert.deepEqual(reply.writeErrors[0].keyValue, { u: 'taken' })
    assert.equal((await t.find({ find: 'c', filter: { a: 2 }, hint: 'a' })).length, 1)
    await t.check()
  })

  const refused: [string, Fields, string][] = [
    [
      'an unknown field of a statement',
      { q: {}, u: { $set: { a: 1 } }, foo: 1 },
      'UnknownFieldIDL',
    ],
    ['a statement without a filter', { u: { $set: { a: 1 } } }, 'MissingFieldIDL'],
    ['a filter that is no document', { q: 1, u: {} }, 'TypeMismatch'],
  ]
  for (const [name, statement, codeName] of refused) {
    test(`refuses ${name}, before anything is done`, async () => {
      const good = { q: { _id: 1 }, u: { $set: { touched: 1 } } }
      const error = await t.failure({ update: 'c', updates: [good, statement] })
      assert.equal(error.codeName, codeName)
      assert.equal((await t.run({ count: 'c', query: { touched: 1 } })).n, 0)
    })
  }

  for (const [name, unique] of [
    ['a unique index', true],
    ['no index at all', false],
  ] as const) {
    test(`64 concurrent upserts make one document, with ${name}`, async () => {
      if (unique)
        await t.run({ createIndexes: 'r', indexes: [{ key: { k: 1 }, name: 'k', unique }] })
      const updates = [{ q: { k: 'one' }, u: { $inc: { hits: 1 } }, upsert: true }]
      const replies = await Promise.all(
        Array.from({ length: 64 }, () => t.run({ update: 'r', updates })),
      )
      assert.equal(replies.filter(({ upserted }) => upserted).length, 1)
      const [found, ...others] = await t.find({ find: 'r' })
      assert.deepEqual([found.hits, others], [64, []])
    })
  }

  test('concurrent upserts into a large collection make one document each', async () => {
    const documents = Array.from({ length: 5000 }, (_, _id) => ({ _id, pad: 'x'.repeat(100) }))
    await t.run({ insert: 'r', documents })
    const keys = Array.from({ length: 64 }, (_, i) => i % 8)
    const upsert = (k: number) =>
      t.run({ update: 'r', updates: [{ q: { k }, u: { $inc: { hits: 1 } }, upsert: true }] })
    await Promise.all(keys.map(upsert))
    const found = await t.find({ find: 'r', filter: { k: { $exists: true } }, sort: { k: 1 } })
    assert.deepEqual(
      found.map(({ k, hits }) => [k, hits]),
      Array.from({ length: 8 }, (_, k) => [k, 8]),
    )
  })

  test('int32 grows to int64, doubles stay doubles', async () => {
    await update({ q: { _id: 1 }, u: { $set: { n: 2147483647, d: new Double(1) } } })
    await update({ q: { _id: 1 }, u: { $inc: { n: 1, d: 1 } } })
    const [{ n, d }] = await t.find({ find: 'c', filter: { _id: 1, d: { $type: 'double' } } })
    assert.deepEqual([n, d], [2147483648n, 2])
  })
})

describe('delete', () => {
  let t: TestEngine
  before(async () => {
    t = await openTestEngine()
  })
  after(() => t.remove())
  beforeEach(async () => {
    await t.run({ dropDatabase: 1 })
    await t.run({ createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a' }] })
    await t.run({
      insert: 'c',
      documents: Array.from({ length: 9 }, (_, _id) => ({ _id, a: [_id % 3, 'x'] })),
    })
  })

  const cases: [string, Fields[], number][] = [
    ['one', [{ q: { a: 1 }, limit: 1 }], 1],
    ['all that match', [{ q: { a: 1 }, limit: 0 }], 3],
    ['everything', [{ q: {}, limit: 0 }], 9],
    ['everything by a multikey index', [{ q: { a: { $gte: 0 } }, limit: 0, hint: 'a' }], 9],
    [
      'several statements',
      [
        { q: { _id: 1 }, limit: 1 },
        { q: { a: 1 }, limit: 0 },
      ],
      3,
    ],
    ['nothing', [{ q: { a: 77 }, limit: 0 }], 0],
  ]
  for (const [name, deletes, n] of cases) {
    test(name, async () => {
      assert.deepEqual(await t.run({ delete: 'c', deletes }), { n, ok: 1 })
      assert.equal((await t.run({ count: 'c' })).n, 9 - n)
      await t.check()
    })
  }

  test('from a collection that is not there', async () => {
    assert.equal((await t.run({ delete: 'nothing', deletes: [{ q: {}, limit: 0 }] })).n, 0)
  })

  test('refuses a limit other than 0 and 1', async () => {
    const error = await t.failure({ delete: 'c', deletes: [{ q: {}, limit: 2 }] })
    assert.deepEqual(
      [error.codeName, error.message],
      ['FailedToParse', 'The limit field in delete objects must be 0 or 1. Got 2'],
    )
  })
})

describe('findAndModify', () => {
  let t: TestEngine
  before(async () => {
    t = await openTestEngine()
  })
  after(() => t.remove())
  beforeEach(async () => {
    await t.run({ dropDatabase: 1 })
    await t.run({
      insert: 'c',
      documents: Array.from({ length: 4 }, (_, _id) => ({ _id, a: _id, l: [_id, 8] })),
    })
  })

  const cases: [string, Fields, unknown, unknown][] = [
    [
      'answers the old document',
      { query: { _id: 1 }, update: { $inc: { a: 5 } } },
      { n: 1, updatedExisting: true },
      { _id: 1, a: 1, l: [1, 8] },
    ],
    [
      'answers the new document',
      { query: { _id: 1 }, update: { $inc: { a: 5 } }, new: true },
      { n: 1, updatedExisting: true },
      { _id: 1, a: 6, l: [1, 8] },
    ],
    [
      'takes the first of a sort',
      { query: {}, sort: { a: -1 }, update: { $set: { l: [] } }, fields: { a: 1 } },
      { n: 1, updatedExisting: true },
      { _id: 3, a: 3 },
    ],
    [
      'finds nothing',
      { query: { _id: 9 }, update: { $set: { a: 1 } } },
      { n: 0, updatedExisting: false },
      null,
    ],
    [
      'inserts',
      { query: { _id: 9 }, update: { $set: { a: 1 } }, upsert: true, new: true },
      { n: 1, updatedExisting: false, upserted: 9 },
      { _id: 9, a: 1 },
    ],
    [
      'inserts and answers that there was nothing',
      { query: { _id: 9 }, update: { $set: { a: 1 } }, upsert: true },
      { n: 1, updatedExisting: false, upserted: 9 },
      null,
    ],
    [
      'removes',
      { query: { a: { $gt: 1 } }, sort: { a: 1 }, remove: true },
      { n: 1 },
      { _id: 2, a: 2, l: [2, 8] },
    ],
    ['removes nothing', { query: { _id: 9 }, remove: true }, { n: 0 }, null],
    [
      'sets by array filters',
      {
        query: { _id: 1 },
        update: { $set: { 'l.$[e]': 0 } },
        arrayFilters: [{ e: 8 }],
        new: true,
        fields: { l: 1, _id: 0 },
      },
      { n: 1, updatedExisting: true },
      { l: [1, 0] },
    ],
  ]
  for (const [name, args, lastErrorObject, value] of cases) {
    test(name, async () => {
      assert.deepEqual(await t.run({ findAndModify: 'c', ...args }), {
        lastErrorObject,
        value,
        ok: 1,
      })
    })
  }

  test('64 concurrent callers each take another document of a queue', async () => {
    await t.run({
      insert: 'q',
      documents: Array.from({ length: 64 }, (_, _id) => ({ _id, p: _id % 5 })),
    })
    const take = () =>
      t.run({ findAndModify: 'q', query: {}, sort: { p: -1, _id: 1 }, remove: true })
    const taken = await Promise.all(Array.from({ length: 64 }, take))
    assert.equal(new Set(taken.map(({ value }) => value._id)).size, 64)
    assert.equal((await t.run({ count: 'q' })).n, 0)
  })

  test('64 concurrent upserts make one document', async () => {
    const args = { query: { k: 1 }, update: { $inc: { n: 1 } }, upsert: true, new: true }
    const replies = await Promise.all(
      Array.from({ length: 64 }, () => t.run({ findAndModify: 'r', ...args })),
    )
    const seen = replies.map(({ value }) => value.n).sort((a, b) => a - b)
    assert.deepEqual(
      seen,
      Array.from({ length: 64 }, (_, i) => i + 1),
    )
    assert.equal((await t.run({ count: 'r' })).n, 1)
  })

  test('errors fail the command and change nothing', async () => {
    const failures: [Fields, string][] = [
      [{ query: {} }, 'FailedToParse'],
      [{ query: {}, remove: true, update: { $set: { a: 1 } } }, 'FailedToParse'],
      [{ query: {}, remove: true, new: true }, 'FailedToParse'],
      [{ query: { _id: 1 }, update: { $set: { _id: 5 } } }, 'ImmutableField'],
      [{ query: { _id: 1 }, update: { $inc: { l: 1 } } }, 'TypeMismatch'],
      [{ query: { _id: { $gt: 90 } }, update: { _id: 1 }, upsert: true }, 'DuplicateKey'],
    ]
    for (const [args, codeName] of failures) {
      assert.equal((await t.failure({ findAndModify: 'c', ...args })).codeName, codeName)
    }
    assert.equal((await t.run({ count: 'c' })).n, 4)
    await t.check()
  })
})
