import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JsonObject } from './json.js'
import { type IndexKey, indexFor, serves, shapeOf } from './query-shape.js'
import { readProfiled, readSlowLine, type SlowOperation } from './slow-operation.js'
import { suggestIndexes } from './suggestions.js'

const slow = (changes: Partial<SlowOperation> = {}): SlowOperation => ({
  namespace: 'shop.people',
  endedMs: 1,
  millis: 100,
  returned: 1,
  docsExamined: 1000,
  sorted: false,
  command: 'find',
  filter: {},
  sort: {},
  line: '',
  ...changes,
})

const keyOf = (filter: JsonObject, sort: JsonObject = {}) =>
  indexFor(shapeOf({ filter, sort }))
    .map(([field, way]) => (way === 1 ? field : `-${field}`))
    .join(' ')

describe('indexes for queries', () => {
  for (const [what, filter, sort, expected] of [
    ['equality', { b: 1, a: 'x' }, {}, 'a b'],
    ['equality, order, range', { age: { $gt: 3 }, city: 'x' }, { name: -1 }, 'city -name age'],
    ['one of several values', { a: { $in: [1, 2] }, b: { $lt: 1, $gte: 0 } }, {}, 'a b'],
    ['a field that is in order and within a range', { a: { $gt: 1 } }, { a: -1 }, '-a'],
    ['a field of one value is in order anyway', { a: 1 }, { a: 1, b: 1 }, 'a b'],
    ['conditions that all hold', { $and: [{ a: 1 }, { b: { $gt: 1 } }, { c: 2 }] }, {}, 'a c b'],
    [
      'values that look like operators',
      { a: { $oid: '0'.repeat(24) }, b: { $date: 1 } },
      {},
      'a b',
    ],
    ['bytes', { a: { $binary: 'AA==', $type: '00' } }, {}, 'a'],
    ['a type', { a: { $type: 'string' }, b: 1 }, {}, 'b a'],
    ['a pattern', { a: { $regex: '^x', $options: 'i' }, b: { $ne: 1 } }, {}, 'a b'],
    ['elements of an array', { a: { $elemMatch: { x: 1, y: { $gt: 2 } } } }, {}, 'a.x a.y'],
    ['elements of an array by value', { a: { $elemMatch: { $gt: 2 } } }, {}, 'a'],
    ['an object is a value', { a: { x: 1 } }, {}, 'a'],
    ['alternatives are no matter of one index', { $or: [{ a: 1 }, { b: 2 }] }, {}, ''],
    ['a text search has an index of its own', { $text: { $search: 'x' }, a: 1 }, {}, 'a'],
    ['order alone', {}, { a: 1, b: -1 }, 'a -b'],
    ['an order by relevance', { a: 1 }, { score: { $meta: 'textScore' } }, 'a'],
  ] as const) {
    test(what, () => assert.equal(keyOf(filter, sort), expected))
  }

  test('are not needed where one serves as well', () => {
    const shape = shapeOf({ filter: { a: 1, b: 2, d: { $gt: 1 } }, sort: { c: -1 } })
    const index = (text: string): IndexKey =>
      text.split(' ').map((field) => (field[0] === '-' ? [field.slice(1), -1] : [field, 1]))
    for (const good of ['a b -c d', 'b a -c d', '-a b c d', 'a b -c d e']) {
      assert.ok(serves(index(good), shape), good)
    }
    for (const bad of ['a -c d', 'a b d -c', 'a b -c', 'x a b -c d', 'a b', '-c a b d']) {
      assert.ok(!serves(index(bad), shape), bad)
    }
    const ordered = shapeOf({ filter: {}, sort: { a: 1, b: -1 } })
    assert.ok(serves(index('-a b'), ordered))
    assert.ok(!serves(index('a b'), ordered))
  })
})

