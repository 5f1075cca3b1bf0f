import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DateTime, Double, type Writable } from '@gantry/bson'
import { rawValue } from './cases.test.js'
import { parsePipeline } from './pipeline.js'
import { codeOf, doc, expectDocuments, type Plain, run } from './pipeline-cases.test.js'

const numbers: Plain[] = [
  { _id: 1, k: 'a', n: 5 },
  { _id: 2, k: 'b', n: 3 },
  { _id: 3, k: 'a', n: 1 },
  { _id: 4, k: 'c' },
]

/** Stages, documents, results, and documents of other collections. */
type StageCase = readonly [
  stages: readonly Plain[],
  documents: readonly Plain[],
  results: readonly Plain[],
  others?: Record<string, readonly Plain[]>,
]

const cases: Record<string, readonly StageCase[]> = {
  'single documents': [
    [
      [{ $match: { n: { $gt: 2 } } }, { $project: { n: 1 } }],
      numbers,
      [
        { _id: 1, n: 5 },
        { _id: 2, n: 3 },
      ],
    ],
    [[{ $match: { $expr: { $eq: ['$k', 'c'] } } }], numbers, [numbers[3]]],
    [
      [{ $set: { 'x.y': '$n' } }, { $unset: ['k', 'n'] }, { $limit: 1 }],
      numbers,
      [{ _id: 1, x: { y: 5 } }],
    ],
    [[{ $replaceRoot: { newRoot: { v: '$k' } } }, { $skip: 3 }], numbers, [{ v: 'c' }]],
    [[{ $replaceWith: '$a' }], [{ a: { b: 1 } }], [{ b: 1 }]],
    [
      [{ $redact: { $cond: [{ $eq: ['$l', 2] }, '$$PRUNE', '$$DESCEND'] } }],
      [{ l: 1, a: { l: 2 }, b: [{ l: 2 }, { l: 3 }, 4] }],
      [{ l: 1, b: [{ l: 3 }, 4] }],
    ],
    [[{ $documents: [{ a: 1 }, { a: { $add: [1, 1] } }] }], [], [{ a: 1 }, { a: 2 }]],
  ],
  unwinding: [
    [
      [{ $unwind: '$a' }],
      [{ _id: 1, a: [1, 2] }, { _id: 2, a: 3 }, { _id: 3, a: [] }, { _id: 4 }],
      [
        { _id: 1, a: 1 },
        { _id: 1, a: 2 },
        { _id: 2, a: 3 },
      ],
    ],
    [
      [{ $unwind: { path: '$a.b', preserveNullAndEmptyArrays: true, includeArrayIndex: 'i' } }],
      [
        { _id: 1, a: { b: ['x'], c: 1 } },
        { _id: 2, a: { b: [] } },
        { _id: 3, a: { b: null } },
      ],
      [
        { _id: 1, a: { b: 'x', c: 1 }, i: 0n },
        { _id: 2, a: {}, i: null },
        { _id: 3, a: { b: null }, i: null },
      ],
    ],
  ],
  grouping: [
    [
      [{ $group: { _id: '$k', n: { $sum: '$n' }, all: { $push: '$_id' } } }],
      numbers,
      [
        { _id: 'a', n: 6, all: [1, 3] },
        { _id: 'b', n: 3, all: [2] },
        { _id: 'c', n: 0, all: [4] },
      ],
    ],
    [
      [{ $group: { _id: null, avg: { $avg: '$n' }, min: { $min: '$n' }, max: { $max: '$k' } } }],
      numbers,
      [{ _id: null, avg: new Double(3), min: 1, max: 'c' }],
    ],
    [
      [{ $group: { _id: '$missing', top: { $topN: { n: 2, sortBy: { n: -1 }, output: '$n' } } } }],
      numbers,
      [{ _id: null, top: [5, 3] }],
    ],
    [[{ $count: 'n' }], numbers, [{ n: 4 }]],
    [[{ $count: 'n' }], [], []],
    [[{ $sortByCount: '$k' }, { $limit: 1 }], numbers, [{ _id: 'a', count: 2 }]],
    [
      [{ $bucket: { groupBy: '$n', boundaries: [0, 3, 6], default: 'none' } }],
      numbers,
      [
        { _id: 0, count: 1 },
        { _id: 3, count: 2 },
        { _id: 'none', count: 1 },
      ],
    ],
    [
      [{ $bucketAuto: { groupBy: '$_id', buckets: 2 } }],
      numbers,
      [
        { _id: { min: 1, max: 3 }, count: 2 },
        { _id: { min: 3, max: 4 }, count: 2 },
      ],
    ],
  ],
  order: [
    [
      [{ $sort: { k: 1, n: -1 } }, { $project: { k: 1 } }],
      numbers,
      [1, 3, 2, 4].map((_id) => ({ _id, k: numbers[_id - 1].k })),
    ],
    [
      [{ $group: { _id: '$n' } }, { $sort: { _id: -1 } }, { $skip: 1 }, { $limit: 2 }],
      numbers,
      [{ _id: 3 }, { _id: 1 }],
    ],
    [
      [{ $sort: { a: 1 } }],
      [{ a: [5, 1] }, { a: 2 }, { a: [] }, {}],
      [{ a: [] }, {}, { a: [5, 1] }, { a: 2 }],
    ],
  ],
  joining: [
    [
      [
        { $lookup: { from: 'o', localField: 'k', foreignField: 'x', as: 'r' } },
        { $match: { _id: { $gt: 2 } } },
      ],
      numbers,
      [
        {
          _id: 3,
          k: 'a',
          n: 1,
          r: [
            { _id: 7, x: 'a' },
            { _id: 8, x: ['a', 'b'] },
          ],
        },
        { _id: 4, k: 'c', r: [] },
      ],
      { o: [{ _id: 7, x: 'a' }, { _id: 8, x: ['a', 'b'] }, { _id: 9 }] },
    ],
    [
      [{ $lookup: { from: 'o', localField: 'k', foreignField: 'x', as: 'r' } }],
      [{ _id: 1 }],
      [{ _id: 1, r: [{ _id: 9 }, { _id: 10, x: null }] }],
      { o: [{ _id: 8, x: 1 }, { _id: 9 }, { _id: 10, x: null }] },
    ],
    [
      [{ $lookup: { from: 'o', localField: 'k', foreignField: 'indexed', as: 'a.r' } }],
      [{ _id: 1, k: [1, 2] }],
      [{ _id: 1, k: [1, 2], a: { r: [{ indexed: 2 }] } }],
      { o: [{ indexed: 2 }, { indexed: 3 }] },
    ],
    [
      [
        {
          $lookup: {
            from: 'o',
            let: { n: '$n' },
            pipeline: [{ $match: { $expr: { $lt: ['$y', '$$n'] } } }, { $project: { _id: 0 } }],
            as: 'r',
          },
        },
        { $project: { r: 1 } },
      ],
      numbers.slice(0, 2),
      [
        { _id: 1, r: [{ y: 3 }, { y: 4 }] },
        { _id: 2, r: [] },
      ],
      {
        o: [
          { _id: 1, y: 3 },
          { _id: 2, y: 4 },
        ],
      },
    ],
    [
      [{ $unionWith: { coll: 'o', pipeline: [{ $match: { y: 1 } }] } }, { $project: { _id: 0 } }],
      [{ _id: 1, a: 1 }],
      [{ a: 1 }, { y: 1 }],
      {
        o: [
          { _id: 2, y: 1 },
          { _id: 3, y: 2 },
        ],
      },
    ],
    [
      [
        {
          $graphLookup: {
            from: 'o',
            startWith: '$to',
            connectFromField: 'to',
            connectToField: '_id',
            as: 'r',
            depthField: 'd',
            maxDepth: 2,
          },
        },
      ],
      [{ _id: 0, to: 1 }],
      [
        {
          _id: 0,
          to: 1,
          r: [
            { _id: 1, to: 2, d: 0n },
            { _id: 2, to: [1, 3], d: 1n },
            { _id: 3, to: 4, d: 2n },
          ],
        },
      ],
      { o: [{ _id: 1, to: 2 }, { _id: 2, to: [1, 3] }, { _id: 3, to: 4 }, { _id: 4 }] },
    ],
    [
      [{ $facet: { n: [{ $count: 'n' }], top: [{ $sort: { n: -1 } }, { $limit: 1 }] } }],
      numbers,
      [{ n: [{ n: 4 }], top: [numbers[0]] }],
    ],
  ],
}

