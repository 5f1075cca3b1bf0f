import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { printJson } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { readBody } from './body.js'

interface Outcome {
  readonly key?: string
  readonly doc?: string
  readonly set?: string
  readonly error?: string
}

function outcome(body: string | Buffer, contentType?: string, query?: string): Outcome {
  const form = readBody(Buffer.from(body as string), contentType, query)
  const key = form.apiKey
  try {
    const { doc, set } = form.documents()
    return {
      key,
      ...(doc && { doc: printJson(doc).toString() }),
      ...(set && { set: printJson(set).toString() }),
    }
  } catch (error) {
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.kind, 'invalid')
    return { key, error: error.message }
  }
}

const AMBIGUOUS = 'doc is ambiguous: percent-encode the whole value'
const INVALID = 'doc is not valid JSON'
const NO_OBJECT = 'doc must be a JSON object'

describe('what stands behind api_key=k&', () => {
  const cases: [string, Outcome][] = [
    ['doc={"a": "b c"}', { doc: '{"a":"b c"}' }],
    ['doc=%7B%22a%22%3A+%22b+c%22%7D', { doc: '{"a":"b c"}' }],
    ['doc=%7B"a":"b c"}', { doc: '{"a":"b c"}' }],
    ['doc={"a":"R&D"}&set={"b":"x=1&y=2"}', { doc: '{"a":"R&D"}', set: '{"b":"x=1&y=2"}' }],
    ['doc={"a":"&set={\\"x\\":1}"}', { doc: '{"a":"&set={\\"x\\":1}"}' }],
    ['doc={"m":"a+b@example.com"}', { doc: '{"m":"a+b@example.com"}' }],
    ['doc=%7B%22m%22%3A%22a%2Bb%26c+d%22%7D', { doc: '{"m":"a+b&c d"}' }],
    ['doc={"p":"100% of"}', { doc: '{"p":"100% of"}' }],
    ['doc={"u":"a%22b"}', { doc: '{"u":"a%22b"}' }],
    ['doc={"u":"a%20b & c"}', { doc: '{"u":"a%20b & c"}' }],
    ['doc={"u":"a%20b"}', { error: AMBIGUOUS }],
    ['doc={"u":"R%26D"}', { error: AMBIGUOUS }],
    ['doc={%22a%22:1}', { doc: '{"a":1}' }],
    ['doc={"a":+1}', { doc: '{"a":1}' }],
    ["doc={'a':1}", { error: INVALID }],
    ['doc={"a":1', { error: INVALID }],
    ['doc={"a":1}x&set={}', { error: INVALID }],

    // Brackets and quotes within strings.
    ['doc={"a":"}]"}&set={"b":"{["}', { doc: '{"a":"}]"}', set: '{"b":"{["}' }],
    ['doc={"a":"\\\\"}&set={}', { doc: '{"a":"\\\\"}', set: '{}' }],
    ['doc={"a":"\\\\\\"}&set={"}', { doc: '{"a":"\\\\\\"}&set={"}' }],
    ['doc={"a":"\\u0026"}', { doc: '{"a":"&"}' }],
    ['doc={"a":"&api_key=other"}', { doc: '{"a":"&api_key=other"}' }],
    [
      'doc={"&":{"&&":["&",{"=":"&="}]}}&set={}',
      { doc: '{"&":{"&&":["&",{"=":"&="}]}}', set: '{}' },
    ],
    ['set={"a":1}&doc={"b":2}', { doc: '{"b":2}', set: '{"a":1}' }],
    ['doc={"a":1]&set={}', { error: INVALID }],
    ['doc={"a":"x}&set={}', { error: INVALID }],

    // Percent signs: those that stand for no byte prove nothing.
    ['doc={"a":"%"}', { doc: '{"a":"%"}' }],
    ['doc={"a":"%2"}', { doc: '{"a":"%2"}' }],
    ['doc={"a":"%zz%"}', { doc: '{"a":"%zz%"}' }],
    ['doc={"a":"%e9"}', { doc: '{"a":"%e9"}' }],
    ['doc={"a":"%C3%A9"}', { error: AMBIGUOUS }],
    ['doc={"%61":1}', { error: AMBIGUOUS }],
    ['doc={"a":"%0A"}', { doc: '{"a":"%0A"}' }],
    ['doc={"a":"%5C"}', { doc: '{"a":"%5C"}' }],
    ['doc={"a":1}&set={"u":"%41"}', { error: AMBIGUOUS.replace('doc', 'set') }],
    ['doc={"a":"x"}&x=%41', { doc: '{"a":"x"}' }],
    ['doc=%7B%22u%22%3A%22a%252520b%22%7D', { doc: '{"u":"a%2520b"}' }],
    ['doc=%7b%22a%22%3a%22%c3%a9%22%7d', { doc: '{"a":"é"}' }],
    ['doc=%7B%22a%22%3A%22%E9%22%7D', { error: INVALID }],
    ['doc=%7B%22a%22%3A%22%5C%22%26%22%7D', { doc: '{"a":"\\"&"}' }],
    ['doc={"a":%221%22}&set={}', { doc: '{"a":"1"}', set: '{}' }],

    // Blanks.
    ['doc= \t{"a":1} \r\n', { doc: '{"a":1}' }],
    ['doc={"a":1} \r\n\t&set={}\r\n', { doc: '{"a":1}', set: '{}' }],
    ['doc=+{"a":1}+', { doc: '{"a":1}' }],
    ['doc={"a":1}+&set={}', { doc: '{"a":1}', set: '{}' }],
    ['doc=%20%7B%7D%0D%0A\r\n', { doc: '{}' }],
    ['&&doc={}&&&set={}&&', { doc: '{}', set: '{}' }],
    [' doc ={}&+set+={}', { doc: '{}', set: '{}' }],
    ['%64oc={"a":1}&s%65t=%7B%7D', { doc: '{"a":1}', set: '{}' }],

    // Not given, blank, other JSON.
    ['', {}],
    ['other=1&Doc={&more', {}],
    ['other={"a":"x&doc={}', { doc: '{}' }],
    ['\xff=%ff&%ff=1', {}],
    ['doc=', { error: INVALID }],
    ['doc', { error: INVALID }],
    ['doc=&set={}', { error: INVALID }],
    ['doc=+%20', { error: INVALID }],
    ['set=', { error: 'set is not valid JSON' }],
    ['doc=[{"a":1}]', { error: NO_OBJECT }],
    ['doc=%5B%5D', { error: NO_OBJECT }],
    ['doc=5', { error: NO_OBJECT }],
    ['doc=%22x%22', { error: NO_OBJECT }],
    ['doc=null', { error: NO_OBJECT }],
    ['doc={}&set=[]', { error: 'set must be a JSON object' }],
    ['doc=hello', { error: INVALID }],
    ['doc={"_id":{"$oid":"12"}}', { error: INVALID }],

    // Twice, and which fault comes first.
    ['doc={}&doc={}', { error: 'parameter doc given more than once' }],
    ['doc={}&set={}&s%65t=', { error: 'parameter set given more than once' }],
    ['api_key=k', { error: 'parameter api_key given more than once' }],
    ['doc=x&doc=y', { error: INVALID }],
    ['doc={}&doc={}&set=x', { error: 'parameter doc given more than once' }],
  ]
  for (const [rest, expected] of cases) {
    test(rest, () => {
      assert.deepEqual(outcome(`api_key=k&${rest}`), { key: 'k', ...expected })
    })
  }
})

