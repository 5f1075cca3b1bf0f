import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  BsonType,
  DateTime,
  Decimal128,
  Double,
  encodeDocument,
  RawValue,
  Regex,
  Timestamp,
  type Writable,
} from '@gantry/bson'
import { documentText } from '../element-text.js'
import { CommandError } from '../errors.js'
import { elementsOf } from '../query/elements.js'
import { applyUpdate } from './apply.js'
import type { UpdateContext } from './modifier.js'
import { parseUpdate } from './parse.js'

type Fields = { readonly [key: string]: Writable }

interface Case {
  readonly name?: string
  readonly doc: Fields
  readonly update: Fields
  /** The document afterwards; the same object as `doc` means that nothing changes. */
  readonly after?: Fields | ReadonlyMap<string, Writable>
  readonly error?: readonly [codeName: string, message: string | RegExp]
  readonly arrayFilters?: readonly Fields[]
  readonly context?: Partial<UpdateContext>
}

const d = (value: number) => new Double(value)
const dec = (text: string) => Decimal128.fromString(text)
const raw = (fields: Fields) => RawValue.document(encodeDocument(fields))

function run({ doc, update, arrayFilters, context }: Case) {
  const parsed = parseUpdate(raw(update), { arrayFilters: arrayFilters?.map(raw) })
  // Behind other bytes, as a document lies in a page or a message.
  const bytes = encodeDocument(doc)
  const buf = Buffer.concat([Buffer.alloc(3, 0xee), bytes, Buffer.alloc(3, 0xee)])
  const whole = { inserting: false, now: () => 1_700_000_000_123n, ...context }
  const result = applyUpdate(parsed, buf, 3, whole)
  assert.deepEqual(buf.subarray(3, 3 + bytes.length), bytes, 'the document before is untouched')
  return result
}

function check(testCase: Case): void {
  const { doc, after, error } = testCase
  if (error) {
    assert.throws(
      () => run(testCase),
      (thrown) => {
        assert.ok(thrown instanceof CommandError, String(thrown))
        assert.equal(thrown.codeName, error[0])
        if (typeof error[1] === 'string') assert.equal(thrown.message, error[1])
        else assert.match(thrown.message, error[1])
        return true
      },
    )
    return
  }
  const result = run(testCase)
  const expected = encodeDocument((after ?? {}) as Fields)
  assert.equal(documentText(result.document, 0), documentText(expected, 0))
  assert.deepEqual(result.document, expected)
  assert.equal(result.changed, after !== doc)
}

function cases(title: string, list: readonly Case[]): void {
  describe(title, () => {
    for (const testCase of list) {
      const { buf } = raw(testCase.update)
      const on = documentText(encodeDocument(testCase.doc), 0)
      test(testCase.name ?? `${documentText(buf, 0)} on ${on}`.slice(0, 200), () => check(testCase))
    }
  })
}

/** A case in which nothing changes. */
function same(doc: Fields, update: Fields, more: Partial<Case> = {}): Case {
  return { doc, update, after: doc, ...more }
}

function fails(
  doc: Fields,
  update: Fields,
  codeName: string,
  message: string | RegExp,
  more: Partial<Case> = {},
): Case {
  return { doc, update, error: [codeName, message], ...more }
}