const series: Plain[] = [
  { _id: 1, g: 'a', x: 1, v: 10 },
  { _id: 2, g: 'a', x: 2 },
  { _id: 3, g: 'a', x: 4, v: 40 },
  { _id: 4, g: 'b', x: 1, v: 5 },
]

/** The field `r` of each result, by a window function over partitions by `g`. */
const windowed = (call: Plain, results: readonly Writable[]): StageCase => [
  [
    { $setWindowFields: { partitionBy: '$g', sortBy: { x: 1 }, output: { r: call } } },
    { $project: { r: 1 } },
  ],
  series,
  results.map((r, i) => ({ _id: i + 1, r })),
]

cases.windows = [
  windowed({ $sum: '$v' }, [50, 50, 50, 5]),
  windowed({ $sum: '$v', window: { documents: ['unbounded', 'current'] } }, [10, 10, 50, 5]),
  windowed({ $push: '$x', window: { documents: [-1, 1] } }, [[1, 2], [1, 2, 4], [2, 4], [1]]),
  windowed({ $push: '$x', window: { range: [-1, 0] } }, [[1], [1, 2], [4], [1]]),
  windowed({ $rank: {} }, [1, 2, 3, 1]),
  windowed({ $documentNumber: {} }, [1, 2, 3, 1]),
  windowed({ $shift: { output: '$x', by: 1, default: 0 } }, [2, 4, 0, 0]),
  windowed({ $locf: '$v' }, [10, 10, 40, 5]),
  windowed({ $linearFill: '$v' }, [10, new Double(20), 40, 5]),
  windowed({ $derivative: { input: '$x' }, window: { documents: [-1, 0] } }, [
    null,
    new Double(1),
    new Double(1),
    null,
  ]),
  windowed(
    { $integral: { input: '$v' } },
    [75, 75, 75, 0].map((area) => new Double(area)),
  ),
  windowed(
    { $expMovingAvg: { input: '$x', N: 1 } },
    [1, 2, 4, 1].map((x) => new Double(x)),
  ),
  windowed({ $covarianceSamp: ['$_id', '$_id'] }, [
    new Double(1),
    new Double(1),
    new Double(1),
    null,
  ]),
]

