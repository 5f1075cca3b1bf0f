import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as bson from 'bson'
import { Double } from '../value.js'
import { encodeDocument, encodeValue } from '../writer.js'
import { parseJson } from './parse-json.js'
import { JsonWriter, printJson } from './print-json.js'

function print(value: unknown): string {
  const text = printJson(Buffer.from(bson.serialize({ v: value }, { ignoreUndefined: false })))
  return text.toString().slice('{"v":'.length, -1)
}

const oid = '50876f83cb72593131000000'

describe('one value of each type', () => {
  const cases: [unknown, string, changed?: 'changed'][] = [
    [new bson.Int32(0), '0'],
    [new bson.Int32(-2147483648), '-2147483648'],
    [new bson.Int32(2147483647), '2147483647'],
    [bson.Long.fromString('2147483648'), '2147483648'],
    [bson.Long.fromString('-4294967297'), '-4294967297'],
    [bson.Long.fromString('9007199254740991'), '9007199254740991'],
    [bson.Long.fromString('9007199254740993'), '9007199254740993'],
    [bson.Long.MIN_VALUE, '-9223372036854775808'],
    [bson.Long.MAX_VALUE, '9223372036854775807'],
    [bson.Long.fromNumber(5), '5', 'changed'],
    [new bson.Double(1), '1.0'],
    [new bson.Double(-0), '-0.0'],
    [new bson.Double(20224147456), '20224147456.0'],
    [new bson.Double(9007199254740992), '9007199254740992.0'],
    [new bson.Double(123456789012345680000), '123456789012345680000.0'],
    [new bson.Double(1e300), '1e+300'],
    [new bson.Double(1e21), '1e+21'],
    [new bson.Double(46.857142857142854), '46.857142857142854'],
    [new bson.Double(-97.7431), '-97.7431'],
    [new bson.Double(0.000001), '0.000001'],
    [new bson.Double(5e-324), '5e-324'],
    [new bson.Double(0.1 + 0.2), '0.30000000000000004'],
    [new bson.Double(999999999.000001), '999999999.000001'],
    [new bson.Double(Number.NaN), 'null', 'changed'],
    [new bson.Double(Infinity), 'null', 'changed'],
    [new bson.Double(-Infinity), 'null', 'changed'],
    ['', '""'],
    ['a"b\\c/\b\f\n\r\t\0\x1f\x7f', '"a\\"b\\\\c/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f"'],
    ['grüße €😀\u2028', '"grüße €😀\u2028"'],
    [true, 'true'],
    [false, 'false'],
    [null, 'null'],
    [undefined, 'null'],
    [{}, '{}'],
    [[], '[]'],
    [{ a: { b: [1, [], {}] } }, '{"a":{"b":[1,[],{}]}}'],
    [new bson.ObjectId(oid), `{"$oid":"${oid}"}`],
    [new Date(1350873424334), '{"$date":1350873424334}'],
    [new Date(-1), '{"$date":-1}'],
    [new bson.BSONRegExp('^a/"', 'ix'), '{"$regex":"^a/\\"","$options":"ix"}'],
    [new bson.BSONRegExp('^a', ''), '{"$regex":"^a","$options":""}'],
    [new bson.Timestamp({ t: 4294967295, i: 7 }), '{"t":4294967295,"i":7}', 'changed'],
    [new bson.MinKey(), '{"$minKey":1}'],
    [new bson.MaxKey(), '{"$maxKey":1}'],
    [new bson.Binary(Buffer.from([1, 2, 3])), '{"$binary":"AQID","$type":"00"}'],
    [new bson.Binary(Buffer.from([255, 255]), 2), '{"$binary":"//8=","$type":"02"}'],
    [new bson.Binary(Buffer.alloc(16), 3), `{"$binary":"${'A'.repeat(22)}==","$type":"03"}`],
    [new bson.Binary(Buffer.alloc(1), 4), '{"$binary":"AA==","$type":"04"}'],
    [new bson.Binary(Buffer.alloc(16, 0xab), 4), `{"$uuid":"${'ab'.repeat(16)}"}`],
    [new bson.Code('x'), '{"$code":"x"}'],
    [new bson.Code('x', { a: 1 }), '{"$code":"x","$scope":{"a":1}}'],
    [new bson.BSONSymbol('s'), '"s"', 'changed'],
    [bson.Decimal128.fromString('-1.10E+7'), '{"$numberDecimal":"-1.10E+7"}'],
  ]
  for (const [value, text, changed] of cases) {
    test(`${(value as object)?.constructor?.name} ${text}`, () => {
      assert.equal(print(value), text)
      JSON.parse(text)
      if (changed) return
      const doc = Buffer.from(bson.serialize({ v: value }, { ignoreUndefined: false }))
      assert.deepEqual(parseJson(printJson(doc)).buf, doc)
    })
  }

  test('undefined and DBPointer', () => {
    const undef = Buffer.from([10, 0, 0, 0, 6, 0x76, 0, 0x10, 0, 0]).subarray(0, 8)
    undef[0] = 8
    undef[7] = 0
    assert.equal(printJson(undef).toString(), '{"v":{"$undefined":true}}')
    const text = `{"v":{"$dbPointer":{"$ref":"d.c","$id":{"$oid":"${oid}"}}}}`
    const pointer = parseJson(Buffer.from(text))
    assert.equal(printJson(pointer.buf).toString(), `{"v":{"$ref":"d.c","$id":{"$oid":"${oid}"}}}`)
  })
})