describe('the key', () => {
  const cases: [string, string][] = [
    ['', ''],
    ['api_key', ''],
    ['api_key=', ''],
    ['api_key=&api_key=k', ''],
    ['api_key=+k%31+\r\n', 'k1'],
    ['doc={}', ''],
    ['doc={"a":"&api_key=x"}&api_key=k', 'k'],
    ['doc={"a":"&api_key=x&api_key=k', 'x'],
    ['doc={"u":"a%20b"}&api_key=k', 'k'],
    ['doc=nonsense&set=[&api_key=k', 'k'],
    ['doc={}&doc={}&api_key=k', 'k'],
    ['api_key=%ff', ''],
    ['api_key=%C3%A9', 'é'],
    ['api_key={"a":"x&y"}', '{"a":"x'],
    ['API_KEY=k', ''],
    ['{"api_key":"k"}', ''],
    ['\ufeffapi_key=k', 'k'],
  ]
  for (const [body, key] of cases) {
    test(JSON.stringify(body), () => assert.equal(readBody(Buffer.from(body)).apiKey, key))
  }

  test('nothing behind it is judged before it was checked', () => {
    const form = readBody(Buffer.from('api_key=k&doc=nonsense'))
    assert.equal(form.apiKey, 'k')
    assert.throws(() => form.documents(), { message: INVALID })
    assert.throws(() => form.documents(), { message: INVALID })
  })
})

