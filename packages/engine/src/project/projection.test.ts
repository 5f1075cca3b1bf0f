import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  BsonType,
  BsonWriter,
  Decimal128,
  Double,
  encodeDocument,
  RawValue,
  readString,
  type Writable,
} from '@gantry/bson'
import { documentText } from '../element-text.js'
import { CommandError } from '../errors.js'
import { elementsOf } from '../query/elements.js'
import { parseFilter } from '../query/parse.js'
import {
  compileAddition,
  compileExclusion,
  compileProjection,
  type Projection,
} from './projection.js'
import type { Compute } from './tree.js'

type Fields = { readonly [key: string]: Writable }

interface Case {
  readonly doc?: Fields
  readonly spec: Fields
  readonly out?: Fields
  readonly filter?: Fields
  readonly error?: number | string
  readonly dialect?: 'aggregate'
}

const d = (value: number) => new Double(value)

/** A little language of expressions: `"$name"` is a top-level field, all else stands for itself. */
function expression(value: RawValue): Compute {
  const text = value.type === BsonType.string ? readString(value.buf, value.at) : ''
  if (!text.startsWith('$')) return () => value
  return (buf, doc) => elementsOf(buf, doc).find(({ name }) => `$${name}` === text)?.value
}

function compile({ spec, filter, dialect }: Case): Projection {
  const query = filter && encodeDocument(filter)
  return compileProjection(RawValue.document(encodeDocument(spec)), {
    dialect,
    expression,
    isOperator: (name) => ['$literal', '$meta', '$slice', '$elemMatch'].includes(name),
    filter: query && parseFilter(query, 0),
  })
}

function checkOutput(projection: Projection, doc: Fields, out: Fields): void {
  // Behind other bytes, as a document lies in a page.
  const buf = Buffer.concat([Buffer.alloc(3, 0xee), encodeDocument(doc), Buffer.alloc(3, 0xee)])
  const result = projection.apply(buf, 3)
  assert.equal(documentText(result, 0), documentText(encodeDocument(out), 0))
  assert.deepEqual(Buffer.from(result), encodeDocument(out))
  const writer = new BsonWriter()
  const mark = writer.beginDocument()
  writer.name(BsonType.object, 'value')
  projection.writeTo(writer, buf, 3)
  writer.end(mark)
  assert.deepEqual(writer.take(), encodeDocument({ value: out }))
}

function check(testCase: Case): void {
  const { doc = {}, out = {}, error } = testCase
  if (error === undefined) {
    checkOutput(compile(testCase), doc, out)
    return
  }
  assert.throws(
    () => compile(testCase).apply(encodeDocument(doc), 0),
    (thrown) => {
      assert.ok(thrown instanceof CommandError, String(thrown))
      assert.equal(typeof error === 'number' ? thrown.code : thrown.codeName, error)
      return true
    },
  )
}

function cases(title: string, list: readonly Case[]): void {
  describe(title, () => {
    for (const testCase of list) {
      const { spec, doc = {}, error } = testCase
      const on = documentText(encodeDocument(doc), 0)
      const of = documentText(encodeDocument(spec), 0)
      test(`${of} of ${on}${error === undefined ? '' : `: ${error}`}`, () => check(testCase))
    }
  })
}

const abc = { _id: 1, a: 1, b: d(2), c: 3n }

