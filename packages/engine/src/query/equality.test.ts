import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeValue, encodeDocument, type Value, type Writable } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { equalities } from './equality.js'
import { parseFilter } from './parse.js'

type Doc = { readonly [key: string]: Writable }

const found = (filter: Doc): [string, Value][] =>
  equalities(parseFilter(encodeDocument(filter), 0)).map(([path, { buf, type, at }]) => [
    path,
    decodeValue(buf, type, at),
  ])

describe('equalities', () => {
  const rows: [filter: Doc, fields: [string, Value][]][] = [
    [{}, []],
    [
      { a: 1, 'b.c': 'x' },
      [
        ['a', 1],
        ['b.c', 'x'],
      ],
    ],
    [{ a: { $eq: 1 }, b: { $gt: 1 } }, [['a', 1]]],
    [
      { $and: [{ a: 1 }, { $and: [{ b: 2 }] }] },
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
    [{ $or: [{ a: 1 }] }, [['a', 1]]],
    [{ $or: [{ a: 1 }, { b: 1 }] }, []],
    [{ a: { $in: [1] }, b: { $in: [1, 2] } }, [['a', 1]]],
    [{ a: { $all: [1] } }, [['a', 1]]],
    [{ a: { $ne: 1 }, $nor: [{ b: 1 }] }, []],
    [{ a: { $elemMatch: { b: 1 } } }, []],
    [
      { a: null, b: [1] },
      [
        ['a', null],
        ['b', [1]],
      ],
    ],
    [
      { a: 1, ab: 2 },
      [
        ['a', 1],
        ['ab', 2],
      ],
    ],
  ]
  for (const [filter, fields] of rows) {
    test(JSON.stringify(filter), () => assert.deepEqual(found(filter), fields))
  }

  const conflicts: [filter: Doc, message: RegExp][] = [
    [{ $and: [{ a: 1 }, { a: 2 }] }, /path 'a' is matched twice$/],
    [{ a: { $all: [1, 2] } }, /path 'a' is matched twice$/],
    [{ a: 1, 'a.b': 2 }, /both paths 'a\.b' and 'a' are matched$/],
    [{ 'a.b': 1, a: 2 }, /both paths 'a\.b' and 'a' are matched$/],
  ]
  for (const [filter, message] of conflicts) {
    test(`refuses ${JSON.stringify(filter)}`, () => {
      assert.throws(
        () => found(filter),
        (error) =>
          error instanceof CommandError && error.code === 54 && message.test(error.message),
      )
    })
  }
})