describe('encodings', () => {
  const latin1 = Buffer.from('api_key=k&doc={"a":"caf\xe9 & \x80"} &set={"b":"\xfc"}', 'latin1')
  const read = { key: 'k', doc: '{"a":"café & \u0080"}', set: '{"b":"ü"}' }

  test('ISO-8859-1 when it is not UTF-8', () => {
    assert.deepEqual(outcome(latin1), read)
    assert.deepEqual(outcome(latin1, 'text/plain; charset=utf-8'), read)
  })

  test('each value on its own', () => {
    const mixed = Buffer.concat([
      Buffer.from('api_key=k&doc={"a":"é"}'),
      Buffer.from('&set={"b":"\xe9"}', 'latin1'),
    ])
    assert.deepEqual(outcome(mixed), { key: 'k', doc: '{"a":"é"}', set: '{"b":"é"}' })
  })

  test('what follows the closing bracket counts there too', () => {
    const body = Buffer.from('api_key=k&doc={"a":"\xe9"}x', 'latin1')
    assert.deepEqual(outcome(body), { key: 'k', error: INVALID })
    const cut = Buffer.from('api_key=k&doc={"a":"\xe9', 'latin1')
    assert.deepEqual(outcome(cut), { key: 'k', error: INVALID })
  })

  test('the encoding that Content-Type names', () => {
    const form = 'application/x-www-form-urlencoded'
    assert.deepEqual(outcome(latin1, `${form}; charset="ISO-8859-1"`), read)
    // Both are valid, so the label alone tells.
    const utf8 = Buffer.from('api_key=k&doc={"a":"é"}')
    assert.equal(outcome(utf8, `${form};charset=latin1`).doc, '{"a":"Ã©"}')
    const euro = Buffer.from('api_key=k&doc={"a":"\x80"}', 'latin1')
    assert.equal(outcome(euro, `${form};charset=windows-1252`).doc, '{"a":"€"}')
    const wide = Buffer.from('api_key=k&doc={"a":"é"}', 'utf16le')
    assert.equal(outcome(wide, `${form}; charset=UTF-16LE`).doc, '{"a":"é"}')
  })

  for (const type of [
    'application/json',
    'multipart/form-data; boundary=x',
    'text/plain; charset=klingon',
    'text/html',
  ]) {
    test(`refuses ${type}`, () => {
      assert.throws(() => readBody(latin1, type), {
        kind: 'unsupported_type',
        message: 'unsupported content type',
      })
    })
  }

  test('takes any way to write the types it knows', () => {
    for (const type of [undefined, '', 'Text/Plain', ' text/plain ;charset=UTF-8; x=y', ';q=1']) {
      assert.deepEqual(outcome(latin1, type), read)
    }
  })
})

describe('the query string', () => {
  test('counts when the body is empty', () => {
    const query = 'doc=%7B%22a%22:1%7D&api_key=k'
    assert.deepEqual(outcome('', undefined, query), { key: 'k', doc: '{"a":1}' })
    assert.deepEqual(outcome('', 'application/json', query), { key: 'k', doc: '{"a":1}' })
    assert.deepEqual(outcome('api_key=b', undefined, query), { key: 'b' })
  })

  test('is the bytes that came', () => {
    const query = Buffer.from('api_key=k&doc={"a":"é&+"}').toString('latin1')
    assert.deepEqual(outcome('', undefined, query), { key: 'k', doc: '{"a":"é&+"}' })
  })
})

describe('large bodies', () => {
  const SIZE = 16 * 1024 * 1024
  const bodies: [string, string, Outcome][] = [
    ['raw', `{"a":"${'&x '.repeat(SIZE / 3)}"}`, {}],
    ['encoded', `%7B%22a%22%3A%22${'%26+x'.repeat(SIZE / 5)}%22%7D`, {}],
    ['cut', `{"a":"${'&doc={"'.repeat(SIZE / 7)}`, { error: INVALID }],
    ['brackets', '{"a":'.repeat(SIZE / 5), { error: INVALID }],
    ['percent', `{"a":"${'%4'.repeat(SIZE / 2)}"}`, {}],
  ]
  for (const [name, doc, expected] of bodies) {
    test(name, () => {
      const { key, error, doc: read } = outcome(`api_key=k&doc=${doc}`)
      assert.equal(key, 'k')
      assert.equal(error, expected.error)
      assert.equal(read === undefined, expected.error !== undefined)
    })
  }

  test('very many parameters', () => {
    const many = (count: number) => 'a=1&%61&'.repeat(count / 2)
    const last = 'api_key=k&doc={}'
    assert.deepEqual(outcome(`${many(998)}${last}`), { key: 'k', doc: '{}' })
    assert.deepEqual(outcome(`${many(1000)}${last}`), { key: '', error: 'too many parameters' })
    assert.deepEqual(outcome(`api_key=k&${many(2_000_000)}`), {
      key: 'k',
      error: 'too many parameters',
    })
    assert.equal(outcome(`${'doc={"&a=&doc=["&'.repeat(200_000)}api_key=k`).key, '')
    assert.deepEqual(outcome(`api_key=k${'&'.repeat(2_000_000)}doc={}`), { key: 'k', doc: '{}' })
  })
})

test('every cut of a body is read or refused', () => {
  const body = Buffer.from('api_key=k&doc={"a":"é\\"&%41","b":[1,{}]} &set=%7B%22c%22:1%7D\r\n')
  for (let length = 0; length <= body.length; length++) outcome(body.subarray(0, length))
})