cases('$set', [
  { doc: { _id: 1 }, update: { $set: { a: 1 } }, after: { _id: 1, a: 1 } },
  { doc: { a: 1, b: 2 }, update: { $set: { a: 'x' } }, after: { a: 'x', b: 2 } },
  same({ a: 1 }, { $set: { a: 1 } }),
  { doc: { a: 1 }, update: { $set: { a: d(1) } }, after: { a: d(1) } },
  same({ a: 1 }, { $set: {} }),
  {
    name: 'new fields come in the order of their names, numbers as numbers',
    doc: { z: 0 },
    update: { $set: { b: 1, a: 2, '10': 3, '9': 4 } },
    after: new Map(Object.entries({ z: 0 })).set('9', 4).set('10', 3).set('a', 2).set('b', 1),
  },
  { doc: {}, update: { $set: { 'a.b.c': 1 } }, after: { a: { b: { c: 1 } } } },
  { doc: {}, update: { $set: { 'a.0': 1 } }, after: { a: { '0': 1 } } },
  {
    doc: { a: { x: 1, y: 2 } },
    update: { $set: { 'a.y': 3, 'a.z': 4 } },
    after: { a: { x: 1, y: 3, z: 4 } },
  },
  { doc: { a: [1, 2] }, update: { $set: { 'a.1': 'x' } }, after: { a: [1, 'x'] } },
  { doc: { a: [1] }, update: { $set: { 'a.3': 'x' } }, after: { a: [1, null, null, 'x'] } },
  { doc: { a: [{ b: 1 }] }, update: { $set: { 'a.0.b': 2 } }, after: { a: [{ b: 2 }] } },
  { doc: { a: [] }, update: { $set: { 'a.1.b': 2 } }, after: { a: [null, { b: 2 }] } },
  fails(
    { a: 1 },
    { $set: { 'a.b': 1 } },
    'PathNotViable',
    "Cannot create field 'b' in element {a: 1}",
  ),
  fails(
    { a: null },
    { $set: { 'a.b.c': 1 } },
    'PathNotViable',
    "Cannot create field 'b' in element {a: null}",
  ),
  fails(
    { a: [1, 'x'] },
    { $set: { 'a.b': 1 } },
    'PathNotViable',
    `Cannot create field 'b' in element {a: [ 1, "x" ]}`,
  ),
  fails(
    { a: [] },
    { $set: { 'a.1500001': 1 } },
    'CannotBackfillArray',
    "can't backfill more than 1500000 elements",
  ),
])

cases('paths', [
  fails({}, { $set: { '': 1 } }, 'EmptyFieldName', 'An empty update path is not valid.'),
  fails(
    {},
    { $set: { 'a..b': 1 } },
    'EmptyFieldName',
    "The update path 'a..b' contains an empty field name, which is not allowed.",
  ),
  fails({}, { $set: { 'a.': 1 } }, 'EmptyFieldName', /empty field name/),
  fails(
    {},
    { $set: { $a: 1 } },
    'DollarPrefixedFieldName',
    "The dollar ($) prefixed field '$a' in '$a' is not valid for storage.",
  ),
  fails({ a: 1 }, { $rename: { a: '$b' } }, 'DollarPrefixedFieldName', /'\$b' in '\$b'/),
  { doc: {}, update: { $set: { $a: 1 } }, after: { $a: 1 }, context: { inserting: true } },
  { doc: { $a: 1, b: 1 }, update: { $unset: { $a: 1 } }, after: { b: 1 } },
  same({ a: 1 }, { $rename: { $b: 'c' } }),
  { doc: {}, update: { $set: { 'a.$b': 1 } }, after: { a: { $b: 1 } } },
  { doc: {}, update: { $set: { 'a.$id': 1 } }, after: { a: { $id: 1 } } },
  fails(
    {},
    { $set: { 'a.b': 1, a: 2 } },
    'ConflictingUpdateOperators',
    "Updating the path 'a' would create a conflict at 'a'",
  ),
  fails(
    {},
    { $set: { a: 1 }, $inc: { 'a.b': 2 } },
    'ConflictingUpdateOperators',
    "Updating the path 'a.b' would create a conflict at 'a'",
  ),
  fails(
    {},
    { $set: { a: 1 }, $unset: { a: 2 } },
    'ConflictingUpdateOperators',
    "Updating the path 'a' would create a conflict at 'a'",
  ),
  { doc: {}, update: { $set: { 'a.b': 1 }, $inc: { 'a.c': 2 } }, after: { a: { b: 1, c: 2 } } },
  fails(
    {},
    { $foo: { a: 1 } },
    'FailedToParse',
    'Unknown modifier: $foo. Expected a valid update modifier or pipeline-style update specified as an array',
  ),
  fails({}, { $set: { a: 1 }, b: 1 }, 'FailedToParse', /^Unknown modifier: b\./),
  fails(
    {},
    { $set: 1 },
    'FailedToParse',
    'Modifiers operate on fields but we found type int instead. For example: {$mod: {<field>: ...}} not {$set: 1}',
  ),
])

cases('_id', [
  same({ _id: 1 }, { $set: { _id: 1 } }),
  fails(
    { _id: 1 },
    { $set: { _id: 2 } },
    'ImmutableField',
    "Performing an update on the path '_id' would modify the immutable field '_id'",
  ),
  fails(
    { _id: { a: 1 } },
    { $set: { '_id.a': 2 } },
    'ImmutableField',
    "Performing an update on the path '_id.a' would modify the immutable field '_id'",
  ),
  fails({ _id: 1 }, { $unset: { _id: 1 } }, 'ImmutableField', /immutable field '_id'/),
  fails({ _id: 1, a: 1 }, { $rename: { a: '_id' } }, 'ImmutableField', /immutable field '_id'/),
  fails({}, { $set: { _id: [1] } }, 'InvalidIdField', "The '_id' value cannot be of type array"),
])

