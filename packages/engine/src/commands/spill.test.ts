import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Decimal128, Double, encodeDocument, type Writable } from '@gantry/bson'
import type { CommandError } from '../errors.js'
import { openTestEngine, type TestEngine, type TestReply } from '../testing/test-engine.js'

const COUNT = 3000
const SMALL = 40_000
const LARGE = 100 * 1024 * 1024

let fixture: TestEngine

/** Values of many types, often equal to others. */
function mixed(i: number): Writable | undefined {
  const n = (i * 7919) % 97
  const kinds: (Writable | undefined)[] = [
    n,
    new Double(n + 0.5),
    BigInt(n),
    Decimal128.fromString(`${n}.25`),
    `text ${n}`,
    null,
    undefined,
    [n, 97 - n],
    [],
    { x: n },
    n % 2 === 0,
  ]
  return kinds[i % kinds.length]
}

function document(i: number): Buffer {
  return encodeDocument({
    _id: i,
    m: mixed(i),
    a: [(i * 31) % 53, (i * 17) % 41],
    k: (i * 7919) % 701,
    n: new Double(((i * 7919) % 1013) / 10),
    l: BigInt(i) * 1_000_003n,
    o: { [`f${i % 5}`]: i },
    pad: 'x'.repeat(i % 60),
  })
}

async function limits(bytes: number): Promise<void> {
  for (const name of [
    'internalQueryMaxBlockingSortMemoryUsageBytes',
    'internalDocumentSourceGroupMaxMemoryBytes',
  ]) {
    await fixture.run({ setParameter: 1, [name]: bytes, $db: 'admin' })
  }
}

before(async () => {
  fixture = await openTestEngine()
  await fixture.run(
    { insert: 'c' },
    { documents: Array.from({ length: COUNT }, (_, i) => document(i)) },
  )
})
after(() => fixture.remove())
beforeEach(() => limits(SMALL))

const spillFolder = () => join(fixture.path, 'spill')
const files = () => (existsSync(spillFolder()) ? readdirSync(spillFolder()) : [])

/** Files are removed in the background. */
async function allGone(): Promise<void> {
  while (files().length > 0) await new Promise((resolve) => setImmediate(resolve))
}

async function aggregate(pipeline: Writable[], more = {}): Promise<TestReply[]> {
  let { cursor } = await fixture.run({ aggregate: 'c', pipeline, cursor: {}, ...more })
  const docs: TestReply[] = cursor.firstBatch
  while (cursor.id !== 0n) {
    cursor = (await fixture.run({ getMore: cursor.id, collection: 'c', batchSize: 500 })).cursor
    docs.push(...cursor.nextBatch)
  }
  return docs
}

/** How often queries have gone to disk. */
async function spills(): Promise<{ sort: number; group: number }> {
  const { metrics } = await fixture.run({ serverStatus: 1, $db: 'admin' })
  const { sort, group } = metrics.query
  return { sort: Number(sort.spillToDisk), group: Number(group.spills) }
}

/** What a query gives in little memory, of which it must have wanted more, and in enough. */
async function both(
  use: 'sort' | 'group',
  run: () => Promise<TestReply[]>,
  inLittle = (query: typeof run) => query(),
): Promise<[TestReply[], TestReply[]]> {
  const earlier = await spills()
  const little = await inLittle(run)
  assert.ok((await spills())[use] > earlier[use], 'it has not spilled')
  await allGone()
  await limits(LARGE)
  return [little, await run()]
}

