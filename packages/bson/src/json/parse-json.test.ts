import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as bson from 'bson'
import { decodeDocument, decodeValue } from '../decode.js'
import { validateDocument } from '../validate.js'
import { Double, type Value } from '../value.js'
import { JsonError } from './json-error.js'
import { parseJson, parseJsonPrefix } from './parse-json.js'
import { printJson } from './print-json.js'

function parse(text: string | Buffer): Value {
  const raw = parseJson(Buffer.from(text as string))
  return decodeValue(raw.buf, raw.type, raw.at)
}

/** The value of the field `v`. */
function field(json: string): Value | undefined {
  return (parse(`{"v":${json}}`) as Map<string, Value>).get('v')
}

function faultOf(text: string | Buffer): string {
  try {
    parse(text)
  } catch (error) {
    assert.ok(error instanceof JsonError, String(error))
    return error.message
  }
  return 'none'
}

describe('numbers', () => {
  const cases: [string, Value][] = [
    ['0', 0],
    ['-0', 0],
    ['-0.0', new Double(-0)],
    ['7', 7],
    ['-2147483648', -2147483648],
    ['2147483647', 2147483647],
    ['2147483648', 2147483648n],
    ['-2147483649', -2147483649n],
    ['-4294967296', -4294967296n],
    ['1350873424334', 1350873424334n],
    ['999999999999999', 999999999999999n],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9223372036854775808', new Double(2 ** 63)],
    ['123456789012345678901234567890', new Double(1.2345678901234568e29)],
    ['1.0', new Double(1)],
    ['1e0', new Double(1)],
    ['1E+2', new Double(100)],
    ['0.1', new Double(0.1)],
    ['-12.75', new Double(-12.75)],
    ['5e-324', new Double(5e-324)],
    ['1e-400', new Double(0)],
    ['1.7976931348623157e308', new Double(Number.MAX_VALUE)],
    ['0.30000000000000004', new Double(0.30000000000000004)],
    ['9007199254740993.5', new Double(9007199254740994)],
  ]
  for (const [text, value] of cases) {
    test(text, () => assert.deepEqual(field(text), value))
  }
})