cases('$unset', [
  { doc: { a: 1, b: 2 }, update: { $unset: { a: '' } }, after: { b: 2 } },
  same({ a: 1 }, { $unset: { b: '', 'a.c': '', 'x.y': '' } }),
  { doc: { a: [1, 2] }, update: { $unset: { 'a.0': 1 } }, after: { a: [null, 2] } },
  same({ a: [1] }, { $unset: { 'a.4': 1, 'a.b': 1 } }),
  { doc: { a: { b: 1 } }, update: { $unset: { 'a.b': 1 } }, after: { a: {} } },
])

const max64 = 2n ** 63n - 1n
cases('$inc', [
  { doc: { a: 1 }, update: { $inc: { a: 2 } }, after: { a: 3 } },
  { doc: { a: 1 }, update: { $inc: { a: 2n } }, after: { a: 3n } },
  { doc: { a: 2147483647 }, update: { $inc: { a: 1 } }, after: { a: 2147483648n } },
  { doc: { a: 1 }, update: { $inc: { a: d(0.5) } }, after: { a: d(1.5) } },
  { doc: { a: 1n }, update: { $inc: { a: d(0.5) } }, after: { a: d(1.5) } },
  { doc: { a: 1 }, update: { $inc: { a: dec('0.10') } }, after: { a: dec('1.10') } },
  { doc: { a: d(0.5) }, update: { $inc: { a: dec('1') } }, after: { a: dec('1.500000000000000') } },
  { doc: {}, update: { $inc: { a: 5n } }, after: { a: 5n } },
  { doc: {}, update: { $inc: { 'a.b': d(2) } }, after: { a: { b: d(2) } } },
  same({ a: 1 }, { $inc: { a: 0 } }),
  { doc: { a: 1 }, update: { $inc: { a: 0n } }, after: { a: 1n } },
  same({ a: d(-0) }, { $inc: { a: d(0) } }),
  same({ a: dec('1E-6170') }, { $inc: { a: dec('0') } }),
  { doc: { a: dec('0') }, update: { $inc: { a: dec('1E-6170') } }, after: { a: dec('1E-6170') } },
  same({ a: dec('1') }, { $inc: { a: dec('0E-3') } }),
  same({ a: dec('1.50') }, { $inc: { a: dec('0.000') } }),
  fails(
    { _id: 7, a: max64 },
    { $inc: { a: 1 } },
    'BadValue',
    'Failed to apply $inc operations to current value (9223372036854775807) for document {_id: 7}',
  ),
  fails(
    { a: 1 },
    { $inc: { a: 'x' } },
    'TypeMismatch',
    'Cannot increment with non-numeric argument: {a: "x"}',
  ),
  fails(
    { _id: 1, a: { b: 'x' } },
    { $inc: { 'a.b': 1 } },
    'TypeMismatch',
    "Cannot apply $inc to a value of non-numeric type. {_id: 1} has the field 'b' of non-numeric type string",
  ),
  fails({ _id: 1, a: null }, { $inc: { a: 1 } }, 'TypeMismatch', /non-numeric type null/),
])

cases('$mul', [
  { doc: { a: 3 }, update: { $mul: { a: 2 } }, after: { a: 6 } },
  { doc: { a: 65536 }, update: { $mul: { a: 65536 } }, after: { a: 4294967296n } },
  { doc: { a: 3 }, update: { $mul: { a: 2n } }, after: { a: 6n } },
  { doc: { a: 3 }, update: { $mul: { a: d(0.5) } }, after: { a: d(1.5) } },
  { doc: { a: 3n }, update: { $mul: { a: dec('1.5') } }, after: { a: dec('4.5') } },
  { doc: {}, update: { $mul: { a: 2 } }, after: { a: 0 } },
  { doc: {}, update: { $mul: { a: 2n } }, after: { a: 0n } },
  { doc: {}, update: { $mul: { a: d(2) } }, after: { a: d(0) } },
  { doc: {}, update: { $mul: { a: dec('2') } }, after: { a: dec('0') } },
  same({ a: 3 }, { $mul: { a: 1 } }),
  same({ a: d(-0) }, { $mul: { a: d(-0) } }),
  { doc: { a: dec('5') }, update: { $mul: { a: d(2) } }, after: { a: dec('10.00000000000000') } },
  fails({ a: max64 }, { $mul: { a: 2 } }, 'BadValue', /^Failed to apply \$mul operations/),
  fails(
    { a: 1 },
    { $mul: { a: null } },
    'TypeMismatch',
    'Cannot multiply with non-numeric argument: {a: null}',
  ),
])