describe('a sort beyond its memory is the same as within', () => {
  const sorts: Record<string, Writable>[] = [
    { m: 1 },
    { m: -1, k: 1 },
    { a: 1, m: -1 },
    { a: -1, n: 1 },
    { k: 1, pad: -1 },
    { 'o.f1': -1, n: -1 },
  ]
  const ranges = [{}, { skip: 700 }, { limit: 2600 }, { skip: 100, limit: 2500 }]
  for (const sort of sorts) {
    test(JSON.stringify(sort), async () => {
      for (const range of ranges) {
        const [little, enough] = await both('sort', () =>
          fixture.find({ find: 'c', sort, ...range }),
        )
        assert.deepEqual(little, enough)
        await limits(SMALL)
        const { skip, limit } = range as { skip?: number; limit?: number }
        const pipeline = [
          // What stands before the sort keeps it from being part of the query.
          { $set: { extra: 1 } },
          { $sort: sort },
          ...(skip ? [{ $skip: skip }] : []),
          ...(limit ? [{ $limit: limit }] : []),
        ]
        const [fewer, all] = await both('sort', () => aggregate(pipeline))
        assert.deepEqual(fewer, all)
        await limits(SMALL)
      }
    })
  }
})

const ACCUMULATORS: Record<string, Writable> = {
  addToSet: { $addToSet: '$m' },
  avg: { $avg: '$n' },
  avgMixed: { $avg: '$m' },
  bottom: { $bottom: { sortBy: { n: 1 }, output: ['$_id', '$m'] } },
  bottomN: { $bottomN: { n: 2, sortBy: { m: -1 }, output: '$_id' } },
  concatArrays: { $concatArrays: '$a' },
  count: { $count: {} },
  first: { $first: '$m' },
  firstN: { $firstN: { n: 2, input: '$m' } },
  last: { $last: '$m' },
  lastN: { $lastN: { n: 2, input: '$m' } },
  max: { $max: '$m' },
  maxN: { $maxN: { n: 3, input: '$m' } },
  median: { $median: { input: '$n', method: 'approximate' } },
  mergeObjects: { $mergeObjects: '$o' },
  min: { $min: '$m' },
  minN: { $minN: { n: 3, input: '$m' } },
  percentile: {
    $percentile: { input: '$n', p: [new Double(0.1), new Double(0.9)], method: 'approximate' },
  },
  push: { $push: '$$ROOT' },
  setUnion: { $setUnion: '$a' },
  stdDevPop: { $stdDevPop: '$n' },
  stdDevSamp: { $stdDevSamp: '$n' },
  sum: { $sum: '$m' },
  sumLong: { $sum: '$l' },
  sumDouble: { $sum: '$n' },
  top: { $top: { sortBy: { n: 1 }, output: ['$_id', '$m'] } },
  topN: { $topN: { n: 2, sortBy: { m: -1 }, output: '$_id' } },
}

/** Runs a query in as little memory as will do: a single group must fit. */
async function leastMemory(run: () => Promise<TestReply[]>): Promise<TestReply[]> {
  for (let bytes = 1000; ; bytes *= 1.5) {
    await limits(Math.round(bytes))
    const earlier = await spills()
    try {
      const docs = await run()
      assert.ok((await spills()).group > earlier.group, 'it has not spilled')
      return docs
    } catch (error) {
      if ((error as CommandError).codeName !== 'ExceededMemoryLimit') throw error
    }
  }
}

const sorted = (docs: TestReply[]) =>
  docs.map((doc) => [JSON.stringify(doc._id, text), doc]).sort((a, b) => (a[0] < b[0] ? -1 : 1))
const text = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)

describe('groups beyond their memory are the same as within', () => {
  for (const [name, accumulator] of Object.entries(ACCUMULATORS)) {
    for (const [key, id] of [
      ['few values', { $mod: ['$_id', 7] }],
      ['many values', '$k'],
      ['values of many types', '$m'],
    ] as const) {
      test(`${name} by ${key}`, async () => {
        const group = { $group: { _id: id, result: accumulator } }
        const run = () => aggregate([group])
        const [little, enough] = await both('group', run, leastMemory)
        assert.deepEqual(sorted(little), sorted(enough))
      })
    }
  }

  test('all at once, over what spills itself', async () => {
    await limits(400_000)
    const pipeline = [
      { $set: { extra: 1 } },
      { $sort: { n: 1, _id: 1 } },
      { $group: { _id: '$k', ...ACCUMULATORS } },
    ]
    const [little, enough] = await both('group', () => aggregate(pipeline))
    assert.deepEqual(sorted(little), sorted(enough))
    assert.equal(enough.length, 701)
  })

  test('a single group larger than the memory fails', async () => {
    const pipeline = [{ $group: { _id: null, all: { $push: '$$ROOT' } } }]
    const error = await fixture.failure({ aggregate: 'c', pipeline, cursor: {} })
    assert.equal(error.codeName, 'ExceededMemoryLimit')
    await allGone()
  })
})