describe('extended forms', () => {
  const oid = '50876f83cb72593131000000'
  const cases: [string, unknown][] = [
    [`{"$oid":"${oid}"}`, new bson.ObjectId(oid)],
    [`{"$oid":"${oid.toUpperCase()}"}`, new bson.ObjectId(oid)],
    ['{"$date":1350873424334}', new Date(1350873424334)],
    ['{"$date":0}', new Date(0)],
    ['{"$date":-1}', new Date(-1)],
    ['{"$date":-62135596800000}', new Date(-62135596800000)],
    ['{"$date":1350873424334.0}', new Date(1350873424334)],
    ['{"$date":{"$numberLong":"1350873424334"}}', new Date(1350873424334)],
    ['{"$date":"2012-10-22T02:37:04.334Z"}', new Date(1350873424334)],
    ['{"$date":"2012-10-22T04:37:04.3349+0200"}', new Date(1350873424334)],
    ['{"$date":"2012-10-22T02:37:04"}', new Date(1350873424000)],
    ['{"$date":"2012-10-22"}', new Date('2012-10-22')],
    ['{"$date":"1870-01-01T10:00:00.0Z"}', new Date('1870-01-01T10:00:00Z')],
    ['{"$date":"-000044-03-15T00:00:00-01:30"}', new Date('-000044-03-15T01:30:00Z')],
    ['{"$date":"0004-02-29T00:00:00Z"}', new Date('0004-02-29T00:00:00Z')],
    ['{"$regex":"^a/b","$options":"xi"}', new bson.BSONRegExp('^a/b', 'ix')],
    ['{"$options":"i","$regex":"^a"}', new bson.BSONRegExp('^a', 'i')],
    ['{"$regex":"^a"}', new bson.BSONRegExp('^a', '')],
    ['{"$regularExpression":{"pattern":"a","options":"i"}}', new bson.BSONRegExp('a', 'i')],
    ['{"$timestamp":{"t":4294967295,"i":1}}', new bson.Timestamp({ t: 4294967295, i: 1 })],
    ['{"$minKey":1}', new bson.MinKey()],
    ['{"$maxKey":1}', new bson.MaxKey()],
    ['{"$binary":"AQID","$type":"05"}', new bson.Binary(Buffer.from([1, 2, 3]), 5)],
    ['{"$type":"00","$binary":""}', new bson.Binary(Buffer.alloc(0), 0)],
    ['{"$binary":"//8=","$type":128}', new bson.Binary(Buffer.from([255, 255]), 128)],
    ['{"$binary":"//8","$type":"0"}', new bson.Binary(Buffer.from([255, 255]), 0)],
    ['{"$binary":"//8=","$type":"02"}', new bson.Binary(Buffer.from([255, 255]), 2)],
    ['{"$binary":{"base64":"AQID","subType":"80"}}', new bson.Binary(Buffer.from([1, 2, 3]), 128)],
    [
      '{"$uuid":"00112233-4455-6677-8899-aabbccddeeff"}',
      new bson.Binary(Buffer.from('00112233445566778899aabbccddeeff', 'hex'), 4),
    ],
    ['{"$code":"x"}', new bson.Code('x')],
    [
      '{"$code":"x","$scope":{"b":1,"1":2}}',
      new bson.Code(
        'x',
        new Map([
          ['b', 1],
          ['1', 2],
        ]),
      ),
    ],
    ['{"$scope":{},"$code":"x"}', new bson.Code('x', {})],
    ['{"$numberLong":"-9223372036854775808"}', bson.Long.MIN_VALUE],
    ['{"$numberLong":5}', bson.Long.fromNumber(5)],
    ['{"$numberInt":"-5"}', new bson.Int32(-5)],
    ['{"$numberDouble":"-Infinity"}', new bson.Double(-Infinity)],
    ['{"$numberDouble":"1"}', new bson.Double(1)],
    ['{"$numberDecimal":"1.10"}', bson.Decimal128.fromString('1.10')],
    ['{"$symbol":"s"}', new bson.BSONSymbol('s')],
    [
      `{"$dbPointer":{"$ref":"db.c","$id":{"$oid":"${oid}"}}}`,
      new bson.DBRef('db.c', new bson.ObjectId(oid)),
    ],
  ]
  for (const [text, value] of cases) {
    test(text, () => {
      const raw = parseJson(Buffer.from(`{"a":1,"v":${text},"z":[${text}]}`))
      assert.equal(validateDocument(raw.buf), undefined)
      if (text.includes('dbPointer')) {
        assert.equal(raw.buf[4 + 7 + 0], 0x0c)
        return
      }
      assert.deepEqual(raw.buf, Buffer.from(bson.serialize({ a: 1, v: value, z: [value] })))
    })
  }

  test('undefined', () => {
    assert.equal(parseJson(Buffer.from('{"v":{"$undefined":true}}')).buf[4], 6)
  })

  const documents = [
    '{"$type":2}',
    '{"$type":"00"}',
    '{"$options":"i"}',
    '{"$scope":{"a":1}}',
    '{"$ref":"c","$id":1,"$db":"d"}',
    '{"$regex":"^a","$nin":["ab"]}',
    '{"$regex":{"$regex":"^a","$options":"i"}}',
    '{"$elemMatch":{"$regex":"^a","$options":"i"}}',
    '{"$gt":1,"$lt":2}',
    '{"a":1,"$oid":"x"}',
    '{"$oidx":"x"}',
    '{"$":1}',
  ]
  for (const text of documents) {
    test(`stays a document: ${text}`, () => {
      const raw = parseJson(Buffer.from(`{"v":${text}}`))
      assert.equal(raw.buf[4], 3)
      assert.equal(printJson(raw.buf).toString(), `{"v":${text}}`)
    })
  }

  test('the outermost object always stays an object', () => {
    assert.equal(parseJson(Buffer.from('{"$date":1}')).type, 3)
    assert.equal(parseJson(Buffer.from('[{"$date":1}]')).buf[4], 9)
  })

  const faults: [string, string][] = [
    ['{"$oid":"50876f83cb7259313100000"}', '$oid must be 24 hex digits'],
    ['{"$oid":"50876f83cb7259313100000g"}', '$oid must be 24 hex digits'],
    ['{"$oid":"50876f83cb72593131000\\u0000"}', '$oid must be 24 hex digits'],
    ['{"$oid":1}', '$oid must be 24 hex digits'],
    ['{"$oid":"50876f83cb72593131000000","a":1}', '$oid cannot stand beside other fields'],
    ['{"$date":"yesterday"}', '$date must be integer milliseconds or an ISO 8601 date'],
    ['{"$date":"2012-02-30"}', '$date must be integer milliseconds or an ISO 8601 date'],
    ['{"$date":"2012-01-01T24:00:00Z"}', '$date must be integer milliseconds or an ISO 8601 date'],
    ['{"$date":1.5}', '$date must be integer milliseconds or an ISO 8601 date'],
    ['{"$date":null}', '$date must be integer milliseconds or an ISO 8601 date'],
    [
      '{"$timestamp":{"t":-1,"i":0}}',
      '$timestamp must be an object of t and i, unsigned 32-bit integers',
    ],
    ['{"$minKey":2}', '$minKey must be 1'],
    ['{"$undefined":false}', '$undefined must be true'],
    ['{"$binary":"A","$type":"00"}', '$binary must be base64 text'],
    ['{"$binary":"A*ID","$type":"00"}', '$binary must be base64 text'],
    ['{"$binary":"AQID","$type":"xyz"}', '$binary needs a $type of two hex digits'],
    ['{"$binary":{"base64":"AQID"}}', '$binary must hold base64 and subType'],
    ['{"$uuid":"00"}', '$uuid must be 32 hex digits'],
    ['{"$numberLong":"9223372036854775808"}', '$numberLong must be a 64-bit integer as text'],
    ['{"$numberInt":"2147483648"}', '$numberInt must be a 32-bit integer as text'],
    ['{"$numberDouble":"0x10"}', '$numberDouble must be a number as text'],
    ['{"$numberDecimal":"ten"}', '$numberDecimal must be a decimal number as text'],
    ['{"$code":1}', '$code must be a string'],
    ['{"$code":"x","$scope":1}', '$code needs an object as $scope'],
    ['{"$regularExpression":"a"}', '$regularExpression must hold pattern and options'],
  ]
  for (const [text, reason] of faults) {
    test(`fault in ${text}`, () =>
      assert.equal(faultOf(`{"v":${text}}`), `${reason} at position 5`))
  }
})