cases('$min and $max', [
  { doc: { a: 3 }, update: { $min: { a: 2 } }, after: { a: 2 } },
  same({ a: 3 }, { $min: { a: 4 } }),
  same({ a: 3 }, { $min: { a: d(3) } }),
  { doc: { a: 3 }, update: { $max: { a: d(3.5) } }, after: { a: d(3.5) } },
  { doc: { a: 3 }, update: { $max: { a: 'x' } }, after: { a: 'x' } },
  { doc: { a: 'x' }, update: { $min: { a: null } }, after: { a: null } },
  { doc: {}, update: { $min: { a: 1 }, $max: { b: 2 } }, after: { a: 1, b: 2 } },
])

cases('$rename', [
  { doc: { a: 1, b: 2 }, update: { $rename: { a: 'c' } }, after: { b: 2, c: 1 } },
  { doc: { a: 1, b: 2, c: 3 }, update: { $rename: { a: 'b' } }, after: { b: 1, c: 3 } },
  { doc: { a: { x: 1 } }, update: { $rename: { 'a.x': 'b.y' } }, after: { a: {}, b: { y: 1 } } },
  same({ a: 1 }, { $rename: { b: 'c.d' } }),
  fails(
    { a: 1 },
    { $rename: { a: 1 } },
    'BadValue',
    "The 'to' field for $rename must be a string: a: 1",
  ),
  fails(
    { a: 1 },
    { $rename: { a: 'a' } },
    'BadValue',
    'The source and target field for $rename must differ: a: "a"',
  ),
  fails(
    { a: 1 },
    { $rename: { a: 'a.b' } },
    'BadValue',
    'The source and target field for $rename must not be on the same path: a: "a.b"',
  ),
  fails(
    { a: 1 },
    { $rename: { 'a.$': 'b' } },
    'BadValue',
    'The source field for $rename may not be dynamic: a.$',
  ),
  fails(
    { a: 1 },
    { $rename: { a: 'b.$[]' } },
    'BadValue',
    'The destination field for $rename may not be dynamic: b.$[]',
  ),
  fails(
    { _id: 1, a: [{ b: 1 }] },
    { $rename: { 'a.0.b': 'c' } },
    'BadValue',
    "The source field cannot be an array element, 'a.0.b' in doc with _id: 1 has an array field called 'a'",
  ),
  fails(
    { _id: 1, a: 1, b: [1] },
    { $rename: { a: 'b.0' } },
    'BadValue',
    "The destination field cannot be an array element, 'b.0' in doc with _id: 1 has an array field called 'b'",
  ),
  fails(
    { a: 1 },
    { $rename: { 'a.b': 'c' } },
    'PathNotViable',
    'Cannot use the part (b) of (a.b) to traverse the element ({a: 1})',
  ),
  fails({ a: 1 }, { $rename: { a: 'b', c: 'b' } }, 'ConflictingUpdateOperators', /conflict at 'b'/),
])

cases('$setOnInsert', [
  same(
    { a: 1 },
    { $setOnInsert: { a: 2, 'a.b': 1 } as Fields },
    {
      name: 'conflicts are seen first',
      after: undefined,
      error: ['ConflictingUpdateOperators', /'a'/],
    },
  ),
  same({ a: 1 }, { $setOnInsert: { a: 2, b: 3 } }),
  {
    doc: { a: 1 },
    update: { $setOnInsert: { a: 2, b: 3 } },
    after: { a: 2, b: 3 },
    context: { inserting: true },
  },
])

cases('$currentDate', [
  {
    doc: { a: 1 },
    update: { $currentDate: { a: true } },
    after: { a: new DateTime(1_700_000_000_123n) },
  },
  {
    doc: {},
    update: { $currentDate: { a: { $type: 'date' } } },
    after: { a: new DateTime(1_700_000_000_123n) },
  },
  {
    doc: {},
    update: { $currentDate: { a: { $type: 'timestamp' } } },
    after: { a: new Timestamp(9, 4) },
    context: { nextTimestamp: () => new Timestamp(9, 4) },
  },
  {
    doc: {},
    update: { $currentDate: { a: { $type: 'timestamp' } } },
    after: { a: new Timestamp(1_700_000_000, 1) },
  },
  fails({}, { $currentDate: { a: 1 } }, 'BadValue', /is not valid type for \$currentDate/),
  fails(
    {},
    { $currentDate: { a: { $type: 'x' } } },
    'BadValue',
    /required to be 'date' or 'timestamp'/,
  ),
  fails(
    {},
    { $currentDate: { a: { foo: 1 } } },
    'BadValue',
    'Unrecognized $currentDate option: foo',
  ),
])

