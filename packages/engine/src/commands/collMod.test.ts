import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { RawValue } from '@gantry/bson'
import { openTestEngine, type TestCommand, type TestEngine } from '../testing/test-engine.js'

let engine: TestEngine
before(async () => {
  engine = await openTestEngine()
})
after(() => engine.remove())
beforeEach(async () => {
  await engine.run({ dropDatabase: 1 })
  await engine.run({
    createIndexes: 'c',
    indexes: [
      { key: { a: 1 }, name: 'a' },
      { key: { t: 1 }, name: 't', expireAfterSeconds: 60 },
      { key: { a: 1, b: 1 }, name: 'ab' },
    ],
  })
  await engine.run({ create: 'view', viewOn: 'c' })
  await engine.run({ create: 'capped', capped: true, size: 1000, max: 10 })
})

async function specOf(name: string) {
  const { cursor } = await engine.run({ listIndexes: 'c' })
  return cursor.firstBatch.find((spec: { name: string }) => spec.name === name)
}

async function optionsOf(name: string) {
  return (await engine.run({ listCollections: 1, filter: { name } })).cursor.firstBatch[0].options
}

const indexChanges: [what: string, index: TestCommand, reply: object, spec: [string, object]][] = [
  [
    'hides',
    { name: 'a', hidden: true },
    { hidden_old: false, hidden_new: true },
    ['a', { v: 2, key: { a: 1 }, name: 'a', hidden: true }],
  ],
  ['leaves as it is', { name: 'a', hidden: false }, {}, ['a', { v: 2, key: { a: 1 }, name: 'a' }]],
  [
    'makes expire',
    { keyPattern: { a: 1 }, expireAfterSeconds: 5 },
    { expireAfterSeconds_new: 5n },
    ['a', { v: 2, key: { a: 1 }, name: 'a', expireAfterSeconds: 5 }],
  ],
  [
    'lets expire later',
    { keyPattern: { t: 1 }, expireAfterSeconds: 90n },
    { expireAfterSeconds_old: 60n, expireAfterSeconds_new: 90n },
    ['t', { v: 2, key: { t: 1 }, name: 't', expireAfterSeconds: 90 }],
  ],
]

const refused: [what: string, command: TestCommand, codeName: string][] = [
  ['a collection that is not there', { collMod: 'no' }, 'NamespaceNotFound'],
  ['an unknown index', { index: { name: 'x', hidden: true } }, 'IndexNotFound'],
  ['no index', { index: { hidden: true } }, 'InvalidOptions'],
  [
    'an index named twice',
    { index: { name: 'a', keyPattern: { a: 1 }, hidden: true } },
    'InvalidOptions',
  ],
  ['no change', { index: { name: 'a' } }, 'InvalidOptions'],
  ['hiding _id', { index: { name: '_id_', hidden: true } }, 'BadValue'],
  ['_id expiring', { index: { name: '_id_', expireAfterSeconds: 1 } }, 'InvalidOptions'],
  ['two fields expiring', { index: { name: 'ab', expireAfterSeconds: 1 } }, 'InvalidOptions'],
  ['expiring before now', { index: { name: 'a', expireAfterSeconds: -1 } }, 'InvalidOptions'],
  ['what it does not know of an index', { index: { name: 'a', x: 1 } }, 'UnknownFieldIDL'],
  ['an index no longer unique', { index: { name: 'a', unique: false } }, 'BadValue'],
  [
    'to try what it does anyway',
    { index: { name: 'a', hidden: true }, dryRun: true },
    'InvalidOptions',
  ],
  [
    'two changes at once',
    { index: { name: 'a', hidden: true, prepareUnique: true } },
    'InvalidOptions',
  ],
  ['a cap where there is none', { cappedSize: 100 }, 'InvalidOptions'],
  ['a view where there is none', { viewOn: 'x' }, 'InvalidOptions'],
  ['a validator on a view', { collMod: 'view', validator: {} }, 'InvalidOptions'],
  ['a view on itself', { collMod: 'view', viewOn: 'view' }, 'GraphContainsCycle'],
  ['a bad validator', { validator: { $where: 'x' } }, 'BadValue'],
]

