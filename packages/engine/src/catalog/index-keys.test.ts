import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Doc,
  encodeDocument,
  encodeValue,
  KeyWriter,
  Undefined,
  type Value,
  type Writable,
} from '@gantry/bson'
import { compileKeys, indexField } from './index-keys.js'

const PREFIX = 7

type Fields = Record<string, Writable>

function keysOf(pattern: Record<string, number>, fields: Fields) {
  const make = compileKeys(
    Object.entries(pattern).map(([name, direction]) => indexField(name, direction)),
  )
  const keys: string[] = []
  const facts = make(encodeDocument(fields), 0, PREFIX, (key) =>
    keys.push(key.bytes().toString('hex')),
  )
  return { keys, ...facts }
}

function key(pattern: Record<string, number>, values: readonly Value[]): string {
  const writer = new KeyWriter()
  writer.uint32(PREFIX)
  const directions = Object.values(pattern)
  for (const [i, value] of values.entries()) writer.appendRaw(encodeValue(value), directions[i] < 0)
  return writer.bytes().toString('hex')
}

const doc = (fields: Record<string, Value>): Doc => new Map(Object.entries(fields))
const none = new Undefined()

describe('keys of a document', () => {
  const cases: [string, Record<string, number>, Fields, Value[][], number][] = [
    ['a field', { a: 1 }, { a: 5 }, [[5]], 0],
    ['a missing field counts as null', { a: 1 }, { b: 5 }, [[null]], 0],
    ['a descending field', { a: -1 }, { a: 'x' }, [['x']], 0],
    ['two fields', { a: 1, b: -1 }, { a: 1, b: 'x' }, [[1, 'x']], 0],
    ['an array', { a: 1 }, { a: [1, 2] }, [[1], [2]], 1],
    ['equal elements give one key', { a: 1 }, { a: [1, 1n, 1] }, [[1]], 1],
    ['an empty array counts as undefined', { a: 1 }, { a: [] }, [[none]], 1],
    ['an array in an array is a value', { a: 1 }, { a: [[1, 2], 3] }, [[[1, 2]], [3]], 1],
    ['a path through documents', { 'a.b': 1 }, { a: { b: 1 } }, [[1]], 0],
    ['a path that ends early', { 'a.b': 1 }, { a: 1 }, [[null]], 0],
    [
      'a path through an array',
      { 'a.b': 1 },
      { a: [{ b: 1 }, { b: 2 }, { c: 3 }, 4] },
      [[1], [2], [null]],
      1,
    ],
    [
      'a path through two arrays',
      { 'a.b': 1 },
      { a: [{ b: [1, 2] }, { b: 3 }] },
      [[1], [2], [3]],
      1,
    ],
    ['a path through an empty array', { 'a.b': 1 }, { a: [] }, [[null]], 1],
    ['a position', { 'a.0': 1 }, { a: [5, 6] }, [[5]], 0],
    ['a position behind the end', { 'a.5': 1 }, { a: [5, 6] }, [[null]], 1],
    ['a position that is a field', { 'a.0': 1 }, { a: { '0': 5 } }, [[5]], 0],
    [
      'an array beside a value',
      { a: 1, b: 1 },
      { a: [1, 2], b: 'x' },
      [
        [1, 'x'],
        [2, 'x'],
      ],
      1,
    ],
    [
      'two fields of one array',
      { 'a.x': 1, 'a.y': 1 },
      { a: [{ x: 1, y: 2 }, { x: 3 }] },
      [
        [1, 2],
        [3, null],
      ],
      3,
    ],
    ['a document', { a: 1 }, { a: { b: 1 } }, [[doc({ b: 1 })]], 0],
  ]
  for (const [name, pattern, fields, expected, multikey] of cases) {
    test(name, () => {
      const made = keysOf(pattern, fields)
      assert.deepEqual(
        made.keys,
        expected.map((values) => key(pattern, values)),
      )
      assert.equal(made.multikey, multikey)
    })
  }

  test('whether any field is there', () => {
    assert.equal(keysOf({ a: 1, b: 1 }, { c: 1 }).allMissing, true)
    assert.equal(keysOf({ a: 1, b: 1 }, { b: null }).allMissing, false)
    assert.equal(keysOf({ a: 1 }, { a: [] }).allMissing, false)
  })

  test('two arrays cannot be in one key', () => {
    assert.throws(() => keysOf({ a: 1, b: 1 }, { a: [1], b: [1] }), { code: 171 })
    assert.throws(() => keysOf({ a: 1, b: 1 }, { a: [], b: [1] }), { code: 171 })
  })

  test('a number cannot mean a position and a field at once', () => {
    assert.throws(() => keysOf({ 'a.0': 1 }, { a: [{ '0': 1 }] }), { code: 16746 })
  })
})