cases('$push', [
  { doc: { a: [1] }, update: { $push: { a: 2 } }, after: { a: [1, 2] } },
  { doc: {}, update: { $push: { a: [1] } }, after: { a: [[1]] } },
  { doc: { a: [1] }, update: { $push: { a: { $each: [2, 3] } } }, after: { a: [1, 2, 3] } },
  same({ a: [1] }, { $push: { a: { $each: [] } } }),
  {
    doc: { a: [1, 2] },
    update: { $push: { a: { $each: [8, 9], $position: 1 } } },
    after: { a: [1, 8, 9, 2] },
  },
  {
    doc: { a: [1, 2] },
    update: { $push: { a: { $each: [8, 9], $position: -1 } } },
    after: { a: [1, 8, 9, 2] },
  },
  {
    doc: { a: [1, 2] },
    update: { $push: { a: { $each: [9], $position: -9 } } },
    after: { a: [9, 1, 2] },
  },
  {
    doc: { a: [1, 2] },
    update: { $push: { a: { $each: [9], $position: 99n } } },
    after: { a: [1, 2, 9] },
  },
  same({ a: [1, 2] }, { $push: { a: { $each: [3], $slice: 2 } } }),
  {
    doc: { a: [1, 2] },
    update: { $push: { a: { $each: [3], $slice: -2 } } },
    after: { a: [2, 3] },
  },
  { doc: { a: [1, 2] }, update: { $push: { a: { $each: [3], $slice: 0 } } }, after: { a: [] } },
  {
    doc: { a: [3, 1] },
    update: { $push: { a: { $each: [2], $sort: 1 } } },
    after: { a: [1, 2, 3] },
  },
  {
    doc: { a: [3, 'x', 1] },
    update: { $push: { a: { $each: [], $sort: -1 } } },
    after: { a: ['x', 3, 1] },
  },
  {
    doc: {
      a: [
        { x: 1, y: 1 },
        { x: 2, y: 1 },
      ],
    },
    update: { $push: { a: { $each: [{ y: 0 }], $sort: { y: 1, x: -1 }, $slice: 2 } } },
    after: { a: [{ y: 0 }, { x: 2, y: 1 }] },
  },
  fails(
    { _id: 1, a: 5 },
    { $push: { a: 1 } },
    'BadValue',
    "The field 'a' must be an array but is of type int in document {_id: 1}",
  ),
  fails(
    {},
    { $push: { a: { $each: 1 } } },
    'BadValue',
    'The argument to $each in $push must be an array but it was of type: int',
  ),
  fails(
    {},
    { $push: { a: { $each: [], $foo: 1 } } },
    'BadValue',
    'Unrecognized clause in $push: $foo',
  ),
  fails(
    {},
    { $push: { a: { $each: [], $slice: 'x' } } },
    'BadValue',
    'The value for $slice must be an integer value but was given type: string',
  ),
  fails(
    {},
    { $push: { a: { $each: [], $sort: 2 } } },
    'BadValue',
    'The $sort element value must be either 1 or -1',
  ),
  fails({}, { $push: { a: { $each: [], $sort: {} } } }, 'BadValue', /sort pattern is empty/),
  fails(
    {},
    { $push: { a: { $each: [], $position: 'x' } } },
    'BadValue',
    'The value for $position must be an integer value, not of type: string',
  ),
])