describe('without leave to use the disk', () => {
  const sort = { find: 'c', sort: { n: 1 } }
  const group = { aggregate: 'c', pipeline: [{ $group: { _id: '$_id' } }], cursor: {} }
  const leading = { aggregate: 'c', pipeline: [{ $sort: { n: 1 } }], cursor: {} }

  test('queries fail with the proper error', async () => {
    const cases = [
      [sort, 'Executor error during find command: test.c :: caused by :: Sort exceeded memory'],
      [
        leading,
        'Executor error during aggregate command on namespace: test.c :: caused by :: Sort',
      ],
      [group, "caused by :: Exceeded memory limit for $group, but didn't allow external sort."],
    ] as const
    for (const [command, message] of cases) {
      const error = await fixture.failure({ ...command, allowDiskUse: false })
      assert.equal(error.code, 292)
      assert.ok(error.message.includes(message), error.message)
    }
    assert.deepEqual(files(), [])
  })

  test('the parameter decides for queries that do not say', async () => {
    const allow = (value: boolean) =>
      fixture.run({ setParameter: 1, allowDiskUseByDefault: value, $db: 'admin' })
    await allow(false)
    for (const command of [sort, leading, group]) {
      assert.equal((await fixture.failure(command)).code, 292)
      await fixture.run({ ...command, allowDiskUse: true })
    }
    await allow(true)
    await fixture.reopen()
    assert.deepEqual(files(), [])
  })

  test('a limit that fits needs no disk', async () => {
    const docs = await fixture.find({ ...sort, limit: 20, allowDiskUse: false })
    assert.equal(docs.length, 20)
  })
})

describe('files of a query', () => {
  const queries = [
    { find: 'c', sort: { n: 1 }, batchSize: 1 },
    { aggregate: 'c', pipeline: [{ $sort: { n: 1 } }], cursor: { batchSize: 1 } },
    {
      aggregate: 'c',
      pipeline: [{ $set: { extra: 1 } }, { $sort: { n: 1 } }],
      cursor: { batchSize: 1 },
    },
    { aggregate: 'c', pipeline: [{ $group: { _id: '$_id' } }], cursor: { batchSize: 1 } },
  ]

  for (const query of queries) {
    test(`are gone when its cursor was killed: ${JSON.stringify(query)}`, async () => {
      const { cursor } = await fixture.run(query)
      assert.ok(files().length > 0)
      await fixture.run({ killCursors: 'c', cursors: [cursor.id] })
      await allGone()
    })

    test(`are gone at its end, and when the engine closes: ${JSON.stringify(query)}`, async () => {
      let { cursor } = await fixture.run(query)
      while (cursor.id !== 0n) {
        cursor = (await fixture.run({ getMore: cursor.id, collection: 'c', batchSize: 700 })).cursor
      }
      await allGone()
      await limits(SMALL)
      await fixture.run(query)
      assert.ok(files().length > 0)
      await fixture.reopen()
      assert.deepEqual(files(), [])
    })
  }

  test('are gone when a stage behind fails', async () => {
    const pipeline = [
      { $set: { extra: 1 } },
      { $sort: { n: 1 } },
      { $project: { x: { $add: ['$pad', 1] } } },
    ]
    const error = await fixture.failure({ aggregate: 'c', pipeline, cursor: {} })
    assert.equal(error.codeName, 'TypeMismatch')
    await allGone()
  })

  test('that a crash has left are gone when the engine starts', async () => {
    await fixture.engine.close()
    mkdirSync(spillFolder(), { recursive: true })
    writeFileSync(join(spillFolder(), '7.tmp'), 'left over')
    await fixture.reopen()
    assert.deepEqual(files(), [])
  })
})