describe('suggestions of indexes', () => {
  test('are weighed by the time they would save, the best first', () => {
    const operations = [
      slow({ filter: { a: 1 }, millis: 300 }),
      slow({ filter: { a: 2 }, millis: 300, returned: 500 }),
      slow({ filter: { b: 1 }, millis: 400, docsExamined: 100, returned: 99 }),
    ]
    const [first, second, ...more] = suggestIndexes(operations, () => [])
    assert.deepEqual(more, [])
    assert.deepEqual(first.key, [['a', 1]])
    assert.equal(first.shapes[0].operations.length, 2)
    assert.equal(first.shapes[0].averageMs, 300)
    assert.equal(first.shapes[0].inefficiency, Math.round(2000 / 501))
    assert.equal(first.weight.toFixed(2), ((300 * 0.999 + 300 * 0.5) / 10).toFixed(2))
    assert.equal(second.weight.toFixed(2), '0.40')
  })

  test('are not made for what reads no more than it returns, unless it sorts by itself', () => {
    const whole = slow({ filter: { a: 1 }, docsExamined: 5, returned: 5 })
    assert.deepEqual(
      suggestIndexes([whole], () => []),
      [],
    )
    const sorted = slow({ sort: { a: 1 }, docsExamined: 5, returned: 5, sorted: true })
    assert.deepEqual(suggestIndexes([sorted], () => [])[0].key, [['a', 1]])
    assert.deepEqual(
      suggestIndexes([sorted], () => [[['a', 1]]]),
      [],
    )
    assert.deepEqual(
      suggestIndexes([slow()], () => []),
      [],
      'who wants everything reads everything',
    )
  })

  test('that begin alike are one', () => {
    const operations = [
      slow({ filter: { a: 1 } }),
      slow({ filter: { a: 1, b: { $gt: 2 } } }),
      slow({ filter: { a: 1 }, namespace: 'shop.other' }),
    ]
    const suggested = suggestIndexes(operations, () => [])
    const shown = suggested.map(({ namespace, key, shapes }) => [
      namespace,
      key.length,
      shapes.length,
    ])
    assert.deepEqual(shown.sort(), [
      ['shop.other', 1, 1],
      ['shop.people', 2, 2],
    ])
  })
})

describe('what processes tell of slow operations', () => {
  const line = (attr: object, msg = 'Slow query') =>
    JSON.stringify({ t: { $date: '2026-01-05T12:00:00.500+00:00' }, s: 'I', msg, attr })

  test('is read from lines of their log', () => {
    const attr = {
      ns: 'shop.people',
      command: { find: 'people', filter: { a: 1 }, sort: { b: 1 }, $db: 'shop' },
      docsExamined: 10,
      nreturned: 2,
      hasSortStage: true,
      durationMillis: 123,
    }
    assert.deepEqual(readSlowLine(line(attr)), {
      namespace: 'shop.people',
      endedMs: Date.UTC(2026, 0, 5, 12, 0, 0, 500),
      millis: 123,
      returned: 2,
      docsExamined: 10,
      sorted: true,
      command: 'find',
      filter: { a: 1 },
      sort: { b: 1 },
      line: line(attr),
    })
    for (const other of [
      '',
      'Slow query',
      '"Slow query"',
      line(attr, 'Slow query?'),
      '{"msg":1}',
    ]) {
      assert.equal(readSlowLine(other), undefined, other)
    }
    for (const ns of ['admin.x', 'local.oplog.rs', 'shop.system.profile', 'shop.$cmd', 'shop']) {
      assert.equal(readSlowLine(line({ ...attr, ns })), undefined, ns)
    }
  })

  for (const [command, name, filter, sort] of [
    [{ count: 'c', query: { a: 1 } }, 'count', { a: 1 }, {}],
    [{ findAndModify: 'c', query: { a: 1 }, sort: { b: 1 } }, 'findAndModify', { a: 1 }, { b: 1 }],
    [{ update: 'c', updates: [{ q: { a: 1 }, u: {} }] }, 'update', { a: 1 }, {}],
    [{ update: 'c', updates: [{ q: { a: 1 } }, { q: { b: 1 } }] }, 'update', {}, {}],
    [{ delete: 'c', deletes: [{ q: { a: 1 }, limit: 0 }] }, 'delete', { a: 1 }, {}],
    [{ q: { a: 1 }, u: { $set: { b: 1 } } }, 'update', { a: 1 }, {}],
    [{ q: { a: 1 }, limit: 1 }, 'delete', { a: 1 }, {}],
    [
      { aggregate: 'c', pipeline: [{ $match: { a: 1 } }, { $sort: { b: 1 } }] },
      'aggregate',
      { a: 1 },
      { b: 1 },
    ],
    [{ aggregate: 'c', pipeline: [{ $sort: { b: 1 } }] }, 'aggregate', {}, { b: 1 }],
    [{ aggregate: 'c', pipeline: [{ $group: { _id: 1 } }] }, 'aggregate', {}, {}],
    [{ $truncated: '{ find…' }, '$truncated', {}, {}],
  ] as const) {
    test(`is read of ${JSON.stringify(command)}`, () => {
      const doc = { ns: 'shop.c', ts: { $date: 1000 }, millis: 5, command }
      const read = readProfiled(JSON.stringify(doc))
      assert.deepEqual([read?.command, read?.filter, read?.sort], [name, filter, sort])
      assert.equal(read?.endedMs, 1000)
    })
  }

  test('a cursor that goes on is what it was opened with', () => {
    const attr = {
      ns: 'shop.c',
      command: { getMore: 1, collection: 'c' },
      originatingCommand: { find: 'c', filter: { a: 1 } },
    }
    assert.deepEqual(readSlowLine(line(attr))?.filter, { a: 1 })
  })
})