cases('$addToSet', [
  { doc: { a: [1] }, update: { $addToSet: { a: 2 } }, after: { a: [1, 2] } },
  same({ a: [1] }, { $addToSet: { a: d(1) } }),
  same({ a: [{ x: 1, y: 2 }] }, { $addToSet: { a: { x: 1n, y: 2 } } }),
  {
    doc: { a: [{ x: 1, y: 2 }] },
    update: { $addToSet: { a: { y: 2, x: 1 } } },
    after: {
      a: [
        { x: 1, y: 2 },
        { y: 2, x: 1 },
      ],
    },
  },
  { doc: {}, update: { $addToSet: { a: { $each: [1, 1, 2] } } }, after: { a: [1, 2] } },
  { doc: { a: [] }, update: { $addToSet: { a: [1, 2] } }, after: { a: [[1, 2]] } },
  fails(
    { a: 1 },
    { $addToSet: { a: 1 } },
    'BadValue',
    "Cannot apply $addToSet to non-array field. Field named 'a' has non-array type int",
  ),
  fails(
    {},
    { $addToSet: { a: { $each: 1 } } },
    'TypeMismatch',
    'The argument to $each in $addToSet must be an array but it was of type int',
  ),
  fails(
    {},
    { $addToSet: { a: { $each: [], x: 1 } } },
    'BadValue',
    /^Found unexpected fields after \$each in \$addToSet/,
  ),
])

cases('$pop', [
  { doc: { a: [1, 2, 3] }, update: { $pop: { a: 1 } }, after: { a: [1, 2] } },
  { doc: { a: [1, 2, 3] }, update: { $pop: { a: d(-1) } }, after: { a: [2, 3] } },
  same({ a: [] }, { $pop: { a: 1, b: 1, 'c.d': 1 } }),
  fails(
    { a: 1 },
    { $pop: { a: 1 } },
    'TypeMismatch',
    "Path 'a' contains an element of non-array type 'int'",
  ),
  fails(
    { a: 'x' },
    { $pop: { 'a.b': 1 } },
    'PathNotViable',
    'Cannot use the part (b) of (a.b) to traverse the element ({a: "x"})',
  ),
  fails({}, { $pop: { a: 2 } }, 'FailedToParse', '$pop expects 1 or -1, found: a: 2'),
  fails({}, { $pop: { a: 'x' } }, 'FailedToParse', 'Expected a number in: a: "x"'),
])

cases('$pull and $pullAll', [
  { doc: { a: [1, 2, 1] }, update: { $pull: { a: 1 } }, after: { a: [2] } },
  { doc: { a: [1, 5, 9] }, update: { $pull: { a: { $gte: 5 } } }, after: { a: [1] } },
  { doc: { a: ['xy', 'z'] }, update: { $pull: { a: new Regex('^x') } }, after: { a: ['z'] } },
  {
    doc: { a: [{ b: 1, c: 2 }, { b: 2 }, 3] },
    update: { $pull: { a: { b: 1 } } },
    after: { a: [{ b: 2 }, 3] },
  },
  {
    doc: { a: [{ b: 1 }, { b: 9 }] },
    update: { $pull: { a: { b: { $gt: 5 } } } },
    after: { a: [{ b: 1 }] },
  },
  {
    doc: { a: [{ b: 1 }, { c: 9 }] },
    update: { $pull: { a: { $or: [{ b: 1 }, { c: 1 }] } } },
    after: { a: [{ c: 9 }] },
  },
  { doc: { a: [[1, 2], [3]] }, update: { $pull: { a: [3] } }, after: { a: [[1, 2]] } },
  { doc: { a: [null, 1] }, update: { $pull: { a: null } }, after: { a: [1] } },
  same({ a: [1] }, { $pull: { a: 2, b: 1 } }),
  fails({ a: 1 }, { $pull: { a: 1 } }, 'BadValue', 'Cannot apply $pull to a non-array value'),
  { doc: { a: [1, 2, d(1), 3] }, update: { $pullAll: { a: [1, 3] } }, after: { a: [2] } },
  fails(
    {},
    { $pullAll: { a: 1 } },
    'BadValue',
    '$pullAll requires an array argument but was given a int',
  ),
])

cases('$bit', [
  { doc: { a: 13 }, update: { $bit: { a: { and: 10 } } }, after: { a: 8 } },
  { doc: { a: 1 }, update: { $bit: { a: { or: 4, xor: 1 } } }, after: { a: 4 } },
  { doc: { a: 1 }, update: { $bit: { a: { or: 4n } } }, after: { a: 5n } },
  { doc: { a: -1n }, update: { $bit: { a: { and: -2 } } }, after: { a: -2n } },
  { doc: {}, update: { $bit: { a: { or: 5 } } }, after: { a: 5 } },
  same({ a: 5 }, { $bit: { a: { and: 5 } } }),
  fails(
    { _id: 1, a: d(1) },
    { $bit: { a: { and: 1 } } },
    'BadValue',
    'Cannot apply $bit to a value of non-integral type._id: 1 has the field a of non-integer type double',
  ),
  fails(
    {},
    { $bit: { a: { nand: 1 } } },
    'BadValue',
    /^The \$bit modifier only supports 'and', 'or', and 'xor', not 'nand'/,
  ),
  fails(
    {},
    { $bit: { a: { and: d(1) } } },
    'BadValue',
    "The $bit modifier field must be an Integer(32/64 bit); a 'double' is not supported here: {and: 1.0}",
  ),
  fails({}, { $bit: { a: {} } }, 'BadValue', /^You must pass in at least one bitwise operation/),
])