cases('inclusion', [
  { doc: abc, spec: { a: 1 }, out: { _id: 1, a: 1 } },
  { doc: abc, spec: { c: true, a: d(0.5) }, out: { _id: 1, a: 1, c: 3n } },
  { doc: abc, spec: { a: 1, _id: 0 }, out: { a: 1 } },
  { doc: abc, spec: { _id: 0, a: 1 }, out: { a: 1 } },
  { doc: abc, spec: { _id: 1 }, out: { _id: 1 } },
  { doc: abc, spec: { x: 1 }, out: { _id: 1 } },
  { doc: { z: 1, _id: 2 }, spec: { z: Decimal128.fromString('1') }, out: { z: 1, _id: 2 } },
  { doc: abc, spec: { _id: 1, a: 1, b: 1, c: 1, d: 1, e: 1 }, out: abc },
  { doc: { a: { b: 1, c: 2 }, d: 3 }, spec: { 'a.b': 1 }, out: { a: { b: 1 } } },
  { doc: { a: { b: 1, c: 2 }, d: 3 }, spec: { a: { b: 1 }, d: 1 }, out: { a: { b: 1 }, d: 3 } },
  { doc: { a: { b: { c: 1, d: 2 } } }, spec: { a: { 'b.c': 1 } }, out: { a: { b: { c: 1 } } } },
  { doc: { a: 5 }, spec: { 'a.b': 1 }, out: {} },
  { doc: { a: {} }, spec: { 'a.b': 1 }, out: { a: {} } },
  {
    doc: { a: [{ b: 1, c: 2 }, 5, [{ b: 3, c: 4 }, 6], { c: 1 }] },
    spec: { 'a.b': 1 },
    out: { a: [{ b: 1 }, [{ b: 3 }], {}] },
  },
  { doc: { _id: { x: 1, y: 2 }, a: 1 }, spec: { '_id.x': 1 }, out: { _id: { x: 1 } } },
])

cases('exclusion', [
  { doc: abc, spec: { a: 0 }, out: { _id: 1, b: d(2), c: 3n } },
  { doc: abc, spec: { a: false, _id: 0 }, out: { b: d(2), c: 3n } },
  { doc: abc, spec: { _id: 0 }, out: { a: 1, b: d(2), c: 3n } },
  { doc: abc, spec: { _id: 1, a: 0 }, out: { _id: 1, b: d(2), c: 3n } },
  { doc: abc, spec: {}, out: abc },
  { doc: { a: { b: 1, c: 2 }, d: 3 }, spec: { 'a.b': 0 }, out: { a: { c: 2 }, d: 3 } },
  { doc: { a: 5 }, spec: { 'a.b': 0 }, out: { a: 5 } },
  {
    doc: { a: [{ b: 1, c: 2 }, 5, [{ b: 3, c: 4 }, 6], { c: 1 }] },
    spec: { 'a.b': 0 },
    out: { a: [{ c: 2 }, 5, [{ c: 4 }, 6], { c: 1 }] },
  },
])

cases('computed fields', [
  { doc: abc, spec: { z: '$a', y: 'text' }, out: { _id: 1, z: 1, y: 'text' } },
  { doc: abc, spec: { z: '$a', b: 1 }, out: { _id: 1, b: d(2), z: 1 } },
  { doc: abc, spec: { a: '$c', b: 1 }, out: { _id: 1, b: d(2), a: 3n } },
  { doc: abc, spec: { z: '$none' }, out: { _id: 1 } },
  { doc: abc, spec: { _id: '$a', b: 1 }, out: { b: d(2), _id: 1 } },
  { doc: { a: { b: 1, c: 2 }, z: 9 }, spec: { 'a.d': '$z', 'a.b': 1 }, out: { a: { b: 1, d: 9 } } },
  { doc: { z: 9 }, spec: { 'a.b': '$z' }, out: { a: { b: 9 } } },
  { doc: { a: 5, z: 9 }, spec: { 'a.b': '$z' }, out: { a: { b: 9 } } },
  { doc: { a: [1, { c: 2 }], z: 9 }, spec: { 'a.b': '$z' }, out: { a: [{ b: 9 }, { b: 9 }] } },
  { spec: { a: { $unknown: 1 } }, error: 31325 },
])