cases.filling = [
  [
    [
      { $fill: { partitionBy: '$g', sortBy: { x: 1 }, output: { v: { method: 'linear' } } } },
      { $match: { _id: 2 } },
    ],
    series,
    [{ _id: 2, g: 'a', x: 2, v: new Double(20) }],
  ],
  [
    [{ $fill: { output: { v: { value: '$x' } } } }, { $match: { _id: 2 } }],
    series,
    [{ _id: 2, g: 'a', x: 2, v: 2 }],
  ],
  [
    [
      { $densify: { field: 'x', partitionByFields: ['g'], range: { step: 1, bounds: 'full' } } },
      { $project: { g: 1, x: 1 } },
    ],
    series,
    [
      { _id: 1, g: 'a', x: 1 },
      { _id: 2, g: 'a', x: 2 },
      { g: 'a', x: 3 },
      { _id: 3, g: 'a', x: 4 },
      { _id: 4, g: 'b', x: 1 },
      { g: 'b', x: 2 },
      { g: 'b', x: 3 },
      { g: 'b', x: 4 },
    ],
  ],
  [
    [
      {
        $densify: {
          field: 'd',
          range: { step: 1, unit: 'month', bounds: [new DateTime(0n), new DateTime(5097600000n)] },
        },
      },
    ],
    [{ d: new DateTime(0n) }],
    [{ d: new DateTime(0n) }, { d: new DateTime(2678400000n) }],
  ],
]