const at = (index: number) => ({ context: { matchedIndex: () => index } })
cases('positional $', [
  { doc: { a: [1, 2] }, update: { $set: { 'a.$': 9 } }, after: { a: [1, 9] }, ...at(1) },
  { doc: { a: [{ b: 1 }] }, update: { $inc: { 'a.$.b': 1 } }, after: { a: [{ b: 2 }] }, ...at(0) },
  {
    doc: { a: [{ b: 1 }] },
    update: { $inc: { 'a.$.b': 1 }, $set: { 'a.0.c': 3 } },
    after: { a: [{ b: 2, c: 3 }] },
    ...at(0),
  },
  { doc: {}, update: { $set: { 'a.$.b': 1 } }, after: { a: { '0': { b: 1 } } }, ...at(0) },
  fails(
    { a: [1] },
    { $set: { 'a.$': 9 } },
    'BadValue',
    'The positional operator did not find the match needed from the query.',
  ),
  fails(
    { a: [1] },
    { $set: { $: 9 } },
    'BadValue',
    "Cannot have positional (i.e. '$') element in the first position in path '$'",
  ),
  fails(
    { a: [1] },
    { $set: { 'a.$.$': 9 } },
    'BadValue',
    "Too many positional (i.e. '$') elements found in path 'a.$.$'",
  ),
  fails(
    { a: [1] },
    { $set: { 'a.$': 9, 'a.0': 1 } },
    'ConflictingUpdateOperators',
    "Update created a conflict at 'a.0'",
    at(0),
  ),
])

cases('$[] and $[identifier]', [
  { doc: { a: [1, 2] }, update: { $inc: { 'a.$[]': 1 } }, after: { a: [2, 3] } },
  { doc: { a: [[1], [2, 3]] }, update: { $mul: { 'a.$[].$[]': 2 } }, after: { a: [[2], [4, 6]] } },
  {
    doc: { a: [1, 5, 9] },
    update: { $set: { 'a.$[i]': 0 } },
    after: { a: [1, 0, 0] },
    arrayFilters: [{ i: { $gte: 5 } }],
  },
  {
    doc: {
      a: [
        { g: 1, q: [{ n: 1 }, { n: 5 }] },
        { g: 2, q: [{ n: 5 }] },
      ],
    },
    update: { $set: { 'a.$[x].q.$[y].s': true } },
    after: {
      a: [
        { g: 1, q: [{ n: 1 }, { n: 5, s: true }] },
        { g: 2, q: [{ n: 5 }] },
      ],
    },
    arrayFilters: [{ 'x.g': 1 }, { 'y.n': { $gt: 2 } }],
  },
  {
    doc: { a: [{ n: 1 }, { n: 5 }] },
    update: { $set: { 'a.$[].x': 1, 'a.$[i].y': 2 } },
    after: {
      a: [
        { n: 1, x: 1 },
        { n: 5, x: 1, y: 2 },
      ],
    },
    arrayFilters: [{ $or: [{ 'i.n': 5 }, { 'i.n': 6 }] }],
  },
  same({ a: [1] }, { $set: { 'a.$[i]': 0 } }, { arrayFilters: [{ i: 2 }] }),
  same({ a: [] }, { $set: { 'a.$[]': 0 } }),
  fails(
    { a: 1 },
    { $set: { 'a.$[]': 0 } },
    'BadValue',
    'Cannot apply array updates to non-array element a: 1',
  ),
  fails(
    {},
    { $set: { 'a.b.$[]': 0 } },
    'BadValue',
    "The path 'a.b' must exist in the document in order to apply array updates.",
  ),
  fails(
    {},
    { $set: { 'a.$[i]': 0 } },
    'BadValue',
    "No array filter found for identifier 'i' in path 'a.$[i]'",
  ),
  fails(
    {},
    { $set: { a: 0 } },
    'FailedToParse',
    "The array filter for identifier 'i' was not used in the update { $set: { a: 0 } }",
    { arrayFilters: [{ i: 1 }] },
  ),
  fails(
    {},
    { $set: { 'a.$[i]': 0 } },
    'FailedToParse',
    'Found multiple array filters with the same top-level field name i',
    { arrayFilters: [{ i: 1 }, { 'i.b': 1 }] },
  ),
  fails(
    {},
    { $set: { 'a.$[I]': 0 } },
    'BadValue',
    /must be an alphanumeric string beginning with a lowercase letter, found 'I'/,
    { arrayFilters: [{ I: 1 }] },
  ),
  fails(
    {},
    { $set: { 'a.$[i]': 0 } },
    'FailedToParse',
    /Expected a single top-level field name, found 'i' and 'j'/,
    { arrayFilters: [{ i: 1, j: 2 }] },
  ),
  fails({}, { $set: { 'a.$[i]': 0 } }, 'FailedToParse', /without a top-level field name/, {
    arrayFilters: [{}],
  }),
  fails(
    { a: [1] },
    { $set: { 'a.$[]': 0, 'a.$[i]': 1 } },
    'ConflictingUpdateOperators',
    "Update created a conflict at 'a.0'",
    { arrayFilters: [{ i: 1 }] },
  ),
  fails(
    {},
    { $set: { 'a.$[]': 0, 'a.0': 1 } },
    'ConflictingUpdateOperators',
    "Updating the path 'a.0' would create a conflict at 'a'",
  ),
])

