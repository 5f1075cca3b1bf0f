import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Decimal128, Double, encodeValue, MISSING, type Value } from '@gantry/bson'
import { hashValue } from './hashed-value.js'

function hashOf(value: Value): bigint {
  const { buf, type, at } = encodeValue(value)
  return hashValue(buf, type, at)
}

const same: [a: Value, b: Value][] = [
  [1, 1n],
  [1, new Double(1)],
  [1, Decimal128.fromString('1.000')],
  [1, new Double(1.9)],
  [-1, Decimal128.fromString('-1.9')],
  [0, new Double(Number.NaN)],
  [2n ** 63n - 1n, new Double(1e300)],
  [2n ** 63n - 1n, Decimal128.fromString('1E+6000')],
  [-(2n ** 63n), Decimal128.fromString('-Infinity')],
  [0, Decimal128.fromString('1E-6000')],
  [new Map([['a', 1]]), new Map([['a', 1n]])],
]

const different: [a: Value, b: Value][] = [
  [1, 2],
  [1, '1'],
  [null, 0],
  ['a', 'b'],
  [new Map([['a', 1]]), new Map([['b', 1]])],
  [new Map([['a', 1]]), [1]],
]

describe('hashes of values', () => {
  test('are those of MongoDB', () => assert.equal(hashOf('hello'), 5347277839332858538n))
  for (const [a, b] of same) {
    test(`are one for ${String(a)} and ${String(b)}`, () => assert.equal(hashOf(a), hashOf(b)))
  }
  for (const [a, b] of different) {
    test(`differ for ${String(a)} and ${String(b)}`, () => assert.notEqual(hashOf(a), hashOf(b)))
  }
  test('are one for null and nothing', () => {
    assert.equal(hashValue(Buffer.alloc(0), MISSING, 0), hashOf(null))
  })
})
