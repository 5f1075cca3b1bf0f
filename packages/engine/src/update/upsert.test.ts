import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeDocument, encodeValue, RawValue, type Value, type Writable } from '@gantry/bson'
import { documentText } from '../element-text.js'
import { parseUpdate } from './parse.js'
import { upsertDocument } from './upsert.js'

type Fields = { readonly [key: string]: Writable }

const newId = 77
function upsert(equalities: readonly (readonly [string, Value])[], update: Fields): Buffer {
  return upsertDocument(
    parseUpdate(RawValue.document(encodeDocument(update))),
    equalities.map(([path, value]) => [path, encodeValue(value)]),
    { now: () => 0n },
    () => newId,
  )
}

describe('upsertDocument', () => {
  const cases: readonly (readonly [(readonly [string, Value])[], Fields, Fields])[] = [
    [[], { $set: { a: 1 } }, { _id: newId, a: 1 }],
    [[['_id', 5]], { $set: { a: 1 } }, { _id: 5, a: 1 }],
    [
      [
        ['b', 1],
        ['_id', 5],
      ],
      { $inc: { b: 2n } },
      { _id: 5, b: 3n },
    ],
    [
      [
        ['b.c', 1],
        ['b.d', 2],
      ],
      { $setOnInsert: { e: 1 } },
      { _id: newId, b: { c: 1, d: 2 }, e: 1 },
    ],
    [[], { $set: { a: 1, _id: 9 } }, { _id: 9, a: 1 }],
    [[['a', 1]], { b: 2 }, { _id: newId, b: 2 }],
    [
      [
        ['a', 1],
        ['_id', 4],
      ],
      { b: 2 },
      { _id: 4, b: 2 },
    ],
    [[['a', 1]], { b: 2, _id: 6 }, { _id: 6, b: 2 }],
    [[['a', 1]], { $unset: { a: 1 } }, { _id: newId }],
    [
      [
        ['_id.x', 1],
        ['_id.y', 2],
      ],
      { $set: {} },
      { _id: { x: 1, y: 2 } },
    ],
  ]
  for (const [equalities, update, expected] of cases) {
    const shown = documentText(encodeDocument(update), 0)
    const from = equalities.map(([path]) => path).join()
    test(`${shown} from (${from})`, () => {
      const document = upsert(equalities, update)
      assert.equal(documentText(document, 0), documentText(encodeDocument(expected), 0))
      assert.deepEqual(document, encodeDocument(expected))
    })
  }

  const failures: readonly (readonly [(readonly [string, Value])[], Fields, string])[] = [
    [[['_id', 1]], { $set: { _id: 2 } }, 'ImmutableField'],
    [[['_id', 1]], { _id: 2 }, 'ImmutableField'],
    [[['_id.a', 1]], { $setOnInsert: { '_id.b': 2 } }, 'ImmutableField'],
    [
      [
        ['a', 1],
        ['a', 2],
      ],
      { $set: { b: 2 } },
      'NotSingleValueField',
    ],
    [
      [
        ['a', 1],
        ['a.b', 2],
      ],
      { $set: { b: 2 } },
      'NotSingleValueField',
    ],
    [
      [
        ['a.b', 1],
        ['a', 2],
      ],
      { $set: { b: 2 } },
      'NotSingleValueField',
    ],
    [[['_id', [1]]], { $set: { b: 2 } }, 'InvalidIdField'],
  ]
  for (const [equalities, update, codeName] of failures) {
    test(`${documentText(encodeDocument(update), 0)}: ${codeName}`, () => {
      assert.throws(() => upsert(equalities, update), { codeName })
    })
  }
})
