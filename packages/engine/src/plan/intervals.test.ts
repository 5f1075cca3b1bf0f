import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  encodeDocument,
  encodeValue,
  KeyWriter,
  Regex,
  type Value,
  type Writable,
} from '@gantry/bson'
import { parseFilter } from '../query/parse.js'
import {
  type Interval,
  includesMissing,
  intersect,
  intervalsOf,
  successor,
  union,
} from './intervals.js'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const interval = (low: string, high: string): Interval => ({ low: bytes(low), high: bytes(high) })
const text = ({ low, high }: Interval) => `${low.toString('latin1')}-${high.toString('latin1')}`

function condition(operand: Writable, descending = false): readonly Interval[] | undefined {
  const filter = encodeDocument({ a: operand })
  return intervalsOf(parseFilter(filter, 0), descending)
}

function keyOf(value: Value, descending = false): Buffer {
  const writer = new KeyWriter()
  writer.appendRaw(encodeValue(value), descending)
  return writer.copy()
}

function holds(intervals: readonly Interval[] | undefined, key: Buffer): boolean {
  if (!intervals) return true
  return intervals.some(({ low, high }) => low.compare(key) <= 0 && key.compare(high) < 0)
}

describe('intervals of a condition', () => {
  const cases: [string, Writable, readonly Value[], readonly Value[]][] = [
    ['an equality', 5, [5, 5n], [4, '5', null]],
    ['an equality to an array', [1, 2], [1, [1, 2]], [2, 3]],
    ['an equality to an empty array', [], [[], null], [1]],
    ['$gt', { $gt: 5 }, [6], [5, 4, 'a', null]],
    ['$gte', { $gte: 5 }, [5, 6], [4, 'a']],
    ['$lt', { $lt: 'b' }, ['', 'a'], ['b', 1, true]],
    ['$lte', { $lte: 'b' }, ['a', 'b'], ['ba', 1]],
    ['null', null, [null], [0, '']],
    ['$in', { $in: [1, 'x', null] }, [1, 'x', null], [2, 'y']],
    [
      '$in with a regular expression',
      { $in: [1, new Regex('^ab')] },
      [1, 'ab', 'abc'],
      [2, 'b', 'a'],
    ],
    ['a prefix', { $regex: '^ab' }, ['ab', 'abz'], ['a', 'ac', 1]],
    ['a prefix with a quantifier', { $regex: '^ab*' }, ['a', 'ab', 'ac'], ['b', 1]],
    ['a choice has no prefix', { $regex: '^ab|x' }, ['ab', 'x', 'q'], [1]],
    ['case does not matter', { $regex: '^ab', $options: 'i' }, ['AB', 'ab'], [1]],
    ['$type', { $type: ['number', 'bool'] }, [1, 2n, true], ['a', null]],
    ['$mod', { $mod: [2, 0] }, [2, 3], ['a']],
    ['$exists: false', { $exists: false }, [null], [1, '']],
    ['$elemMatch', { $elemMatch: { $gte: 1, $lt: 3 } }, [1, 2], [0, 3, 'a']],
    ['$elemMatch in $elemMatch', { $elemMatch: { $elemMatch: { $gt: 1 } } }, [[2], 0], []],
  ]
  for (const [name, operand, inside, outside] of cases) {
    for (const descending of [false, true]) {
      test(`${name}, ${descending ? 'descending' : 'ascending'}`, () => {
        const intervals = condition(operand, descending)
        for (const value of inside)
          assert.ok(holds(intervals, keyOf(value, descending)), String(value))
        for (const value of outside)
          assert.ok(!holds(intervals, keyOf(value, descending)), String(value))
      })
    }
  }

  for (const operand of [
    { $ne: 1 },
    { $exists: true },
    { $size: 1 },
    { $gt: [1] },
    { $type: 'array' },
  ]) {
    test(`${JSON.stringify(operand)} leaves everything`, () => {
      assert.equal(condition(operand), undefined)
    })
  }

  test('an $in of many values spans from the lowest to the highest', () => {
    for (const descending of [false, true]) {
      const many = Array.from({ length: 5000 }, (_, i) => (i * 7) % 5000)
      const intervals = condition({ $in: many }, descending)
      assert.equal(intervals?.length, 1)
      for (const inside of [0, 1, 4999]) assert.ok(holds(intervals, keyOf(inside, descending)))
      for (const outside of [-1, 5000]) assert.ok(!holds(intervals, keyOf(outside, descending)))
      const mixed = condition({ $in: [...many, null, [7000], new Regex('^a')] }, descending)
      for (const inside of [null, [7000], 7000, 'ab'])
        assert.ok(holds(mixed, keyOf(inside, descending)))
    }
  })

  test('whether a missing value is among them', () => {
    for (const operand of [null, { $in: [1, null] }, { $exists: false }, { $gte: null }]) {
      assert.ok(includesMissing(condition(operand) ?? [], false))
      assert.ok(includesMissing(condition(operand, true) ?? [], true))
    }
    for (const operand of [1, { $gt: 1 }, { $type: 'string' }]) {
      assert.ok(!includesMissing(condition(operand) ?? [], false))
    }
  })
})

describe('sets of intervals', () => {
  test('union sorts and joins what overlaps', () => {
    const joined = union([
      interval('m', 'p'),
      interval('a', 'c'),
      interval('b', 'd'),
      interval('n', 'o'),
    ])
    assert.deepEqual(joined.map(text), ['a-d', 'm-p'])
  })

  test('intersection keeps what is in both', () => {
    const both = intersect(
      [interval('a', 'c'), interval('e', 'k')],
      [interval('b', 'f'), interval('g', 'z')],
    )
    assert.deepEqual(both.map(text), ['b-c', 'e-f', 'g-k'])
    assert.deepEqual(intersect([interval('a', 'b')], [interval('b', 'c')]), [])
  })

  test('a successor is above all that starts with the bytes', () => {
    assert.equal(successor(bytes('ab')).toString('latin1'), 'ac')
    assert.equal(successor(bytes('a\xff\xff')).toString('latin1'), 'b')
    assert.equal(successor(bytes('\xff')).toString('latin1'), '\xff\xff')
  })
})
