import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Decimal128, Double } from '@gantry/bson'
import { openTestEngine, type TestCommand, type TestEngine } from '../testing/test-engine.js'

const docs = [
  { _id: 0 },
  { _id: 1, a: null },
  { _id: 2, a: 1, b: 5 },
  { _id: 3, a: new Double(1.5), b: 4 },
  { _id: 4, a: Decimal128.fromString('1.5'), b: 3 },
  { _id: 5, a: 'x', b: 2 },
  { _id: 6, a: new Map([['c', 1]]), b: 1 },
]

let engine: TestEngine
before(async () => {
  engine = await openTestEngine()
  for (const [name, key, options] of [
    ['plain', { a: 'hashed' }, {}],
    ['compound', { a: 'hashed', b: 1 }, {}],
    ['sparse', { a: 'hashed' }, { sparse: true }],
    ['nested', { 'a.c': 'hashed' }, {}],
  ] as const) {
    await engine.run({ insert: name, documents: docs })
    const index = { key, name: 'h', ...options }
    await engine.run({ createIndexes: name, indexes: [index] })
  }
})
after(() => engine.remove())

const queries: [collection: string, filter: TestCommand, ids: number[], usesIndex: boolean][] = [
  ['plain', { a: 1 }, [2], true],
  ['plain', { a: new Double(1.5) }, [3, 4], true],
  ['plain', { a: { $in: ['x', 1n] } }, [2, 5], true],
  ['plain', { a: null }, [0, 1], true],
  ['plain', { a: { c: 1 } }, [6], true],
  ['plain', { a: { $gt: 1 } }, [3, 4], false],
  ['compound', { a: { $in: [1, 'x'] }, b: { $gt: 2 } }, [2], true],
  ['sparse', { a: 1 }, [2], true],
  ['sparse', { a: null }, [0, 1], false],
  ['nested', { 'a.c': 1 }, [6], true],
]

describe('a hashed index', () => {
  for (const [find, filter, ids, usesIndex] of queries) {
    const name = JSON.stringify(filter, (_, value) => (typeof value === 'bigint' ? 'long' : value))
    test(`${find} for ${name}`, async () => {
      const found = await engine.find({ find, filter })
      assert.deepEqual(found.map(({ _id }) => _id).sort(), ids)
      const { queryPlanner } = await engine.run({ explain: { find, filter } })
      assert.equal(JSON.stringify(queryPlanner.winningPlan).includes('IXSCAN'), usesIndex)
    })
  }
  test('gives no order', async () => {
    const found = await engine.find({ find: 'plain', sort: { a: -1 }, hint: 'h' })
    assert.deepEqual(found.map(({ _id }) => _id).slice(0, 2), [6, 5])
  })
  test('follows updates and removals', async () => {
    await engine.run({ insert: 'plain', documents: [{ _id: 'u', a: 'old' }] })
    await engine.run({ update: 'plain', updates: [{ q: { _id: 'u' }, u: { $set: { a: 'new' } } }] })
    assert.equal((await engine.find({ find: 'plain', filter: { a: 'old' } })).length, 0)
    assert.equal((await engine.find({ find: 'plain', filter: { a: 'new' } })).length, 1)
    await engine.run({ delete: 'plain', deletes: [{ q: { a: 'new' }, limit: 1 }] })
    await engine.check()
  })
  for (const a of [[1], []]) {
    test(`refuses the array ${JSON.stringify(a)}`, async () => {
      const { writeErrors } = await engine.run({ insert: 'plain', documents: [{ a }] })
      assert.equal(writeErrors[0].code, 16766)
    })
  }
  test('refuses an array on the way', async () => {
    const { writeErrors } = await engine.run({ insert: 'nested', documents: [{ a: [{ c: 1 }] }] })
    assert.equal(writeErrors[0].code, 16766)
  })

  const refused: [what: string, index: TestCommand, codeName: string][] = [
    ['unique', { key: { x: 'hashed' }, unique: true }, 'Location16764'],
    ['two hashed fields', { key: { x: 'hashed', y: 'hashed' } }, 'Location31303'],
    ['text', { key: { x: 'text' } }, 'CannotCreateIndex'],
    ['wildcards', { key: { '$**': 1 } }, 'CannotCreateIndex'],
    ['another collation', { key: { x: 1 }, collation: { locale: 'fr' } }, 'CommandNotSupported'],
    ['expiry as text', { key: { x: 1 }, expireAfterSeconds: '1' }, 'CannotCreateIndex'],
  ]
  for (const [what, index, codeName] of refused) {
    test(`refuses ${what}`, async () => {
      const indexes = [{ name: 'bad', ...index }]
      assert.equal((await engine.failure({ createIndexes: 'plain', indexes })).codeName, codeName)
    })
  }
})
