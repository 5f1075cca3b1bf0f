import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Decimal128, Double, encodeDocument, RawValue, type Writable } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { parseSchema, schemaPredicate } from './schema.js'

type Doc = { readonly [key: string]: Writable }

const d = (value: number) => new Double(value)
const dec = (text: string) => Decimal128.fromString(text)

/** A schema for the field `a`, values that satisfy it, and values that do not. */
const ofField: [schema: Doc, valid: Writable[], invalid: Writable[]][] = [
  [{}, [1, 'x', null], []],
  [{ title: 't', description: 'd' }, [1], []],
  [{ bsonType: 'int' }, [1], [1n, d(1), '1']],
  [{ bsonType: ['int', 'null'] }, [1, null], ['1']],
  [{ bsonType: 'number' }, [1, 1n, d(1), dec('1')], ['1']],
  [{ type: 'number' }, [1, dec('1')], ['1']],
  [{ type: ['boolean', 'array'] }, [true, []], [1]],
  [{ enum: [1, 'x', [1, 2]] }, [1, d(1), 'x', [1, 2]], [2, [1]]],
  [{ minimum: 3 }, [3, 4n, 'x', null], [2, d(2.9)]],
  [{ minimum: 3, exclusiveMinimum: true }, [4], [3]],
  [{ minimum: 3, exclusiveMinimum: false }, [3], [2]],
  [{ maximum: d(3.5) }, [3, dec('3.5')], [4]],
  [{ maximum: 3, exclusiveMaximum: true }, [2], [3]],
  [{ multipleOf: 3 }, [6, -9n, 0, d(12), 'x'], [7, d(Number.NaN), d(Infinity)]],
  [{ multipleOf: d(0.1) }, [d(0.3), dec('0.7'), 2], [d(0.35)]],
  [{ minLength: 2 }, ['ab', 'éé', '😀😀', 1], ['a', '😀']],
  [{ maxLength: 2 }, ['', 'éé', '😀😀'], ['abc']],
  [{ pattern: '^a' }, ['ab', 1], ['ba']],
  [{ items: { type: 'string' } }, [['a'], [], 'x'], [['a', 1]]],
  [{ items: [{ type: 'string' }, { type: 'number' }] }, [['a', 1, true], ['a'], []], [[1]]],
  [{ items: [{}], additionalItems: false }, [[1], []], [[1, 2]]],
  [{ items: [{}], additionalItems: { type: 'string' } }, [[1, 'x']], [[1, 2]]],
  [{ items: {}, additionalItems: false }, [[1, 2]], []],
  [{ minItems: 1 }, [[1], 'x'], [[]]],
  [{ maxItems: 1n }, [[1], []], [[1, 2]]],
  [
    { uniqueItems: true },
    [[1, 2, '1'], []],
    [
      [1, d(1)],
      [{ b: 1 }, { b: 1n }],
    ],
  ],
  [{ uniqueItems: false }, [[1, 1]], []],
  [{ properties: { b: { type: 'string' } } }, [{ b: 'x' }, {}, 1], [{ b: 1 }]],
  [{ required: ['b', 'c'] }, [{ b: 1, c: null }, 1], [{ b: 1 }]],
  [{ additionalProperties: false }, [{}, 1], [{ b: 1 }]],
  [
    {
      properties: { b: {} },
      patternProperties: { '^x': { type: 'number' } },
      additionalProperties: { type: 'string' },
    },
    [{ b: 1, x1: 2, c: 's' }],
    [{ x1: 's' }, { c: 1 }],
  ],
  [{ minProperties: 1, maxProperties: 2 }, [{ b: 1 }, { b: 1, c: 1 }], [{}, { b: 1, c: 1, d: 1 }]],
  [{ dependencies: { b: ['c'] } }, [{ b: 1, c: 1 }, {}, { c: 1 }], [{ b: 1 }]],
  [
    { dependencies: { b: { properties: { c: { type: 'string' } } } } },
    [{ b: 1 }, { c: 1 }, { b: 1, c: 's' }],
    [{ b: 1, c: 1 }],
  ],
  [{ allOf: [{ minimum: 1 }, { maximum: 3 }] }, [2, 'x'], [0, 4]],
  [{ anyOf: [{ type: 'string' }, { minimum: 3, type: 'number' }] }, ['x', 3], [2, null]],
  [{ oneOf: [{ minimum: 1 }, { maximum: 3 }] }, [0, 4], [2]],
  [{ not: { type: 'string' } }, [1], ['x']],
]