describe('collMod', () => {
  for (const [what, index, reply, [name, spec]] of indexChanges) {
    test(`${what} an index`, async () => {
      const { ok, ...changed } = await engine.run({ collMod: 'c', index })
      assert.equal(ok, 1)
      assert.deepEqual(changed, reply)
      await engine.reopen()
      assert.deepEqual(await specOf(name), spec)
    })
  }
  for (const [what, command, codeName] of refused) {
    test(`refuses ${what}`, async () => {
      assert.equal((await engine.failure({ collMod: 'c', ...command })).codeName, codeName)
    })
  }
  test('changes a cap, which the next insertion enforces', async () => {
    const documents = Array.from({ length: 10 }, (_, _id) => ({ _id }))
    await engine.run({ insert: 'capped', documents })
    await engine.run({ collMod: 'capped', cappedSize: 2000, cappedMax: 4 })
    assert.deepEqual(await optionsOf('capped'), { capped: true, size: 2000, max: 4 })
    assert.equal((await engine.run({ count: 'capped' })).n, 10)
    await engine.run({ insert: 'capped', documents: [{ _id: 10 }] })
    const docs = await engine.find({ find: 'capped' })
    assert.deepEqual(
      docs.map(({ _id }) => _id),
      [7, 8, 9, 10],
    )
  })
  test('changes a view', async () => {
    await engine.run({ collMod: 'view', viewOn: 'd', pipeline: [{ $limit: 1 }] })
    assert.deepEqual(await optionsOf('view'), { viewOn: 'd', pipeline: [{ $limit: 1 }] })
  })
  test('makes an index unique in two steps', async () => {
    const documents = Array.from({ length: 3000 }, (_, a) => ({ a, tags: [a, a] }))
    await engine.run({ insert: 'c', documents })
    const early = await engine.failure({ collMod: 'c', index: { name: 'a', unique: true } })
    assert.equal(early.codeName, 'InvalidOptions')
    const prepared = await engine.run({ collMod: 'c', index: { name: 'a', prepareUnique: true } })
    assert.deepEqual([prepared.prepareUnique_old, prepared.prepareUnique_new], [false, true])
    const again = { insert: 'c', documents: [{ a: 5 }] }
    assert.equal((await engine.run(again)).writeErrors[0].code, 11000)
    const update = { update: 'c', updates: [{ q: { a: 1 }, u: { $set: { a: 2 } } }] }
    assert.equal((await engine.run(update)).writeErrors[0].code, 11000)
    const convert = { collMod: 'c', index: { name: 'a', unique: true } }
    assert.equal((await engine.run({ ...convert, dryRun: true })).unique_new, undefined)
    assert.equal((await specOf('a')).unique, undefined)
    assert.equal((await engine.run(convert)).unique_new, true)
    assert.deepEqual(await specOf('a'), { v: 2, key: { a: 1 }, name: 'a', unique: true })
    assert.equal((await engine.run(again)).writeErrors[0].code, 11000)
    assert.equal((await engine.run(convert)).unique_new, undefined)
    assert.equal((await engine.find({ find: 'c', filter: { a: 7 }, hint: 'a' })).length, 1)
    await engine.check()
  })
  test('tells what stands in the way of a unique index', async () => {
    const documents = [1, 2, 2, 3, 3, 3].map((a, _id) => ({ _id, a }))
    await engine.run({ insert: 'c', documents })
    await engine.run({ collMod: 'c', index: { name: 'a', prepareUnique: true } })
    for (const dryRun of [true, false]) {
      const index = { name: 'a', unique: true }
      const { codeName, details } = await engine.failure({ collMod: 'c', index, dryRun })
      assert.equal(codeName, 'CannotConvertIndexToUnique')
      const ids = (details.violations as { ids: RawValue[] }[]).map((violation) =>
        violation.ids.map(({ buf, at }) => buf.readInt32LE(at)),
      )
      assert.deepEqual(ids, [
        [1, 2],
        [3, 4, 5],
      ])
    }
  })
})
