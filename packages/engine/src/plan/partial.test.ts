import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Double, encodeDocument, MinKey, type Writable } from '@gantry/bson'
import { createIndex } from '../catalog/index-definition.js'
import { parseFilter } from '../query/parse.js'
import { conditionsOf } from './conditions.js'
import { coversAll } from './partial.js'

type Fields = Record<string, Writable>

/** Whether an index with a partial filter may answer a query. */
function covers(partial: Fields, query: Fields): boolean {
  const spec = new Map([['key', new Map([['x', 1]])]])
  const state = { id: 1, building: false, multikey: 0, truncated: false, size: 0 }
  const index = {
    ...createIndex(new Map<string, never>(spec as never), state),
    partialFilter: parseFilter(encodeDocument(partial), 0),
  }
  return coversAll(index, conditionsOf(parseFilter(encodeDocument(query), 0)))
}

const NaN_ = new Double(Number.NaN)

describe('a partial index', () => {
  const yes: [Fields, Fields][] = [
    [{ a: { $gt: 5 } }, { a: { $gt: 5 } }],
    [{ a: { $gt: 5 } }, { a: 6, b: 1 }],
    [{ a: { $gte: 5 } }, { a: { $gt: 5 } }],
    [{ a: { $lt: 5 } }, { a: { $in: [1, 2] } }],
    [{ a: { $exists: true } }, { a: 'x' }],
    [{ a: { $exists: true } }, { a: { $gt: 1 } }],
    [{ a: { $type: ['string', 'symbol'] } }, { a: 'x' }],
    [{ a: { $type: 'string' } }, { a: { $type: 'string' } }],
    [{ a: { $type: 'number' } }, { a: 1 }],
    [{ a: null }, { a: null }],
    [
      { a: 1, b: 2 },
      { a: 1, b: 2, c: 3 },
    ],
    [{ $or: [{ a: 1 }, { b: { $lt: 3 } }] }, { b: 2 }],
    [{ a: { $in: [1, 2] } }, { a: 2 }],
    [{}, { z: 1 }],
    [{ 'l.x': { $gt: 1 } }, { l: { $elemMatch: { x: 2 } } }],
    [{ a: NaN_ }, { a: NaN_ }],
  ]
  const no: [Fields, Fields][] = [
    [{ a: { $gt: 5 } }, { a: { $gte: 5 } }],
    [{ a: { $gt: 5 } }, { a: { $lt: 9 } }],
    [{ a: { $gt: 5 } }, { a: 'x' }],
    [{ a: { $lt: 5 } }, { a: { $in: [1, 7] } }],
    [{ a: { $exists: true } }, { a: null }],
    [{ a: { $exists: true } }, { a: { $gte: new MinKey() } }],
    [{ a: { $exists: true } }, { a: { $in: [1, null] } }],
    [{ a: { $exists: true } }, { a: { $ne: 1 } }],
    [{ a: { $type: 'int' } }, { a: 1 }],
    [{ a: { $type: 'null' } }, { a: null }],
    // A symbol equals a string.
    [{ a: { $type: 'string' } }, { a: 'x' }],
    [{ a: { $type: 'string' } }, { a: { $type: ['string', 'int'] } }],
    [{ a: { $lt: 5 } }, { a: NaN_ }],
    [{ a: { $lt: 5 } }, { a: { $lte: NaN_ } }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [{ a: 1 }, { $or: [{ a: 1 }, { b: 1 }] }],
    [{ a: 1 }, {}],
  ]
  for (const [expected, pairs] of [
    [true, yes],
    [false, no],
  ] as const) {
    for (const [partial, query] of pairs) {
      const name = `${JSON.stringify(partial)} ${expected ? 'serves' : 'does not serve'} ${JSON.stringify(query)}`
      test(name, () => assert.equal(covers(partial, query), expected))
    }
  }
})
