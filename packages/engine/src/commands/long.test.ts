import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Decimal128, Double, encodeValue, type Value } from '@gantry/bson'
import { arg } from './args.js'

const cases: [value: Value, whole: number][] = [
  [7, 7],
  [8n, 8],
  [new Double(1.9), 1],
  [new Double(-1.9), -1],
  [Decimal128.fromString('1.5'), 2],
  [Decimal128.fromString('2.5'), 2],
  [Decimal128.fromString('0.5'), 0],
  [Decimal128.fromString('0.51'), 1],
  [Decimal128.fromString('-0.6'), -1],
  [new Double(Number.NaN), 0],
  [Decimal128.fromString('NaN'), 0],
  [new Double(Number.POSITIVE_INFINITY), 2 ** 63],
  [Decimal128.fromString('-Infinity'), -(2 ** 63)],
]

describe('numbers made whole', () => {
  for (const [value, whole] of cases) {
    test(`${value instanceof Double ? value.value : value} is ${whole}`, () => {
      // Minus zero counts as zero.
      assert.equal(arg.long.read(encodeValue(value), 'size') + 0, whole)
    })
  }
  test('refuses what is no number', () => {
    assert.throws(() => arg.long.read(encodeValue('1'), 'create.size'), {
      codeName: 'TypeMismatch',
    })
  })
})
