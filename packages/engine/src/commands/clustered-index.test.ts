import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Writable } from '@gantry/bson'
import { openTestEngine, type TestEngine } from '../testing/test-engine.js'

describe('a clustered collection', () => {
  let t: TestEngine
  before(async () => {
    t = await openTestEngine()
    await t.run({ create: 'c', clusteredIndex: { key: { _id: 1 }, unique: true, name: 'mine' } })
    await t.run({ insert: 'c', documents: [3, 1, 2].map((_id) => ({ _id, a: -_id })) })
  })
  after(() => t.remove())

  const ids = async (command: Record<string, Writable>) =>
    (await t.find({ find: 'c', ...command })).map(({ _id }) => _id)

  test('has its documents in the order of their _id', async () => {
    assert.deepEqual(await ids({}), [1, 2, 3])
    assert.deepEqual(await ids({ sort: { $natural: -1 } }), [3, 2, 1])
    assert.deepEqual(await ids({ filter: { a: { $lt: -1 } } }), [2, 3])
    assert.deepEqual(await ids({ sort: { a: 1 } }), [3, 2, 1])
    assert.deepEqual(await ids({ filter: { _id: 2 } }), [2])
    const duplicate = await t.run({ insert: 'c', documents: [{ _id: 1 }] })
    assert.equal(duplicate.writeErrors[0].code, 11000)
  })

  test('is listed as such, also after opening anew', async () => {
    await t.reopen()
    const spec = { v: 2, key: { _id: 1 }, name: 'mine', unique: true }
    const collections = await t.run({ listCollections: 1, filter: { name: 'c' } })
    assert.deepEqual(collections.cursor.firstBatch[0].options, { clusteredIndex: spec })
    const indexes = await t.run({ listIndexes: 'c' })
    assert.deepEqual(indexes.cursor.firstBatch, [{ ...spec, clustered: true }])
    assert.deepEqual(await ids({}), [1, 2, 3])
  })

  const clustered = { key: { _id: 1 }, unique: true }
  const refused: [string, Record<string, Writable>, number][] = [
    ['the form of old', { clusteredIndex: true }, 5979703],
    ['another key', { clusteredIndex: { key: { a: 1 }, unique: true } }, 197],
    ['no uniqueness', { clusteredIndex: { key: { _id: 1 }, unique: false } }, 5979700],
    ['another version', { clusteredIndex: { ...clustered, v: 1 } }, 5979704],
    ['a text', { clusteredIndex: 'yes' }, 14],
    ['capped', { clusteredIndex: clustered, capped: true, size: 1000 }, 6049200],
    ['a view', { clusteredIndex: clustered, viewOn: 'c' }, 6026500],
    ['expiry', { clusteredIndex: clustered, expireAfterSeconds: 10 }, 115],
  ]
  for (const [name, options, code] of refused) {
    test(`refuses ${name}`, async () => {
      assert.equal((await t.failure({ create: 'd', ...options })).code, code)
    })
  }
})
