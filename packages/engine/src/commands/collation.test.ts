import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Double, encodeDocument, encodeValue, RawValue, type Writable } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { collationArg, ownCollationArg } from './collation.js'

const accepted: [name: string, collation: Record<string, Writable>][] = [
  ['the locale simple', { locale: 'simple' }],
  ['none in a query', {}],
]

const refused: [name: string, collation: Writable, codeName: string, about: string][] = [
  ['what is no document', 'en', 'TypeMismatch', 'find.collation'],
  ['no locale', { strength: 1 }, 'MissingFieldIDL', 'locale'],
  ['an unknown field', { locale: 'simple', speed: 1 }, 'UnknownFieldIDL', 'speed'],
  ['a locale that is no string', { locale: 1 }, 'TypeMismatch', 'locale'],
  [
    'a locale that there is not',
    { locale: 'invalid_locale_xyz' },
    'BadValue',
    'invalid_locale_xyz',
  ],
  ['a locale of another order', { locale: 'en', strength: 2 }, 'CommandNotSupported', "'en'"],
  ['a locale with a keyword', { locale: 'de@collation=phonebook' }, 'CommandNotSupported', 'de@'],
  ['strength 0', { locale: 'en', strength: 0 }, 'BadValue', 'strength'],
  ['strength NaN', { locale: 'en', strength: new Double(Number.NaN) }, 'BadValue', 'strength'],
  ['strength as text', { locale: 'en', strength: '3' }, 'TypeMismatch', 'strength'],
  ['caseLevel as a number', { locale: 'en', caseLevel: 1 }, 'TypeMismatch', 'caseLevel'],
  ['backwards null', { locale: 'en', backwards: null }, 'TypeMismatch', 'backwards'],
  ['an unknown caseFirst', { locale: 'en', caseFirst: 'Upper' }, 'BadValue', 'Upper'],
  [
    'caseFirst without a level for case',
    { locale: 'en', strength: 2, caseFirst: 'upper' },
    'BadValue',
    'caseFirst',
  ],
  ['simple with other options', { locale: 'simple', strength: 3 }, 'BadValue', 'strength'],
]

function raw(value: Writable): RawValue {
  if (typeof value === 'string') return encodeValue(value)
  return RawValue.document(encodeDocument(value as Record<string, Writable>))
}

describe('collation', () => {
  for (const [name, collation] of accepted) {
    test(`takes ${name}`, () => {
      assert.equal(collationArg.read(raw(collation), 'find.collation'), undefined)
    })
  }
  for (const [name, collation, codeName, about] of refused) {
    test(`refuses ${name}`, () => {
      assert.throws(
        () => collationArg.read(raw(collation), 'find.collation'),
        (error) =>
          error instanceof CommandError &&
          error.codeName === codeName &&
          error.message.includes(about),
      )
    })
  }
  test('must name a locale where it belongs to a collection or an index', () => {
    assert.throws(() => ownCollationArg.read(raw({}), 'create.collation'), {
      codeName: 'MissingFieldIDL',
    })
  })
})
