import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatJson, type JsonValue, parseJson } from './json.js'

describe('JSON with all digits', () => {
  const cases: [text: string, value: JsonValue][] = [
    ['{"a":1,"b":[1.5,null,true,"x"]}', { a: 1, b: [1.5, null, true, 'x'] }],
    ['9007199254740991', 9007199254740991],
    ['[9007199254740993,-9223372036854775808]', [9007199254740993n, -9223372036854775808n]],
    ['"9007199254740993"', '9007199254740993'],
    ['{"integer:9007199254740993":"integer:1"}', { 'integer:9007199254740993': 'integer:1' }],
    ['["integer:1",9007199254740993]', ['integer:1', 9007199254740993n]],
    ['["a\\"9007199254740993",9007199254740993]', ['a"9007199254740993', 9007199254740993n]],
  ]
  for (const [text, value] of cases) {
    test(text, () => {
      assert.deepEqual(parseJson(text), value)
      assert.equal(formatJson(value), text)
    })
  }

  test('a fraction of many digits is a number', () => {
    assert.equal(parseJson('1234567890123456.5'), 1234567890123456.5)
    assert.equal(parseJson('12345678901234567e3'), 12345678901234567e3)
  })

  test('what is no JSON is refused', () => {
    assert.throws(() => parseJson('{9007199254740993'), SyntaxError)
  })
})
