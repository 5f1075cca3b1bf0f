import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeDocument, Regex, type Writable } from '@gantry/bson'
import { parseFilter } from './parse.js'
import { matchedPosition } from './positional.js'

type Doc = { readonly [key: string]: Writable }

const rows: [filter: Doc, doc: Doc, position: number | undefined][] = [
  [{ a: 2 }, { a: [1, 2, 2] }, 1],
  [{ a: 2 }, { a: 2 }, undefined],
  [{ a: 2 }, { a: [1] }, undefined],
  [{ a: [1, 2] }, { a: [1, 2] }, undefined],
  [{ a: { $gt: 1 } }, { a: [0, 5] }, 1],
  [{ a: { $in: [7, 5] } }, { a: [0, 5] }, 1],
  [{ a: new Regex('x') }, { a: ['y', 'x'] }, 1],
  [{ 'a.b': 2 }, { a: [{ b: 1 }, { b: 2 }] }, 1],
  [{ 'a.b': 2 }, { a: [{ b: 1 }, { b: [1, 2] }] }, 1],
  [{ 'a.b': 2 }, { a: { b: [1, 2] } }, 1],
  [{ 'a.b': null }, { a: [{ b: 1 }, {}] }, 1],
  [{ 'a.1': 5 }, { a: [0, 5] }, undefined],
  [{ 'a.0.b': 2 }, { a: [{ b: [1, 2] }] }, 1],
  [{ 'a.0.b': 2 }, { a: [{ b: 2 }] }, undefined],
  [{ a: { $elemMatch: { b: 2 } } }, { a: [{ b: 1 }, { b: 2 }] }, 1],
  [{ a: { $elemMatch: { $gt: 1, $lt: 3 } } }, { a: [5, 2] }, 1],
  [{ 'a.b': { $elemMatch: { c: 2 } } }, { a: { b: [{ c: 1 }, { c: 2 }] } }, 1],
  [{ 'a.b': { $elemMatch: { $eq: 2 } } }, { a: [{ b: [] }, { b: [9, 9, 2] }] }, 1],
  [{ a: 1, b: 2 }, { a: [1], b: [0, 2] }, 1],
  [{ a: 2, b: 2 }, { a: [0, 2], b: 2 }, 1],
  [{ a: 2, b: 3 }, { a: [0, 2], b: 2 }, undefined],
  [{ b: 2, a: 1 }, { a: [1], b: [0, 2] }, 1],
  [{ $and: [{ a: { $gt: 1 } }, { a: { $lt: 5 } }] }, { a: [1, 2, 3] }, 1],
  [{ $or: [{ a: 9 }, { b: 2 }] }, { a: [1], b: [0, 2] }, undefined],
  [{ $or: [{ a: 4 }, { a: 2 }] }, { a: [1, 2, 3, 4] }, 1],
  [{ $or: [{ a: 9 }, { a: 2 }] }, { a: [1, 2] }, 1],
  [{ a: { $all: [1, 2] } }, { a: [1, 2] }, 1],
  [{ a: { $ne: 5 } }, { a: [1, 2] }, undefined],
  [{ a: 2, b: { $ne: 1 } }, { a: [1, 2], b: [0] }, 1],
  [{}, { a: [1] }, undefined],
]

describe('matchedPosition', () => {
  for (const [filter, doc, position] of rows) {
    test(`${JSON.stringify(filter)} in ${JSON.stringify(doc)}`, () => {
      const find = matchedPosition(parseFilter(encodeDocument(filter), 0))
      assert.equal(find(encodeDocument(doc), 0), position)
    })
  }
})
