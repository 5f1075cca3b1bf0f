import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as bson from 'bson'
import { decodeDocument } from './decode.js'
import { findElement } from './raw.js'
import { validateDocument } from './validate.js'
import { encodeDocument } from './writer.js'

const sample = bson.serialize({
  int: 1,
  double: new bson.Double(1),
  long: bson.Long.fromString('9007199254740993'),
  decimal: bson.Decimal128.fromString('1.10'),
  string: 'grüße\0😀',
  empty: '',
  ключ: { nested: [1, 'two', { three: null }] },
  10: 'ten',
  id: new bson.ObjectId('50876f83cb72593131000000'),
  date: new Date(1350873424334),
  old: new Date(-1),
  yes: true,
  no: false,
  nothing: null,
  regex: new bson.BSONRegExp('^a/b', 'ix'),
  binary: new bson.Binary(Buffer.from([1, 2, 3]), 5),
  timestamp: new bson.Timestamp({ t: 4294967295, i: 4294967294 }),
  code: new bson.Code('x'),
  scoped: new bson.Code('y', { z: 1 }),
  symbol: new bson.BSONSymbol('s'),
  min: new bson.MinKey(),
  max: new bson.MaxKey(),
})

describe('BSON', () => {
  test('decoding and encoding gives the same bytes', () => {
    const buf = Buffer.from(sample)
    assert.deepEqual(encodeDocument(decodeDocument(buf)), buf)
  })

  test('finds elements by name only', () => {
    const buf = Buffer.from(bson.serialize({ ab: 1, a: 2, abc: { a: 3 }, é: 4 }))
    const found = (name: string) => {
      const at = findElement(buf, 0, Buffer.from(name))
      return at === -1 ? undefined : buf.readInt32LE(at + Buffer.byteLength(name) + 2)
    }
    assert.deepEqual(['ab', 'a', 'é', 'b', '', 'abcd'].map(found), [
      1,
      2,
      4,
      undefined,
      undefined,
      undefined,
    ])
  })

  test('the sample is valid', () => {
    assert.equal(validateDocument(Buffer.from(sample)), undefined)
  })

  test('no cut, lengthened or bit-flipped document makes a reader leave the buffer', () => {
    const good = Buffer.from(sample)
    for (let length = 0; length < good.length; length++) {
      assert.equal(typeof validateDocument(good.subarray(0, length)), 'string', `cut at ${length}`)
    }
    assert.equal(typeof validateDocument(Buffer.concat([good, Buffer.from([0])])), 'string')
    let refused = 0
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = Buffer.from(good)
      bad[bit >> 3] ^= 1 << (bit & 7)
      if (validateDocument(bad) === undefined) encodeDocument(decodeDocument(bad))
      else refused++
    }
    assert.ok(refused > good.length)
  })

  test('nesting has a limit', () => {
    const nested = (levels: number) => {
      let value: Record<string, unknown> = {}
      for (let i = 1; i < levels; i++) value = { a: value }
      return Buffer.from(bson.serialize(value))
    }
    assert.equal(validateDocument(nested(180)), undefined)
    assert.match(String(validateDocument(nested(181))), /nested deeper/)
  })

  test('a number that is no int32 is refused rather than changed', () => {
    assert.throws(() => encodeDocument({ a: 1.5 }), /not an int32/)
    assert.throws(() => encodeDocument({ 'a\0b': 1 }), /null byte/)
  })

  test('no element has a name with a zero in it, whatever comes after the name', () => {
    const doc = Buffer.from(bson.serialize({ x: 'y', xy: 1 }))
    for (const name of ['x\0y', 'x\0', '\0x', '\0', 'x\0\x02']) {
      assert.equal(findElement(doc, 0, Buffer.from(name)), -1)
    }
  })
})