function title(stages: readonly Plain[]): string {
  return JSON.stringify(stages, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
}

for (const [name, list] of Object.entries(cases)) {
  describe(name, () => {
    for (const [stages, documents, results, others] of list) {
      test(title(stages), () => expectDocuments(stages, documents, results, others))
    }
  })
}

describe('what is refused', () => {
  const refused: readonly [stages: readonly Plain[], code: number][] = [
    [[{ $nosuch: 1 }], 40324],
    [[{ $match: {}, $limit: 1 }], 40323],
    [[{ $out: 'x' }, { $match: {} }], 40601],
    [[{ $match: {} }, { $collStats: {} }], 40602],
    [[{ $facet: { a: [{ $out: 'x' }] } }], 40600],
    [[{ $lookup: { from: 'o', pipeline: [{ $out: 'x' }], as: 'r' } }], 51047],
    [[{ $limit: 0 }], 15958],
    [[{ $sort: {} }], 15976],
    [[{ $group: {} }], 15955],
    [[{ $group: { _id: 1, a: { $nosuch: 1 } } }], 15952],
    [[{ $unwind: 'a' }], 28818],
    [[{ $geoNear: {} }], 115],
    [
      [{ $setWindowFields: { output: { a: { $sum: 1, window: { documents: [-1, 0] } } } } }],
      5339901,
    ],
    [[{ $setWindowFields: { output: { a: { $rank: {} } } } }], 5371602],
    [[{ $densify: { field: 'a', range: { step: 0, bounds: 'full' } } }], 5733401],
    [[{ $bucket: { groupBy: '$a', boundaries: [2, 1] } }], 40194],
  ]
  for (const [stages, code] of refused) {
    test(JSON.stringify(stages), async () => assert.equal(await codeOf(stages, [{ a: 1 }]), code))
  }
})

describe('what leads a pipeline', () => {
  const parse = (stages: readonly Plain[]) =>
    parsePipeline(rawValue(stages), { db: 'test', collection: 'c' })

  test('filter, sort, skip and limit are split off', () => {
    const { leading, stages } = parse([
      { $match: { a: 1 } },
      { $sort: { b: 1 } },
      { $skip: 2 },
      { $limit: 3 },
    ])
    assert.equal(leading.filter.kind, 'eq')
    assert.deepEqual(
      leading.sort?.map((field) => field.dotted),
      ['b'],
    )
    assert.deepEqual([leading.limit, stages.map((stage) => stage.name)], [5, ['$skip', '$limit']])
  })

  test('a filter moves before stages that leave its fields alone', () => {
    const names = (stages: readonly Plain[]) => {
      const parsed = parse(stages)
      return [parsed.leading.filter.kind, ...parsed.stages.map((stage) => stage.name)]
    }
    assert.deepEqual(names([{ $set: { b: 1 } }, { $match: { a: 1 } }]), ['eq', '$set'])
    assert.deepEqual(names([{ $set: { a: 1 } }, { $match: { a: 1 } }]), [
      'alwaysTrue',
      '$set',
      '$match',
    ])
    assert.deepEqual(names([{ $unwind: '$b' }, { $match: { a: 1 } }]), ['eq', '$unwind'])
    assert.deepEqual(names([{ $limit: 1 }, { $match: { a: 1 } }]), ['alwaysTrue', '$match'])
  })
})

describe('writing', () => {
  test('$out hands over all documents, then commits', async () => {
    const log: string[] = []
    await run(
      [{ $out: 'x' }],
      numbers,
      {},
      {
        replace: (target) => ({
          write: async (docs) => void log.push(`${docs.length} to ${target.collection}`),
          commit: async () => void log.push('commit'),
          abort: () => void log.push('abort'),
        }),
      },
    )
    assert.deepEqual(log, ['4 to x', 'commit'])
  })

  test('$merge combines documents as it is told', async () => {
    const combined: unknown[] = []
    const into = (whenMatched: unknown) =>
      run(
        [{ $merge: { into: 'x', whenMatched: whenMatched as string } }],
        [{ _id: 1, a: 1 }],
        {},
        {
          merge: async (_target, rule, docs) => {
            const existing = Buffer.from(docs[0])
            combined.push(rule.whenMatched(existing, docs[0])?.length)
          },
        },
      )
    await into('merge')
    await into('keepExisting')
    await into([{ $set: { sum: { $add: ['$a', '$$new.a'] } } }])
    assert.equal(combined[1], undefined)
    assert.ok(Number(combined[2]) > Number(combined[0]))
  })
})

test('a sampled document is one of the documents', async () => {
  const found = await run([{ $sample: { size: 2 } }], numbers)
  assert.equal(found.length, 2)
  const all = numbers.map((plain) => JSON.stringify([...doc(plain)]))
  for (const sampled of found) assert.ok(all.includes(JSON.stringify([...sampled])))
})