describe('names and strings', () => {
  test('names are escaped, however long', () => {
    for (const name of ['', 'a"b', 'ключ', 'x'.repeat(127), 'x'.repeat(128), 'é\n'.repeat(5000)]) {
      const doc = { [name]: 1, [`${name}2`]: { [name]: 'v' } }
      assert.equal(printJson(encodeDocument(doc)).toString(), JSON.stringify(doc))
    }
  })

  test('long strings of what grows most', () => {
    for (const length of [1, 511, 512, 513, 5000, 300_000]) {
      const doc = { s: '\u0001'.repeat(length), t: '"é'.repeat(length) }
      assert.equal(printJson(encodeDocument(doc)).toString(), JSON.stringify(doc))
    }
  })

  test('what is not UTF-8 is replaced, and nothing else', () => {
    const doc = Buffer.from(encodeDocument({ a: 'xx', b: 'é' }))
    doc[doc.indexOf('xx')] = 0xff
    assert.equal(printJson(doc).toString(), '{"a":"\ufffdx","b":"é"}')
  })

  test('deep nesting and wide arrays', () => {
    let nested: unknown = 1
    for (let i = 0; i < 179; i++) nested = i % 2 ? [nested] : { a: nested }
    const doc = { nested, wide: Array.from({ length: 20_000 }, (_, i) => (i % 3 ? null : '')) }
    assert.equal(printJson(Buffer.from(bson.serialize(doc))).toString(), JSON.stringify(doc))
  })
})

test('doubles at random print as they do in JavaScript', () => {
  let state = 7
  const bytes = Buffer.alloc(8)
  for (let i = 0; i < 50_000; i++) {
    for (let k = 0; k < 8; k++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0
      bytes[k] = state >>> 24
    }
    const double = bytes.readDoubleLE(0)
    const places = Number(((bytes.readInt32LE(0) / 1000) * 3).toFixed(i % 9))
    for (const value of [double, places]) {
      if (!Number.isFinite(value) || Number.isInteger(value)) continue
      const raw = encodeValue(new Double(value))
      assert.equal(printJson(raw.buf, raw.at, raw.type).toString(), String(value))
    }
  }
})

test('a writer puts text and documents behind each other', () => {
  const writer = new JsonWriter(16)
  const one = parseJson(Buffer.from('{"a":1.0}'))
  writer.text('{"größe":[')
  writer.document(one.buf)
  writer.text(',')
  writer.value(one.buf, 1, 7)
  writer.text(']}')
  assert.equal(writer.length, 27)
  assert.equal(writer.take().toString(), '{"größe":[{"a":1.0},1.0]}')
  assert.equal(writer.length, 0)
})

test('no step writes past the buffer, wherever the buffer ends', () => {
  const values = '[1,1.5,true,null,-9223372036854775808,{"$date":-1},"é\\u0001",[[{"":{}}]]'
  const forms = `{"$oid":"${oid}"},{"$uuid":"${'ab'.repeat(16)}"},{"$binary":"AQID","$type":"00"}`
  const rare =
    '{"$code":"x","$scope":{"a":1}},{"$numberDecimal":"1.10"},{"$regex":"a","$options":"i"}]'
  const text = `{"v":${values},${forms},${rare},"${'n'.repeat(200)}":{"$minKey":1}}`
  const { buf } = parseJson(Buffer.from(text))
  for (let capacity = 1; capacity < 1200; capacity++) {
    const writer = new JsonWriter(capacity)
    writer.document(buf)
    assert.equal(writer.take().toString(), text)
  }
})
