import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { Doc, Value, Writable } from '@gantry/bson'
import { openTestEngine, type TestCommand, type TestEngine } from '../testing/test-engine.js'

type Fields = Record<string, Writable>

describe('indexes', () => {
  let t: TestEngine
  before(async () => {
    t = await openTestEngine()
  })
  after(() => t.remove())
  beforeEach(() => t.run({ dropDatabase: 1 }))

  const create = (...indexes: Fields[]) => t.run({ createIndexes: 'c', indexes })
  const insert = (...documents: Fields[]) => t.run({ insert: 'c', documents })
  const names = async () =>
    (await t.run({ listIndexes: 'c' })).cursor.firstBatch.map(({ name }: { name: string }) => name)

  test('are made with the collection, and listed', async () => {
    const index = { key: { a: 1, b: -1 }, name: 'ab', unique: 1, sparse: false }
    assert.deepEqual(await create(index), {
      numIndexesBefore: 1,
      numIndexesAfter: 2,
      createdCollectionAutomatically: true,
      ok: 1,
    })
    assert.deepEqual((await t.run({ listIndexes: 'c' })).cursor, {
      firstBatch: [
        { v: 2, key: { _id: 1 }, name: '_id_' },
        { v: 2, key: { a: 1, b: -1 }, name: 'ab', unique: true },
      ],
      id: 0n,
      ns: 'test.c',
    })
    assert.equal((await create(index)).note, 'all indexes already exist')
    assert.equal((await create({ key: { _id: 1 }, name: '_id_' })).numIndexesAfter, 2)
  })

  const conflicts: [string, Fields, string][] = [
    ['the same key under another name', { key: { a: 1 }, name: 'other' }, 'IndexOptionsConflict'],
    ['the same name for another key', { key: { b: 1 }, name: 'a' }, 'IndexKeySpecsConflict'],
    [
      'the same name and key with other options',
      { key: { a: 1 }, name: 'a', unique: true },
      'IndexKeySpecsConflict',
    ],
    ['an unknown option', { key: { b: 1 }, name: 'b', foo: 1 }, 'InvalidIndexSpecificationOption'],
    ['no name', { key: { b: 1 } }, 'FailedToParse'],
    ['no key', { name: 'b' }, 'FailedToParse'],
    ['an empty key', { key: {}, name: 'b' }, 'CannotCreateIndex'],
    ['a direction of 0', { key: { b: 0 }, name: 'b' }, 'CannotCreateIndex'],
    ['a text index', { key: { b: 'text' }, name: 'b' }, 'CannotCreateIndex'],
    ['a wildcard index', { key: { '$**': 1 }, name: 'b' }, 'CannotCreateIndex'],
    ['a field with a $', { key: { 'a.$b': 1 }, name: 'b' }, 'CannotCreateIndex'],
    ['an empty part of a path', { key: { 'a..b': 1 }, name: 'b' }, 'CannotCreateIndex'],
    [
      'more than 32 fields',
      { key: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`f${i}`, 1])), name: 'b' },
      'Location13103',
    ],
    [
      'sparse and partial',
      { key: { b: 1 }, name: 'b', sparse: true, partialFilterExpression: { b: 1 } },
      'CannotCreateIndex',
    ],
    [
      '$ne in a partial filter',
      { key: { b: 1 }, name: 'b', partialFilterExpression: { b: { $ne: 1 } } },
      'CannotCreateIndex',
    ],
    [
      '$exists: false in a partial filter',
      { key: { b: 1 }, name: 'b', partialFilterExpression: { b: { $exists: false } } },
      'CannotCreateIndex',
    ],
    [
      '$elemMatch in a partial filter',
      { key: { b: 1 }, name: 'b', partialFilterExpression: { b: { $elemMatch: { c: 1, d: 2 } } } },
      'CannotCreateIndex',
    ],
    [
      'a sparse _id index',
      { key: { _id: 1 }, name: '_id_', sparse: true },
      'InvalidIndexSpecificationOption',
    ],
  ]
  for (const [name, index, codeName] of conflicts) {
    test(`refused: ${name}`, async () => {
      await create({ key: { a: 1 }, name: 'a' })
      assert.equal((await t.failure({ createIndexes: 'c', indexes: [index] })).codeName, codeName)
      assert.deepEqual(await names(), ['_id_', 'a'])
    })
  }

  test('no index is made when one of a command is refused', async () => {
    await insert({ _id: 1 })
    const indexes = [
      { key: { a: 1 }, name: 'a' },
      { key: { b: 1 }, name: 'a' },
    ]
    assert.equal(
      (await t.failure({ createIndexes: 'c', indexes })).codeName,
      'IndexKeySpecsConflict',
    )
    assert.deepEqual(await names(), ['_id_'])
  })

  test('a unique one over duplicates fails and leaves nothing', async () => {
    await insert(...Array.from({ length: 1000 }, (_, _id) => ({ _id, a: _id % 999 })))
    const error = await t.failure({
      createIndexes: 'c',
      indexes: [
        { key: { a: 1 }, name: 'a', unique: true },
        { key: { b: 1 }, name: 'b' },
      ],
    })
    assert.deepEqual(
      [error.code, error.details.keyValue],
      [11000, new Map<string, Value>([['a', 0]]) satisfies Doc],
    )
    assert.deepEqual(await names(), ['_id_'])
    await insert({ _id: 1000, a: 0 })
    await t.check()
    assert.equal((await create({ key: { a: 1 }, name: 'a' })).numIndexesAfter, 2)
    assert.equal((await t.run({ count: 'c', query: { a: 0 }, hint: 'a' })).n, 3)
  })

  test('unique: null counts once, missing counts as null, sparse leaves it out', async () => {
    await create(
      { key: { a: 1 }, name: 'a', unique: true },
      { key: { s: 1 }, name: 's', unique: true, sparse: true },
    )
    const reply = await t.run({
      insert: 'c',
      ordered: false,
      documents: [
        { _id: 1 },
        { _id: 2 },
        { _id: 3, a: null },
        { _id: 4, a: [1, 1] },
        { _id: 5, a: 1 },
        { _id: 6, a: 6, s: null },
        { _id: 7, a: 7, s: null },
      ],
    })
    const failed = reply.writeErrors.map(({ index }: { index: number }) => index)
    assert.deepEqual([reply.n, failed], [3, [1, 2, 4, 6]])
    await t.check()
  })

  test('unique and partial: only the documents that it holds have to differ', async () => {
    await create({
      key: { a: 1 },
      name: 'a',
      unique: true,
      partialFilterExpression: { live: true },
    })
    const reply = await insert(
      { _id: 1, a: 1 },
      { _id: 2, a: 1 },
      { _id: 3, a: 1, live: true },
      { _id: 4, a: 1, live: true },
    )
    assert.deepEqual([reply.n, reply.writeErrors[0].index], [3, 3])
    const updates = [{ q: { _id: 1 }, u: { $set: { live: true } } }]
    assert.equal((await t.run({ update: 'c', updates })).writeErrors[0].code, 11000)
    await t.check()
  })

  test('two arrays in one key are refused, by inserts, updates and builds', async () => {
    await create({ key: { a: 1, b: 1 }, name: 'ab' })
    assert.equal((await insert({ _id: 1, a: [1], b: [2] })).writeErrors[0].code, 171)
    await insert({ _id: 2, a: [1], b: 2, c: [3] })
    const updates = [{ q: { _id: 2 }, u: { $set: { b: [] } } }]
    assert.equal((await t.run({ update: 'c', updates })).writeErrors[0].code, 171)
    const error = await t.failure({
      createIndexes: 'c',
      indexes: [{ key: { c: 1, a: 1 }, name: 'ca' }],
    })
    assert.equal(error.code, 171)
    assert.deepEqual(await names(), ['_id_', 'ab'])
    await t.check()
  })

  test('keys longer than the store takes are found, told apart and unique', async () => {
    const long = (end: string) => 'k'.repeat(5000) + end
    await create(
      { key: { a: 1 }, name: 'a' },
      { key: { u: 1 }, name: 'u', unique: true, sparse: true },
    )
    await insert(...['a', 'b', 'c'].map((end, _id) => ({ _id, a: long(end), u: long(end) })))
    const ids = async (command: TestCommand) =>
      (await t.find({ find: 'c', ...command })).map(({ _id }) => _id)
    assert.deepEqual(await ids({ filter: { a: long('b') }, hint: 'a' }), [1])
    assert.deepEqual(
      (await ids({ filter: { a: { $in: [long('a'), long('c')] } }, hint: 'a' })).sort(),
      [0, 2],
    )
    assert.deepEqual(
      await ids({ filter: { a: { $gt: long('a') } }, sort: { a: -1 }, hint: 'a' }),
      [2, 1],
    )
    assert.equal((await insert({ _id: 9, u: long('b') })).writeErrors[0].code, 11000)
    const longId = long('id')
    await insert({ _id: longId })
    assert.equal((await insert({ _id: longId })).writeErrors[0].code, 11000)
    assert.deepEqual(await ids({ filter: { _id: longId } }), [longId])
    await t.check()
    assert.deepEqual(await ids({ filter: { a: { $lt: long('c') } }, sort: { a: 1 } }), [0, 1])
  })

  test('are built while writers write, and miss nothing', async () => {
    await insert(
      ...Array.from({ length: 4000 }, (_, _id) => ({ _id, a: _id, u: _id, tags: [_id % 5, 'x'] })),
    )
    let building = true
    const build = create(
      { key: { a: 1 }, name: 'a' },
      { key: { u: 1 }, name: 'u', unique: true },
      { key: { tags: 1, a: -1 }, name: 'tags' },
    ).finally(() => {
      building = false
    })
    async function writer(first: number): Promise<number> {
      let writes = 0
      for (let id = first; building; id += 8) {
        await insert({ _id: 10_000 + id, a: id, u: 10_000 + id, tags: [] })
        const change = { a: -id, u: 20_000 + id, tags: [id] }
        await t.run({ update: 'c', updates: [{ q: { _id: id % 4000 }, u: { $set: change } }] })
        await t.run({ delete: 'c', deletes: [{ q: { _id: (id * 31) % 4000 }, limit: 1 }] })
        writes++
      }
      return writes
    }
    const writes = await Promise.all(Array.from({ length: 8 }, (_, i) => writer(i)))
    await build
    assert.ok(writes.every((count) => count > 0))
    await t.check()
  })

  test('a writer that takes a key before the build has come to its holder keeps its entry', async () => {
    const documents = Array.from({ length: 5000 }, (_, _id) => ({ _id, u: _id }))
    await insert(...documents)
    const build = create({ key: { u: 1 }, name: 'u', unique: true })
    // Once the index is there and not yet filled, the last document's key goes to the first one.
    while (!(await t.run({ collStats: 'c' })).indexBuilds.includes('u'))
      await new Promise(setImmediate)
    await t.run({ update: 'c', updates: [{ q: { _id: 0 }, u: { $set: { u: 4999 } } }] })
    await t.run({ delete: 'c', deletes: [{ q: { _id: 4999 }, limit: 1 }] })
    await build
    assert.deepEqual(await t.find({ find: 'c', filter: { u: 4999 }, hint: 'u' }), [
      { _id: 0, u: 4999 },
    ])
    await t.check()
  })

  test('a second caller waits for the build of the first', async () => {
    await insert(...Array.from({ length: 3000 }, (_, _id) => ({ _id, a: _id })))
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => create({ key: { a: 1 }, name: 'a' })),
    )
    assert.equal(replies.filter(({ note }) => note === undefined).length, 1)
    await t.check()
    assert.equal((await t.run({ count: 'c', query: { a: { $gte: 0 } }, hint: 'a' })).n, 3000)
  })

  test('dropping the index or the collection under a build ends it', async () => {
    const documents = Array.from({ length: 3000 }, (_, _id) => ({ _id, a: _id }))
    for (const command of [{ dropIndexes: 'c', index: '*' }, { drop: 'c' }]) {
      await insert(...documents)
      const build = t.failure({ createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a' }] })
      while (!(await t.run({ collStats: 'c' })).indexBuilds.includes('a'))
        await new Promise(setImmediate)
      await t.run(command)
      assert.equal((await build).codeName, 'IndexBuildAborted')
      await t.check()
      await t.run({ drop: 'c' })
    }
  })

  test('dropIndexes by name, key, list and all', async () => {
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ key: { [name]: 1 }, name }))
    await create(...all)
    assert.equal((await t.run({ dropIndexes: 'c', index: 'a' })).nIndexesWas, 6)
    await t.run({ dropIndexes: 'c', index: { b: 1 } })
    await t.run({ dropIndexes: 'c', index: ['c', 'd'] })
    assert.deepEqual(await names(), ['_id_', 'e'])
    const failures: [Writable, string][] = [
      ['nothing', 'IndexNotFound'],
      [{ zzz: 1 }, 'IndexNotFound'],
      ['_id_', 'InvalidOptions'],
      [['e', '_id_'], 'InvalidOptions'],
      [5, 'TypeMismatch'],
    ]
    for (const [index, codeName] of failures) {
      assert.equal((await t.failure({ dropIndexes: 'c', index })).codeName, codeName)
    }
    assert.deepEqual(await names(), ['_id_', 'e'])
    await t.run({ dropIndexes: 'c', index: '*' })
    assert.deepEqual(await names(), ['_id_'])
    assert.equal(
      (await t.failure({ dropIndexes: 'nothing', index: '*' })).codeName,
      'NamespaceNotFound',
    )
  })

  test('specifications, multikey flags and counters survive reopening', async () => {
    await create({ key: { tags: -1 }, name: 'tags', partialFilterExpression: { n: { $gt: 1 } } })
    await insert(...Array.from({ length: 20 }, (_, _id) => ({ _id, n: _id, tags: [_id, 'y'] })))
    const look = async () => [
      await t.run({ listIndexes: 'c' }),
      await t.run({ collStats: 'c' }),
      await t.run({
        explain: { find: 'c', filter: { tags: 'y', n: 5 } },
        verbosity: 'queryPlanner',
      }),
      await t.find({ find: 'c', filter: { tags: 'y', n: { $gt: 3 } } }),
    ]
    const was = await look()
    await t.reopen()
    assert.deepEqual(await look(), was)
    await insert({ _id: 'next' })
    await t.check()
  })

  test('are used for queries and sorts, as explain shows', async () => {
    await insert(
      ...Array.from({ length: 200 }, (_, _id) => ({ _id, a: _id % 10, b: _id, t: [_id] })),
    )
    await create(
      { key: { a: 1, b: -1 }, name: 'ab' },
      { key: { b: 1 }, name: 'b' },
      { key: { t: 1 }, name: 't' },
      { key: { p: 1 }, name: 'p', sparse: true },
    )
    const cases: [string, TestCommand, RegExp][] = [
      ['an _id', { filter: { _id: 1 } }, /^IDHACK$/],
      [
        'an equality and a range',
        { filter: { a: 1, b: { $gt: 50 } } },
        /^FETCH IXSCAN:ab:forward$/,
      ],
      [
        'a sort behind an equality',
        { filter: { a: 1 }, sort: { b: 1 } },
        /^FETCH IXSCAN:ab:backward$/,
      ],
      ['a sort by itself', { sort: { b: -1 } }, /^FETCH IXSCAN:b:backward$/],
      ['a sort that no index gives', { filter: { a: 1 }, sort: { t: 1 } }, /^SORT FETCH IXSCAN:ab/],
      ['a multikey index', { filter: { t: 5 } }, /^FETCH IXSCAN:t/],
      [
        '$or',
        { filter: { $or: [{ b: 1 }, { t: 2 }] } },
        /^FETCH OR FETCH IXSCAN:b:forward FETCH IXSCAN:t/,
      ],
      ['a sparse index that may miss matches', { filter: { p: null } }, /^COLLSCAN$/],
      ['a sparse index', { filter: { p: { $exists: true } }, hint: 'p' }, /^FETCH IXSCAN:p/],
      ['no index', { filter: { z: 1 } }, /^COLLSCAN$/],
      ['natural order', { filter: { b: 1 }, hint: { $natural: 1 } }, /^COLLSCAN$/],
    ]
    for (const [name, args, plan] of cases) {
      const explained = await t.run({
        explain: { find: 'c', ...args },
        verbosity: 'executionStats',
      })
      assert.match(stages(explained.queryPlanner.winningPlan), plan, name)
    }
    const few = await t.run({ explain: { find: 'c', filter: { a: 1, b: { $gt: 180 } } } })
    const { nReturned, totalKeysExamined, totalDocsExamined } = few.executionStats
    assert.deepEqual([nReturned, totalKeysExamined, totalDocsExamined], [2, 2, 2])
  })
})

interface Stage {
  readonly stage: string
  readonly indexName?: string
  readonly direction?: string
  readonly inputStage?: Stage
  readonly inputStages?: readonly Stage[]
}

function stages({ stage, indexName, direction, inputStage, inputStages = [] }: Stage): string {
  const own = indexName ? `${stage}:${indexName}:${direction}` : stage
  return [own, ...[inputStage ?? [], inputStages].flat().map(stages)].join(' ')
}