const numbers = { _id: 1, a: [1, 2, 3, 4], b: 5 }
cases('$slice', [
  { doc: numbers, spec: { a: { $slice: 2 } }, out: { _id: 1, a: [1, 2], b: 5 } },
  { doc: numbers, spec: { a: { $slice: -1n } }, out: { _id: 1, a: [4], b: 5 } },
  { doc: numbers, spec: { a: { $slice: 0 } }, out: { _id: 1, a: [], b: 5 } },
  { doc: numbers, spec: { a: { $slice: [1, 2] } }, out: { _id: 1, a: [2, 3], b: 5 } },
  { doc: numbers, spec: { a: { $slice: [-3, d(2.9)] } }, out: { _id: 1, a: [2, 3], b: 5 } },
  { doc: numbers, spec: { a: { $slice: [-9, 1] } }, out: { _id: 1, a: [1], b: 5 } },
  { doc: numbers, spec: { a: { $slice: [9, 1] } }, out: { _id: 1, a: [], b: 5 } },
  { doc: numbers, spec: { a: { $slice: 1 }, b: 0 }, out: { _id: 1, a: [1] } },
  { doc: { ...numbers, c: 1 }, spec: { b: 1, a: { $slice: 1 } }, out: { _id: 1, a: [1], b: 5 } },
  { doc: numbers, spec: { a: { $slice: 1 }, _id: 1 }, out: { _id: 1, a: [1] } },
  { doc: numbers, spec: { b: { $slice: 1 } }, out: numbers },
  { doc: { a: [{ b: [1, 2] }, 3] }, spec: { 'a.b': { $slice: 1 } }, out: { a: [{ b: [1] }, 3] } },
  { doc: numbers, spec: { a: { $slice: [1, 0] } }, error: 28724 },
  { doc: numbers, spec: { a: { $slice: 1 }, 'a.b': 1 }, error: 31249 },
])

cases('$elemMatch', [
  { doc: numbers, spec: { a: { $elemMatch: { $gt: 2 } } }, out: { _id: 1, a: [3] } },
  { doc: numbers, spec: { a: { $elemMatch: { $gt: 9 } } }, out: { _id: 1 } },
  { doc: numbers, spec: { b: { $elemMatch: { $gt: 2 } } }, out: { _id: 1 } },
  { doc: numbers, spec: { a: { $elemMatch: { $gt: 2 } }, b: 1 }, out: { _id: 1, b: 5, a: [3] } },
  { doc: numbers, spec: { b: 0, a: { $elemMatch: { $gt: 2 } } }, out: { _id: 1, a: [3] } },
  {
    doc: { a: [{ x: 1 }, { x: 2, y: 1 }, { x: 2, y: 2 }] },
    spec: { a: { $elemMatch: { x: 2 } } },
    out: { a: [{ x: 2, y: 1 }] },
  },
  { spec: { a: { $elemMatch: 1 } }, error: 31274 },
  { spec: { 'a.b': { $elemMatch: {} } }, error: 31275 },
  { spec: { 'b.$': 1, a: { $elemMatch: {} } }, error: 31255 },
  { spec: { a: { $elemMatch: {} }, 'b.$': 1 }, error: 31256 },
  { spec: { a: { $elemMatch: {}, x: 1 } }, error: 16410 },
])

cases('positional $', [
  { doc: numbers, filter: { a: { $gte: 3 } }, spec: { 'a.$': 1 }, out: { _id: 1, a: [3] } },
  { doc: numbers, filter: { a: 4 }, spec: { 'a.$': 1, b: 1 }, out: { _id: 1, a: [4], b: 5 } },
  {
    doc: { a: { b: [1, 2], c: 3 } },
    filter: { 'a.b': 2 },
    spec: { 'a.b.$': 1 },
    out: { a: { b: [2] } },
  },
  {
    doc: {
      a: [
        { b: [1, 2], c: 1 },
        { b: [3, 4], c: 2 },
      ],
    },
    filter: { 'a.b': 3 },
    spec: { 'a.b.$': 1 },
    out: { a: [{ b: [3, 4] }] },
  },
  { doc: numbers, filter: { b: 5 }, spec: { 'b.$': 1 }, out: { _id: 1, b: 5 } },
  { doc: numbers, filter: { b: 5 }, spec: { 'a.$': 1 }, error: 51246 },
  { doc: numbers, spec: { 'a.$': 1 }, error: 51246 },
  { doc: { a: [1], b: [1, 2] }, filter: { b: 2 }, spec: { 'a.$': 1 }, error: 51247 },
  { spec: { 'a.$.b': 1 }, error: 31394 },
  { spec: { 'a.$': 1, 'b.$': 1 }, error: 31276 },
  { spec: { 'a.$': 0 }, error: 31395 },
  { spec: { 'a.$': 'x' }, error: 31308 },
  { spec: { 'a.$': { $slice: 1 } }, error: 31271 },
  { spec: { $: 1 }, error: 16410 },
  { spec: { 'a.$': 1, 'a.b': 1 }, error: 31249 },
  { spec: { 'a.$': 1 }, dialect: 'aggregate', error: 31324 },
])