cases('replacement', [
  { doc: { _id: 1, a: 1 }, update: { b: 2 }, after: { _id: 1, b: 2 } },
  { doc: { _id: 1, a: 1 }, update: { b: 2, _id: 1 }, after: { _id: 1, b: 2 } },
  { doc: { _id: 1, a: 1 }, update: {}, after: { _id: 1 } },
  same({ _id: 1, a: 1 }, { _id: 1, a: 1 }),
  fails(
    { _id: 1 },
    { _id: 2 },
    'ImmutableField',
    "After applying the update, the (immutable) field '_id' was found to have been altered to _id: 2",
  ),
  fails(
    { _id: 1 },
    { a: 1, $set: 2 },
    'DollarPrefixedFieldName',
    /'\$set' in '\$set' is not allowed in the context of an update's replacement document/,
  ),
  fails(
    { _id: 1 },
    { a: 1 },
    'FailedToParse',
    'arrayFilters may not be specified for replacement-style updates',
    { arrayFilters: [{ i: 1 }] },
  ),
])

describe('limits', () => {
  test('a document may not grow beyond 16 MiB', () => {
    check(
      fails(
        { a: 'x'.repeat(16_000_000) },
        { $set: { b: 'x'.repeat(1_000_000) } },
        'Location17419',
        /larger than/,
      ),
    )
  })

  test('a path may not nest too deeply', () => {
    const path = Array.from({ length: 181 }, () => 'a').join('.')
    check(
      fails(
        {},
        { $set: { [path]: 1 } },
        'Overflow',
        'Document exceeds maximum nesting depth of 180',
      ),
    )
  })

  test('many fields at once', () => {
    const names = Array.from({ length: 500 }, (_, i) => `f${String(i).padStart(3, '0')}`)
    const of = (value: (i: number) => number) =>
      Object.fromEntries(names.map((name, i) => [name, value(i)]))
    check({ doc: of((i) => i), update: { $inc: of(() => 1) }, after: of((i) => i + 1) })
    check({ doc: {}, update: { $set: of((i) => i) }, after: of((i) => i) })
  })
})

describe('pipeline', () => {
  const stages = () => {
    const bytes = encodeDocument({ u: [{ $set: { a: 1 } }] })
    return elementsOf(bytes, 0)[0].value
  }
  const context = { inserting: false, now: () => 0n }

  test('is compiled by the one who can', () => {
    const update = parseUpdate(stages(), {
      pipeline: (given) => {
        assert.equal(given.type, BsonType.array)
        return () => encodeDocument({ a: 1 })
      },
    })
    const { document, changed } = applyUpdate(update, encodeDocument({ _id: 5, z: 1 }), 0, context)
    assert.deepEqual(document, encodeDocument({ _id: 5, a: 1 }))
    assert.equal(changed, true)
  })

  test('is refused where none can', () => {
    assert.throws(() => parseUpdate(stages()), { codeName: 'CommandNotSupported' })
  })
})
