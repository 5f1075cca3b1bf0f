import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { encodeDocument, ObjectId, Regex, Undefined, type Writable } from '@gantry/bson'
import { openTestEngine, type TestEngine } from '../testing/test-engine.js'

describe('insert', () => {
  let t: TestEngine
  before(async () => {
    t = await openTestEngine()
  })
  after(() => t.remove())
  beforeEach(() => t.run({ dropDatabase: 1 }))

  test('stores documents as they are, an _id made and put in front', async () => {
    const documents = [{ b: 1, a: 2 }, { x: 1, _id: 7 }, { _id: null }]
    assert.deepEqual(await t.run({ insert: 'c', documents }), { n: 3, ok: 1 })
    const [first, second, third] = await t.find({ find: 'c' })
    assert.deepEqual(Object.keys(first), ['_id', 'b', 'a'])
    assert.ok(first._id instanceof ObjectId)
    assert.deepEqual(Object.entries(second), [
      ['_id', 7],
      ['x', 1],
    ])
    assert.deepEqual(third, { _id: null })
  })

  test('ordered stops at the first error, unordered goes on', async () => {
    const documents = [{ _id: 1 }, { _id: 1 }, { _id: 2 }, { _id: [] }, { _id: 3 }]
    const ordered = await t.run({ insert: 'o', documents })
    assert.deepEqual(ordered, {
      n: 1,
      writeErrors: [
        {
          index: 1,
          code: 11000,
          keyPattern: { _id: 1 },
          keyValue: { _id: 1 },
          errmsg: 'E11000 duplicate key error collection: test.o index: _id_ dup key: { _id: 1 }',
        },
      ],
      ok: 1,
    })
    const unordered = await t.run({ insert: 'u', documents, ordered: false })
    assert.equal(unordered.n, 3)
    assert.deepEqual(
      unordered.writeErrors.map(({ index, code }: { index: number; code: number }) => [
        index,
        code,
      ]),
      [
        [1, 11000],
        [3, 53],
      ],
    )
    assert.deepEqual(await t.find({ find: 'u' }), [{ _id: 1 }, { _id: 2 }, { _id: 3 }])
  })

  const badIds: [string, Writable, number][] = [
    ['array', [1], 53],
    ['regex', new Regex('a'), 53],
    ['undefined', new Undefined(), 53],
    ['document with a $ field', { $a: 1 }, 52],
  ]
  for (const [name, _id, code] of badIds) {
    test(`refuses an _id that is ${name}`, async () => {
      const { n, writeErrors } = await t.run({ insert: 'c', documents: [{ _id }] })
      assert.deepEqual([n, writeErrors[0].code], [0, code])
    })
  }

  test('takes document sequences', async () => {
    const documents = Array.from({ length: 3 }, (_, _id) => encodeDocument({ _id }))
    assert.equal((await t.run({ insert: 'c' }, { documents })).n, 3)
    assert.equal((await t.run({ count: 'c' })).n, 3)
  })

  test('takes as many documents as one command may have, and refuses more and none', async () => {
    const documents = Array.from({ length: 100_000 }, (_, _id) =>
      encodeDocument({ _id, a: _id % 7 }),
    )
    assert.equal((await t.run({ insert: 'c' }, { documents })).n, 100_000)
    assert.equal((await t.run({ count: 'c', query: { a: 3 } })).n, 14_286)
    const tooMany = t.run({ insert: 'c' }, { documents: [...documents, documents[0]] })
    await assert.rejects(tooMany, { codeName: 'InvalidLength' })
    assert.equal((await t.failure({ insert: 'c', documents: [] })).codeName, 'InvalidLength')
  })

  test('documents may be as large as 16 MiB', async () => {
    const size = 16 * 1024 * 1024
    const overhead = encodeDocument({ _id: 1, s: '' }).length
    const fits = { _id: 1, s: 'x'.repeat(size - overhead) }
    assert.equal((await t.run({ insert: 'c', documents: [fits] })).n, 1)
    assert.equal((await t.find({ find: 'c' }))[0].s.length, size - overhead)
    const over = { _id: 2, s: 'x'.repeat(size - overhead + 1) }
    const { n, writeErrors } = await t.run({ insert: 'c', documents: [over] })
    assert.deepEqual([n, writeErrors[0].code], [0, 10334])
  })

  test('equal numbers of different types are the same _id', async () => {
    const { writeErrors } = await t.run({ insert: 'c', documents: [{ _id: 1 }, { _id: 1n }] })
    assert.equal(writeErrors[0].code, 11000)
  })

  test('64 callers with the same _id: one wins', async () => {
    const insert = () => t.run({ insert: 'c', documents: [{ _id: 'same' }] })
    const replies = await Promise.all(Array.from({ length: 64 }, insert))
    assert.equal(replies.filter(({ n }) => n === 1).length, 1)
    assert.equal((await t.run({ count: 'c' })).n, 1)
    await t.check()
  })
})