describe('grammar', () => {
  const faults: [string | Buffer, string][] = [
    ['', 'text ends where a value should stand at position 0'],
    [' \n', 'text ends where a value should stand at position 2'],
    ['{', 'text ends where a name in double quotes should stand at position 1'],
    ['{"a"', 'text ends where a colon should stand at position 4'],
    ['{"a":1', 'text ends where a comma or } should stand at position 6'],
    ['{"a":1,}', 'expected a name in double quotes at position 7'],
    ['{a:1}', 'expected a name in double quotes at position 1'],
    ["{'a':1}", 'expected a name in double quotes at position 1'],
    ['{"a" 1}', 'expected a colon at position 5'],
    ['{"a":}', 'expected a value at position 5'],
    ['[1,]', 'expected a value at position 3'],
    ['[1 2]', 'expected a comma or ] at position 3'],
    ['[', 'text ends where a value should stand at position 1'],
    ['[1}', 'expected a comma or ] at position 2'],
    ['{} x', 'text behind the end of the value at position 3'],
    ['{}{}', 'text behind the end of the value at position 2'],
    ['NaN', 'expected a value at position 0'],
    ['nul', 'text ends where a value should stand at position 3'],
    ['nulL', 'expected a value at position 3'],
    ['-', 'expected a digit at position 1'],
    ['+1', 'expected a value at position 0'],
    ['01', 'leading zero at position 0'],
    ['-01', 'leading zero at position 1'],
    ['1.', 'expected a digit at position 2'],
    ['.5', 'expected a value at position 0'],
    ['1e', 'expected a digit at position 2'],
    ['1e+', 'expected a digit at position 3'],
    ['1e400', 'number too large at position 5'],
    ['"a', 'string has no end at position 2'],
    ['"\\', 'unknown escape in a string at position 1'],
    ['"\\x"', 'unknown escape in a string at position 1'],
    ['"\\u12"', 'string has no end at position 6'],
    ['"\\u12g4"', '\\u without four hex digits at position 1'],
    ['"a\tb"', 'control character in a string at position 2'],
    ['"\\ud83d"', 'half of a surrogate pair at position 1'],
    ['"\\ude00\\ud83d"', 'half of a surrogate pair at position 1'],
    ['"\\ud83d\\u0041"', 'half of a surrogate pair at position 1'],
    ['{"a\\u0000b":1}', 'null character in a name at position 1'],
    ['\ufeff{}', 'expected a value at position 0'],
    ['\u00a0{}', 'expected a value at position 0'],
    [Buffer.from('["ab\xe9"]', 'latin1'), 'invalid UTF-8 at position 4'],
    [Buffer.from('["é","\xff"]', 'latin1'), 'invalid UTF-8 at position 2'],
    [Buffer.from('22c3a922c3', 'hex'), 'text behind the end of the value at position 4'],
    ['//x\n1', 'expected a value at position 0'],
  ]
  for (const [text, message] of faults) {
    test(JSON.stringify(String(text)), () => assert.equal(faultOf(text), message))
  }

  test('strings', () => {
    const text = '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\u0000é€😀\u007f"'
    assert.equal(parse(text), JSON.parse(text))
  })

  test('white space', () => {
    assert.deepEqual(
      parse(' \t\r\n{ "a" : [ 1 , 2 ] , "b" : { } } \n'),
      new Map<string, Value>([
        ['a', [1, 2]],
        ['b', new Map()],
      ]),
    )
  })

  test('names keep their order, also those that look like numbers', () => {
    const text = '{"b":1,"2":2,"1":3,"":4,"__proto__":5,"a.b":6}'
    assert.equal(printJson(parseJson(Buffer.from(text)).buf).toString(), text)
  })

  test('the last value of a name counts, at the place of the first', () => {
    const text = '{"a":1,"b":{"x":1,"x":2},"a":"two","c":[],"a":3.5,"c":null}'
    const raw = parseJson(Buffer.from(text))
    assert.equal(validateDocument(raw.buf), undefined)
    assert.equal(printJson(raw.buf).toString(), '{"a":3.5,"b":{"x":2},"c":null}')
  })

  test('repeated names among many', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `n${i % 3000}`)
    const text = `{${names.map((name, i) => `"${name}":${i}`).join(',')}}`
    const expected = JSON.stringify(JSON.parse(text))
    assert.equal(printJson(parseJson(Buffer.from(text)).buf).toString(), expected)
  })

  test('nesting to the limit and far beyond', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    assert.equal(faultOf(nested(180)), 'none')
    assert.equal(faultOf(nested(181)), 'nested deeper than 180 levels at position 180')
    assert.equal(faultOf('{"a":'.repeat(100_000)), 'nested deeper than 180 levels at position 900')
    const deepest = parseJson(Buffer.from(`${'{"a":'.repeat(180)}1${'}'.repeat(180)}`))
    assert.equal(validateDocument(deepest.buf), undefined)
  })

  test('only the range given is read', () => {
    const text = Buffer.from('xx{"a":"b"},"c":2}')
    assert.equal(printJson(parseJson(text, 2, 11).buf).toString(), '{"a":"b"}')
    for (let end = 3; end < 11; end++) assert.throws(() => parseJson(text, 2, end), JsonError)
    const prefix = parseJsonPrefix(text, 2, text.length)
    assert.equal(prefix.end, 11)
    assert.equal(printJson(prefix.value.buf).toString(), '{"a":"b"}')
    for (const [whole, end] of [
      ['1e-5', 3],
      ['"\\u00410000"', 5],
      ['12.55', 3],
      ['true', 3],
    ] as const) {
      assert.throws(() => parseJson(Buffer.from(whole), 0, end), JsonError)
    }
  })

  test('strings and documents larger than any buffer kept', () => {
    const long = 'x"é\n'.repeat(800_000)
    assert.equal(parse(JSON.stringify([long, 1]))?.toString(), `${long},1`)
    const many = Array.from({ length: 300_000 }, (_, i) => i)
    const raw = parseJson(Buffer.from(JSON.stringify(many)))
    assert.equal(validateDocument(raw.buf), undefined)
    assert.equal(printJson(raw.buf, 0, raw.type).toString(), JSON.stringify(many))
  })
})