cases('errors', [
  { spec: { a: 1, b: 0 }, error: 31254 },
  { spec: { a: 0, b: 1 }, error: 31253 },
  { spec: { a: 0, b: { $literal: 1 } }, error: 31252 },
  { spec: { a: 0, b: 'x' }, error: 31310 },
  { spec: { a: 'x', b: 0 }, error: 31254 },
  { spec: { a: 1, 'a.b': 1 }, error: 31249 },
  { spec: { 'a.b': 1, a: 1 }, error: 31250 },
  { spec: { a: { b: 1 }, 'a.b': 1 }, error: 31250 },
  { spec: { a: {} }, error: 51270 },
  { spec: {}, dialect: 'aggregate', error: 51272 },
  { spec: { '': 1 }, error: 40352 },
  { spec: { 'a.': 1 }, error: 40353 },
  { spec: { '.a': 1 }, error: 15998 },
  { spec: { 'a..b': 1 }, error: 15998 },
  { spec: { $a: 1 }, error: 16410 },
  { spec: { 'a.$b': 1 }, error: 16410 },
  { spec: { [new Array(201).fill('a').join('.')]: 1 }, error: 'Overflow' },
])

test('without a compiler of expressions computed fields are refused', () => {
  const spec = RawValue.document(encodeDocument({ a: '$b' }))
  assert.throws(() => compileProjection(spec, {}), { codeName: 'CommandNotSupported' })
})

describe('onlyPaths', () => {
  const of = (spec: Fields) => compile({ spec }).onlyPaths
  test('names the fields of a plain inclusion', () => {
    assert.deepEqual(of({ a: 1, 'b.c': 1, _id: 0 }), ['a', 'b.c'])
    assert.deepEqual(of({ a: 1 }), ['a', '_id'])
  })
  test('is undefined for all else', () => {
    assert.equal(of({ a: 0 }), undefined)
    assert.equal(of({ a: 1, b: '$c' }), undefined)
    assert.equal(of({ a: { $slice: 1 }, b: 1 }), undefined)
  })
})

describe('compileExclusion', () => {
  test('takes fields away', () => {
    checkOutput(compileExclusion(['a', 'b.c']), { a: 1, b: { c: 1, d: 2 } }, { b: { d: 2 } })
  })
  test('refuses overlapping paths', () => {
    assert.throws(() => compileExclusion(['a', 'a.b']), { code: 31249 })
  })
})

describe('compileAddition', () => {
  const constant =
    (value: Writable | undefined): Compute =>
    () =>
      value
  const list: [[string, Writable | undefined][], Fields, Fields][] = [
    [[['z', 1]], { a: 1 }, { a: 1, z: 1 }],
    [[['a', 9]], { a: 1, b: 2 }, { a: 9, b: 2 }],
    [[['a', undefined]], { a: 1, b: 2 }, { b: 2 }],
    [[['a.x', 9]], { a: { x: 1, y: 2 }, b: 2 }, { a: { x: 9, y: 2 }, b: 2 }],
    [[['a.x', 9]], { a: [{ y: 1 }, 5, [6]] }, { a: [{ y: 1, x: 9 }, { x: 9 }, [{ x: 9 }]] }],
    [[['a.x.y', 9]], { a: 1 }, { a: { x: { y: 9 } } }],
    [
      [
        ['a.x', 9],
        ['a.y', 8],
      ],
      {},
      { a: { x: 9, y: 8 } },
    ],
  ]
  for (const [fields, doc, out] of list) {
    test(`${fields.map(([path]) => path)} to ${documentText(encodeDocument(doc), 0)}`, () => {
      const computed = fields.map(([path, value]) => [path, constant(value)] as const)
      checkOutput(compileAddition(computed), doc, out)
    })
  }
})
