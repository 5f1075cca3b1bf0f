import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { openTestEngine, type TestEngine } from '../testing/test-engine.js'

let engine: TestEngine
before(async () => {
  engine = await openTestEngine()
})
after(() => engine.remove())
beforeEach(() => engine.run({ dropDatabase: 1 }))

async function ids(options: object = {}): Promise<unknown[]> {
  return (await engine.find({ find: 'c', ...options })).map(({ _id }) => _id)
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

function insert(docs: Record<string, never>[] | object[], options: object = {}) {
  return engine.run({ insert: 'c', documents: docs as never, ...options })
}

describe('a capped collection', () => {
  test('keeps so many of its newest documents', async () => {
    await engine.run({ create: 'c', capped: true, size: 1e6, max: 3 })
    await insert(range(1, 10).map((_id) => ({ _id })))
    assert.deepEqual(await ids(), [8, 9, 10])
    assert.deepEqual(await ids({ sort: { $natural: -1 } }), [10, 9, 8])
    assert.equal((await engine.run({ count: 'c' })).n, 3)
    await engine.check()
  })
  test('keeps so many bytes', async () => {
    await engine.run({ create: 'c', capped: true, size: 1000 })
    await engine.run({ createIndexes: 'c', indexes: [{ key: { text: 1 }, name: 'text' }] })
    for (const _id of range(1, 9)) await insert([{ _id, text: 'x'.repeat(300) }])
    assert.deepEqual(await ids(), [7, 8, 9])
    assert.ok((await engine.run({ collStats: 'c' })).size <= 1000)
    await engine.check()
  })
  test('takes a document larger than itself, for a while', async () => {
    await engine.run({ create: 'c', capped: true, size: 100 })
    await insert([{ _id: 1 }, { _id: 2, text: 'x'.repeat(500) }])
    assert.deepEqual(await ids(), [2])
    await insert([{ _id: 3 }])
    assert.deepEqual(await ids(), [3])
  })
  test('makes room for upserts, and stays in order when documents grow', async () => {
    await engine.run({ create: 'c', capped: true, size: 1e6, max: 3 })
    await insert(range(1, 3).map((_id) => ({ _id })))
    await engine.run({ update: 'c', updates: [{ q: { _id: 1 }, u: { $set: { a: 'long' } } }] })
    assert.deepEqual(await ids(), [1, 2, 3])
    await engine.run({ update: 'c', updates: [{ q: { _id: 4 }, u: { a: 1 }, upsert: true }] })
    assert.deepEqual(await ids(), [2, 3, 4])
  })
  test('refuses writes in transactions', async () => {
    await engine.run({ create: 'c', capped: true, size: 1e6 })
    await insert([{ _id: 1 }])
    const { writeErrors } = await engine.run({
      insert: 'c',
      documents: [{ _id: 2 }],
      lsid: { id: (await engine.run({ startSession: 1 })).id.id },
      txnNumber: 1n,
      startTransaction: true,
      autocommit: false,
    })
    assert.equal(writeErrors[0].code, 263)
  })
})

describe('a validator', () => {
  const validator = { $jsonSchema: { required: ['a'], properties: { a: { bsonType: 'int' } } } }

  test('refuses insertions, and says why', async () => {
    await engine.run({ create: 'c', validator })
    const { n, writeErrors } = await insert([{ _id: 1, a: 1 }, { _id: 2, a: 'x' }, { _id: 3 }])
    assert.equal(n, 1)
    assert.equal(writeErrors.length, 1)
    const [{ index, code, errmsg, errInfo }] = writeErrors
    assert.deepEqual([index, code, errmsg], [1, 121, 'Document failed validation'])
    assert.equal(errInfo.failingDocumentId, 2)
    assert.equal(errInfo.details.operatorName, '$jsonSchema')
    assert.equal(errInfo.details.schemaRulesNotSatisfied[0].operatorName, 'properties')
  })
  test('refuses updates, upserts and findAndModify', async () => {
    await engine.run({ create: 'c', validator })
    await insert([{ _id: 1, a: 1 }])
    for (const update of [
      { q: { _id: 1 }, u: { $unset: { a: 1 } } },
      { q: { _id: 1 }, u: { b: 1 } },
      { q: { _id: 2 }, u: { $set: { b: 1 } }, upsert: true },
    ]) {
      const { writeErrors } = await engine.run({ update: 'c', updates: [update] })
      assert.equal(writeErrors[0].code, 121)
    }
    const { codeName } = await engine.failure({
      findAndModify: 'c',
      query: { _id: 1 },
      update: { $set: { a: 'x' } },
    })
    assert.equal(codeName, 'DocumentValidationFailure')
    assert.deepEqual(await engine.find({ find: 'c' }), [{ _id: 1, a: 1 }])
  })
  test('is passed by on demand', async () => {
    await engine.run({ create: 'c', validator })
    const bypassDocumentValidation = true
    await insert([{ _id: 1 }], { bypassDocumentValidation })
    const updates = [{ q: { _id: 1 }, u: { $set: { a: 'x' } } }]
    await engine.run({ update: 'c', updates, bypassDocumentValidation })
    const update = { $set: { a: 'y' } }
    await engine.run({ findAndModify: 'c', query: {}, update, bypassDocumentValidation })
    assert.deepEqual(await engine.find({ find: 'c' }), [{ _id: 1, a: 'y' }])
  })
  test('applies at once when it changes, and not when it goes', async () => {
    await insert([{ _id: 1 }])
    await engine.run({ collMod: 'c', validator: { a: { $exists: true } } })
    assert.equal((await insert([{ _id: 2 }])).writeErrors[0].code, 121)
    await engine.run({ collMod: 'c', validator: {} })
    assert.equal((await insert([{ _id: 2 }])).n, 1)
  })
  test('survives a restart', async () => {
    await engine.run({ create: 'c', validator })
    await engine.reopen()
    assert.equal((await insert([{ _id: 2 }])).writeErrors[0].code, 121)
  })

  const levels: [options: object, old: boolean, now: boolean][] = [
    [{ validationLevel: 'strict' }, false, false],
    [{ validationLevel: 'moderate' }, true, false],
    [{ validationLevel: 'off' }, true, true],
    [{ validationAction: 'warn' }, true, true],
  ]
  for (const [options, oldMayChange, newMayCome] of levels) {
    test(`with ${JSON.stringify(options)}`, async () => {
      await insert([{ _id: 'old', a: 0 }])
      await engine.run({ collMod: 'c', validator: { a: { $gt: 0 } }, ...options })
      const updates = [{ q: { _id: 'old' }, u: { $set: { b: 1 } } }]
      const { nModified } = await engine.run({ update: 'c', updates })
      assert.equal(nModified, oldMayChange ? 1 : 0)
      assert.equal((await insert([{ _id: 'new', a: 0 }])).n, newMayCome ? 1 : 0)
      assert.equal((await insert([{ _id: 'good', a: 1 }])).n, 1)
    })
  }
})