test('no step writes past the buffer, wherever the buffer ends', () => {
  const nested = `${'['.repeat(170)}${']'.repeat(170)}`
  const tail = `[1,1.5,true,null,9007199254740993],"n\\u00e9":{"":[[[]],{}]},"o":${nested},"e":"\\ud83d\\ude00"`
  const expected = JSON.stringify(JSON.parse(`{"t":${tail}}`)).replace('9007199254740992', '')
  for (let pad = 0; pad < 120; pad++) {
    // What is kept between texts ends at this power of two.
    const text = Buffer.from(`{"p":"${'x'.repeat(2 ** 20 - pad * 9)}","t":${tail}}`)
    const raw = parseJson(text)
    assert.equal(validateDocument(raw.buf), undefined)
    const printed = printJson(raw.buf)
      .toString()
      .slice(2 ** 20 - pad * 9 + '{"p":"",'.length)
    assert.equal(`{${printed}`.replace('9007199254740993', ''), expected)
  }
})

/** A generator of numbers below a bound, the same in each run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return Math.floor(((state >>> 0) / 2 ** 32) * below)
  }
}

describe('against JSON.parse', () => {
  const random = randomFrom(20)
  const pieces = [
    ...'{}[]",:\\ \n0123456789-+.eE',
    ...[
      '"a"',
      '"b":',
      '"1":',
      '{"c":',
      'true',
      'false',
      'null',
      '\\u0041',
      '\\n',
      'é',
      '1.5',
      '[1,',
      '\t',
    ],
  ]

  test('texts at random', () => {
    let valid = 0
    for (let i = 0; i < 60_000; i++) {
      let text = ''
      for (let n = 1 + random(7); n > 0; n--) text += pieces[random(pieces.length)]
      valid += agree(text)
    }
    assert.ok(valid > 1000, `${valid} were valid`)
  })

  test('valid texts with one byte changed', () => {
    for (let i = 0; i < 15_000; i++) {
      const text = JSON.stringify(randomValue(4))
      const at = random(text.length)
      agree(text)
      agree(text.slice(0, at) + pieces[random(pieces.length)] + text.slice(at + random(3)))
    }
  })

  test('numbers at random', () => {
    for (let i = 0; i < 30_000; i++) {
      const bytes = Buffer.from(Array.from({ length: 8 }, () => random(256)))
      const double = bytes.readDoubleLE(0)
      const rounded = Number((double % 1e6).toFixed(random(8)))
      for (const value of [double, rounded]) if (Number.isFinite(value)) agree(String(value))
      const digits = Array.from({ length: 1 + random(20) }, () => random(10)).join('')
      agree(`${digits}.${digits}e${random(60) - 30}`)
    }
  })

  function randomValue(depth: number): unknown {
    const kind = random(depth > 0 ? 8 : 5)
    if (kind === 0) return random(1000) - 500
    if (kind === 1) return random(1e9) / 1000
    if (kind === 2) return [null, true, false][random(3)]
    if (kind < 5) return 'añb"\\\n\u0001😀x€/é\r'.slice(random(4), 6 + random(5))
    if (kind === 5) return Array.from({ length: random(5) }, () => randomValue(depth - 1))
    return Object.fromEntries(
      Array.from({ length: random(6) }, () => [`k${random(9)}é`, randomValue(depth - 1)]),
    )
  }

  /** Both refuse the text, or both read the same from it; answers 1 if it was valid. */
  function agree(jsText: string): number {
    // A pair of surrogates cut in two cannot be put into bytes.
    const text = Buffer.from(jsText).toString()
    let expected: unknown
    try {
      expected = JSON.parse(text)
    } catch {
      assert.notEqual(faultOf(text), 'none', text)
      return 0
    }
    let raw: ReturnType<typeof parseJson>
    try {
      raw = parseJson(Buffer.from(text))
    } catch (error) {
      // What JSON leaves open and is refused here.
      assert.match(String(error), /number too large|surrogate/, text)
      return 1
    }
    if (raw.type === 3) assert.equal(validateDocument(raw.buf), undefined, text)
    const printed = printJson(raw.buf, 0, raw.type).toString()
    assert.deepEqual(withoutZeroSigns(JSON.parse(printed)), withoutZeroSigns(expected), text)
    return 1
  }

  /** The integer `-0` loses its sign, and is the only value that may change. */
  function withoutZeroSigns(value: unknown): unknown {
    return JSON.parse(JSON.stringify(value))
  }
})

test('decoding what was parsed', () => {
  const raw = parseJson(Buffer.from('{"a":[1,2.0,3000000000]}'))
  assert.deepEqual(decodeDocument(raw.buf).get('a'), [1, new Double(2), 3000000000n])
})
