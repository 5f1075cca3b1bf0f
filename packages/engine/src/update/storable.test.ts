import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeDocument, Regex, Undefined, type Writable } from '@gantry/bson'
import { checkStorable, MAX_DOCUMENT_SIZE } from './storable.js'

describe('checkStorable', () => {
  const accepted: { readonly [key: string]: Writable }[] = [
    {},
    { _id: 1 },
    { _id: null },
    { a: 1, _id: { b: { $c: 1 } } },
    { _id: 1, a: { $b: 1, 'c.d': 2 } },
    { _id: 1, $a: 1, 'b.c': 1, '': 2 },
    { a: { _id: [1] } },
  ]
  for (const doc of accepted) {
    test(`accepts ${JSON.stringify(doc)}`, () => checkStorable(encodeDocument(doc)))
  }

  const refused: [string, Writable, string][] = [
    ['array', [1], 'InvalidIdField'],
    ['regex', new Regex('a'), 'InvalidIdField'],
    ['undefined', new Undefined(), 'InvalidIdField'],
    ['$-prefixed fields', { a: 1, $b: 2 }, 'DollarPrefixedFieldName'],
  ]
  for (const [what, _id, codeName] of refused) {
    test(`refuses an _id of ${what}`, () => {
      assert.throws(() => checkStorable(encodeDocument({ a: 1, _id })), { codeName })
    })
  }

  test('refuses what is too large', () => {
    const doc = encodeDocument({ _id: 1, a: 'x'.repeat(MAX_DOCUMENT_SIZE) })
    assert.throws(() => checkStorable(doc), { codeName: 'BSONObjectTooLarge' })
  })
})
