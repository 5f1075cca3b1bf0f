import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openTestEngine, type TestCommand, type TestEngine } from '../testing/test-engine.js'

let engine: TestEngine
before(async () => {
  engine = await openTestEngine()
  const documents = Array.from({ length: 300 }, (_, _id) => ({ _id, a: _id % 3, tags: [_id % 5] }))
  await engine.run({ insert: 'c', documents })
  await engine.run({ createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a' }] })
  const pipeline = [{ $match: { a: { $gt: 0 } } }, { $set: { b: { $add: ['$a', 10] } } }]
  await engine.run({ create: 'v', viewOn: 'c', pipeline })
  await engine.run({ create: 'vv', viewOn: 'v', pipeline: [{ $match: { b: 12 } }] })
  await engine.run({ create: 'none', viewOn: 'nothing' })
})
after(() => engine.remove())

const finds: [what: string, command: TestCommand, docs: object[]][] = [
  [
    'filter, sort, skip, limit and projection',
    {
      find: 'v',
      filter: { b: 12 },
      sort: { _id: -1 },
      skip: 1,
      limit: 2,
      projection: { b: 1 },
    },
    [
      { _id: 296, b: 12 },
      { _id: 293, b: 12 },
    ],
  ],
  [
    'a view of a view',
    { find: 'vv', filter: { _id: { $lt: 6 } } },
    [
      { _id: 2, a: 2, tags: [2], b: 12 },
      { _id: 5, a: 2, tags: [0], b: 12 },
    ],
  ],
  [
    'variables and expressions',
    { find: 'v', filter: { $expr: { $eq: ['$_id', '$$x'] } }, let: { x: 4 } },
    [{ _id: 4, a: 1, tags: [4], b: 11 }],
  ],
  ['a hint', { find: 'v', filter: { _id: 1 }, hint: 'a', projection: { _id: 1 } }, [{ _id: 1 }]],
  ['a view of nothing', { find: 'none' }, []],
]

describe('a view is read by', () => {
  for (const [what, command, docs] of finds) {
    test(`find with ${what}`, async () => assert.deepEqual(await engine.find(command), docs))
  }
  test('find in batches', async () => {
    assert.equal((await engine.find({ find: 'v', batchSize: 7 })).length, 200)
  })
  test('count', async () => {
    assert.equal((await engine.run({ count: 'v' })).n, 200)
    assert.equal((await engine.run({ count: 'v', query: { b: 12 }, skip: 90 })).n, 10)
    assert.equal((await engine.run({ count: 'vv', limit: -5 })).n, 5)
    assert.equal((await engine.run({ count: 'none' })).n, 0)
  })
  test('distinct', async () => {
    assert.deepEqual((await engine.run({ distinct: 'v', key: 'b' })).values, [11, 12])
    const { values } = await engine.run({ distinct: 'v', key: 'tags', query: { _id: { $lt: 3 } } })
    assert.deepEqual(values, [1, 2])
  })
  test('aggregate', async () => {
    const { cursor } = await engine.run({
      aggregate: 'vv',
      pipeline: [{ $group: { _id: '$b', n: { $sum: 1 } } }],
      cursor: {},
    })
    assert.deepEqual(cursor.firstBatch, [{ _id: 12, n: 100 }])
  })
})

const refused: [what: string, command: TestCommand, codeName: string][] = [
  ['natural order', { find: 'v', sort: { $natural: 1 } }, 'InvalidPipelineOperator'],
  ['tailing', { find: 'v', tailable: true }, 'InvalidPipelineOperator'],
  ['an unknown hint', { find: 'v', hint: 'x' }, 'BadValue'],
  ['listIndexes', { listIndexes: 'v' }, 'CommandNotSupportedOnView'],
  ['dropIndexes', { dropIndexes: 'v', index: '*' }, 'CommandNotSupportedOnView'],
  ['collStats', { collStats: 'v' }, 'CommandNotSupportedOnView'],
]

describe('a view refuses', () => {
  for (const [what, command, codeName] of refused) {
    test(what, async () => assert.equal((await engine.failure(command)).codeName, codeName))
  }
})
