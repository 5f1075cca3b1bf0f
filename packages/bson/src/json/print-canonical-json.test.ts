import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Binary,
  BsonSymbol,
  Code,
  DateTime,
  DBPointer,
  Decimal128,
  Double,
  decodeValue,
  encodeValue,
  MaxKey,
  MinKey,
  ObjectId,
  parseJson,
  printCanonicalJson,
  Regex,
  Timestamp,
  Undefined,
  type Value,
} from '../index.js'

const id = new ObjectId('50876f83cb72593131000000')

/** Each type, and its canonical form as the specification of extended JSON gives it. */
const cases: readonly (readonly [Value, string])[] = [
  [null, 'null'],
  [true, 'true'],
  ['a"b\\ü', '"a\\"b\\\\ü"'],
  [5, '{"$numberInt":"5"}'],
  [-5n, '{"$numberLong":"-5"}'],
  [new Double(3), '{"$numberDouble":"3.0"}'],
  [new Double(-0), '{"$numberDouble":"-0.0"}'],
  [new Double(1e300), '{"$numberDouble":"1E+300"}'],
  [new Double(Number.NEGATIVE_INFINITY), '{"$numberDouble":"-Infinity"}'],
  [Decimal128.fromString('1.10'), '{"$numberDecimal":"1.10"}'],
  [id, '{"$oid":"50876f83cb72593131000000"}'],
  [new DateTime(-1n), '{"$date":{"$numberLong":"-1"}}'],
  [new Timestamp(4294967295, 1), '{"$timestamp":{"t":4294967295,"i":1}}'],
  [new Binary(Buffer.from('abc'), 128), '{"$binary":{"base64":"YWJj","subType":"80"}}'],
  [new Regex('^a', 'i'), '{"$regularExpression":{"pattern":"^a","options":"i"}}'],
  [new Code('f()'), '{"$code":"f()"}'],
  [new Code('f()', new Map([['x', 1]])), '{"$code":"f()","$scope":{"x":{"$numberInt":"1"}}}'],
  [
    new DBPointer('d.c', id),
    '{"$dbPointer":{"$ref":"d.c","$id":{"$oid":"50876f83cb72593131000000"}}}',
  ],
  [new BsonSymbol('s'), '{"$symbol":"s"}'],
  [new Undefined(), '{"$undefined":true}'],
  [new MinKey(), '{"$minKey":1}'],
  [new MaxKey(), '{"$maxKey":1}'],
  [[1, 'x'], '[{"$numberInt":"1"},"x"]'],
]

for (const [value, json] of cases) {
  test(`canonical JSON ${json}`, () => {
    const doc = new Map<string, Value>([
      ['2', value],
      ['1', 'order'],
    ])
    const text = printCanonicalJson(doc)
    assert.equal(text, `{"2":${json},"1":"order"}`)
    const { buf, type, at } = parseJson(Buffer.from(text))
    assert.deepEqual([...(decodeValue(buf, type, at) as Map<string, Value>)], [...doc])
    assert.deepEqual(buf.subarray(at), encodeValue(doc).buf)
  })
}
