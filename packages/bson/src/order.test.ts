import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compareValues } from './compare.js'
import { KeyWriter } from './key.js'
import {
  Binary,
  BsonSymbol,
  Code,
  DateTime,
  DBPointer,
  Decimal128,
  Double,
  MaxKey,
  MinKey,
  ObjectId,
  Regex,
  Timestamp,
  type Value,
} from './value.js'
import { encodeValue } from './writer.js'

const d = (value: number) => new Double(value)
const dec = (text: string) => Decimal128.fromString(text)
const doc = (...entries: [string, Value][]) => new Map<string, Value>(entries)

/** Groups of equal values, in MongoDB's order. */
const ordered: Value[][] = [
  [new MinKey()],
  [null],
  [d(Number.NaN), dec('NaN')],
  [d(-Infinity), dec('-Infinity')],
  [dec('-1E+6000')],
  [d(-1e300)],
  [-(2n ** 63n), d(-(2 ** 63))],
  [-(2n ** 62n) - 1n, dec('-4611686018427387905')],
  [-(2n ** 62n)],
  [-2, d(-2), -2n, dec('-2'), dec('-2.000')],
  [dec('-1E-6000')],
  [0, d(0), d(-0), 0n, dec('0'), dec('-0E+5')],
  [d(Number.MIN_VALUE)],
  [dec('0.1')],
  [d(0.1)],
  [d(0.5), dec('0.50')],
  [1, 1n, d(1), dec('1')],
  [d(1.5)],
  [2 ** 31 - 1, d(2 ** 31 - 1)],
  [2n ** 53n, d(2 ** 53)],
  [2n ** 53n + 1n, dec('9007199254740993')],
  [dec('9007199254740993.5')],
  [2n ** 53n + 2n],
  [2n ** 63n - 1n],
  [d(2 ** 63), dec('9223372036854775808')],
  [d(Number.MAX_VALUE)],
  [dec('1E+6000')],
  [dec('2E+6000')],
  [d(Infinity), dec('Infinity')],
  ['', new BsonSymbol('')],
  ['\0'],
  ['\0\0'],
  ['\0a'],
  ['\u0001'],
  ['a', new BsonSymbol('a')],
  ['a\0'],
  ['a\u0001'],
  ['ab'],
  ['b'],
  ['é'],
  ['\uffee'],
  ['😀'],
  [doc()],
  [doc(['a', 1]), doc(['a', d(1)])],
  [doc(['a', 1], ['b', 1])],
  [doc(['a', 2])],
  [doc(['b', 1])],
  [doc(['a', 'x'])],
  [[]],
  [[1], [1n]],
  [[1, 1]],
  [[1, 'a']],
  [[2]],
  [['a']],
  [[[]]],
  [new Binary(Buffer.alloc(0))],
  [new Binary(Buffer.from([2]), 0)],
  [new Binary(Buffer.from([1]), 5)],
  [new Binary(Buffer.from([0, 0]))],
  [new ObjectId('000000000000000000000001')],
  [new ObjectId('ff0000000000000000000000')],
  [false],
  [true],
  [new DateTime(-(2n ** 63n))],
  [new DateTime(-1n)],
  [new DateTime(0n)],
  [new DateTime(2n ** 63n - 1n)],
  [new Timestamp(1, 4294967295)],
  [new Timestamp(4294967295, 0)],
  [new Regex('a', 'i')],
  [new Regex('a', 'm')],
  [new Regex('b')],
  [new DBPointer('a', new ObjectId('000000000000000000000001'))],
  [new Code('a')],
  [new Code('a', doc(['x', 1]))],
  [new MaxKey()],
]

const writer = new KeyWriter()
function keyOf(value: Value, descending = false): Buffer {
  writer.reset().appendRaw(encodeValue(value), descending)
  return writer.copy()
}

const flat = ordered.flatMap((group, rank) => group.map((value) => ({ rank, value })))

describe('order of values', () => {
  test('compareValues gives the documented order', () => {
    for (const a of flat) {
      for (const b of flat) {
        const order = Math.sign(compareValues(a.value, b.value))
        assert.equal(order, Math.sign(a.rank - b.rank), `${show(a.value)} and ${show(b.value)}`)
      }
    }
  })

  test('keys sort as the values, equal values have equal keys', () => {
    for (const a of flat) {
      for (const b of flat) {
        const order = Buffer.compare(keyOf(a.value), keyOf(b.value))
        assert.equal(order, Math.sign(a.rank - b.rank), `${show(a.value)} and ${show(b.value)}`)
      }
    }
  })

  test('descending keys sort the other way round, also followed by more', () => {
    for (const a of flat) {
      for (const b of flat) {
        const left = Buffer.concat([keyOf(a.value, true), Buffer.from([0xff])])
        const right = Buffer.concat([keyOf(b.value, true), Buffer.from([0x00])])
        const order = Buffer.compare(left, right)
        assert.equal(
          order,
          Math.sign(b.rank - a.rank) || 1,
          `${show(a.value)} and ${show(b.value)}`,
        )
      }
    }
  })
})

function show(value: Value): string {
  return `${value?.constructor.name} ${String(value)}`
}