describe('$jsonSchema', () => {
  for (const [schema, valid, invalid] of ofField) {
    test(show(schema), () => {
      const satisfies = predicate({ properties: { a: schema } })
      for (const a of valid) assert.ok(satisfies({ a }), `should accept ${show(a)}`)
      for (const a of invalid) assert.ok(!satisfies({ a }), `should reject ${show(a)}`)
      assert.ok(satisfies({}), 'a field that is missing satisfies everything')
    })
  }

  test('applies to the document itself', () => {
    assert.ok(predicate({ type: 'object', required: ['a'] })({ a: 1 }))
    assert.ok(!predicate({ required: ['a'] })({ b: 1 }))
    assert.ok(!predicate({ bsonType: 'array' })({ a: 1 }))
    assert.ok(predicate({ minimum: 5, minLength: 3 })({}))
  })

  const errors: [schema: Doc, code: number, message: RegExp][] = [
    [{ foo: 1 }, 9, /^Unknown \$jsonSchema keyword: foo$/],
    [{ $ref: 'x' }, 9, /^\$jsonSchema keyword '\$ref' is not currently supported$/],
    [{ format: 'email' }, 9, /'format' is not currently supported$/],
    [{ title: 1 }, 14, /keyword 'title' must be a string/],
    [{ type: 'string', bsonType: 'string' }, 9, /^Cannot specify both/],
    [{ type: 'int' }, 2, /^Unknown type name alias: int$/],
    [{ bsonType: 'integer' }, 9, /type 'integer' is not currently supported/],
    [{ bsonType: 'nothing' }, 2, /^Unknown type name alias: nothing$/],
    [{ bsonType: 1 }, 14, /keyword 'bsonType' must be either a string or an array/],
    [{ required: [] }, 9, /cannot be an empty array$/],
    [{ required: ['a', 'a'] }, 9, /duplicate values$/],
    [{ required: [1] }, 14, /must be an array of strings/],
    [{ enum: [] }, 9, /cannot be an empty array$/],
    [{ enum: [1, d(1)] }, 9, /duplicate values\.$/],
    [{ minimum: 'x' }, 14, /must be a number/],
    [{ exclusiveMinimum: true }, 9, /keyword 'minimum' must be a present/],
    [{ minLength: -1 }, 9, /^Expected a non-negative number/],
    [{ minLength: 'x' }, 9, /^Expected a number/],
    [{ multipleOf: 0 }, 9, /must have a positive value$/],
    [{ pattern: '(' }, 51091, /^Regular expression is invalid/],
    [{ patternProperties: { '(': {} } }, 2, /^Invalid regular expression/],
    [{ properties: { a: 1 } }, 14, /must hold objects/],
    [{ items: 1 }, 14, /must be an array or an object/],
    [{ allOf: [] }, 2, /must be a non-empty array$/],
    [{ anyOf: [1] }, 14, /must hold objects/],
    [{ dependencies: { a: [] } }, 9, /cannot be an empty array$/],
    [{ additionalProperties: 1 }, 14, /must be a boolean or an object/],
  ]
  for (const [schema, code, message] of errors) {
    test(`refuses ${show(schema)}`, () => {
      assert.throws(
        () => predicate(schema),
        (error) =>
          error instanceof CommandError && error.code === code && message.test(error.message),
      )
    })
  }
})

function predicate(schema: Doc): (doc: Doc) => boolean {
  const matches = schemaPredicate(parseSchema(RawValue.document(encodeDocument(schema))))
  return (doc) => matches(encodeDocument(doc), 0)
}

function show(value: Writable): string {
  return JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner))
}
