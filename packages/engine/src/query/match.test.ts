import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  Binary,
  BsonSymbol,
  DateTime,
  Decimal128,
  Double,
  encodeDocument,
  MaxKey,
  MinKey,
  ObjectId,
  Regex,
  Undefined,
  type Writable,
} from '@gantry/bson'
import { compileFilter } from './compile.js'
import { parseFilter } from './parse.js'

type Doc = { readonly [key: string]: Writable }

const d = (value: number) => new Double(value)
const dec = (text: string) => Decimal128.fromString(text)
const date = (ms: number) => DateTime.fromMs(ms)
const id = (last: string) => new ObjectId(last.padStart(24, '0'))
const NaN64 = d(Number.NaN)

/** A filter, documents that it matches, and documents that it does not. */
type Row = [filter: Doc, matching: Doc[], other: Doc[]]

const tables: { [name: string]: Row[] } = {
  equality: [
    [{}, [{}, { a: 1 }], []],
    [{ a: 1 }, [{ a: 1 }, { a: 1n }, { a: d(1) }, { a: dec('1.0') }], [{ a: 2 }, { a: '1' }, {}]],
    [{ a: d(0.5) }, [{ a: d(0.5) }, { a: dec('0.50') }], [{ a: 0 }, { a: d(0.25) }]],
    [{ a: 2n ** 53n + 1n }, [{ a: 2n ** 53n + 1n }], [{ a: 2n ** 53n }, { a: d(2 ** 53) }]],
    [{ a: d(2 ** 53) }, [{ a: 2n ** 53n }], [{ a: 2n ** 53n + 1n }]],
    [{ a: dec('0.1') }, [{ a: dec('0.10') }], [{ a: d(0.1) }]],
    [{ a: d(-0) }, [{ a: 0 }, { a: d(0) }, { a: dec('-0') }], [{ a: 1 }]],
    [{ a: NaN64 }, [{ a: NaN64 }, { a: dec('NaN') }], [{ a: 1 }, {}, { a: null }]],
    [{ a: d(Infinity) }, [{ a: dec('Infinity') }, { a: d(Infinity) }], [{ a: d(-Infinity) }]],
    [{ a: 'x' }, [{ a: 'x' }, { a: new BsonSymbol('x') }], [{ a: 'xy' }, { a: '' }, { a: 1 }]],
    [{ a: true }, [{ a: true }], [{ a: 1 }, { a: false }]],
    [{ a: date(5) }, [{ a: date(5) }], [{ a: 5n }, { a: date(6) }]],
    [{ a: id('1') }, [{ a: id('1') }], [{ a: id('2') }]],
    [
      { a: new Binary(Buffer.from('x'), 5) },
      [{ a: new Binary(Buffer.from('x'), 5) }],
      [{ a: new Binary(Buffer.from('x')) }],
    ],
    [
      { a: { b: 1 } },
      [{ a: { b: 1 } }, { a: { b: 1n } }, { a: [{ b: 1 }] }],
      [{ a: { b: 1, c: 1 } }],
    ],
    [{ a: { b: 1, c: 2 } }, [{ a: { b: 1, c: 2 } }], [{ a: { c: 2, b: 1 } }]],
    [{ a: {} }, [{ a: {} }], [{ a: { b: 1 } }, { a: [] }]],
    [
      { a: { $eq: new Regex('x') } },
      [{ a: new Regex('x') }],
      [{ a: 'x' }, { a: new Regex('x', 'i') }],
    ],
    [{ a: new MinKey() }, [{ a: new MinKey() }], [{ a: 1 }, {}]],
    [{ '': 1 }, [{ '': 1 }], [{ a: 1 }]],
    [{ $id: 1 }, [{ $id: 1 }], [{ $id: 2 }]],
    [{ a: { $ref: 'c', $id: 1 } }, [{ a: { $ref: 'c', $id: 1 } }], [{ a: { $ref: 'c', $id: 2 } }]],
  ],
  null: [
    [{ a: null }, [{}, { a: null }, { a: [null] }], [{ a: 0 }, { a: [] }, { a: new Undefined() }]],
    [
      { 'a.b': null },
      [{}, { a: 1 }, { a: {} }, { a: [{ b: 1 }, {}] }],
      [{ a: [] }, { a: [1] }, { a: { b: 1 } }],
    ],
    [{ a: { $gte: null } }, [{}, { a: null }], [{ a: 1 }]],
    [{ a: { $lte: null } }, [{}, { a: null }], [{ a: 1 }]],
    [{ a: { $gt: null } }, [], [{}, { a: null }, { a: 1 }]],
    [{ a: { $lt: null } }, [], [{}, { a: null }, { a: 1 }]],
    [{ a: { $ne: null } }, [{ a: 1 }, { a: [] }], [{}, { a: null }, { a: [1, null] }]],
    [{ a: { $in: [null, 1] } }, [{}, { a: null }, { a: 1 }], [{ a: 2 }]],
    [{ a: { $nin: [null] } }, [{ a: 1 }], [{}, { a: null }]],
  ],
  arrays: [
    [{ a: 1 }, [{ a: [1] }, { a: [0, 1] }], [{ a: [] }, { a: [[1]] }]],
    [{ a: [1] }, [{ a: [1] }, { a: [1n] }, { a: [[1], 2] }], [{ a: 1 }, { a: [1, 2] }]],
    [{ a: [] }, [{ a: [] }, { a: [[]] }], [{ a: [1] }]],
    [
      { 'a.0': 1 },
      [{ a: [1] }, { a: { 0: 1 } }, { a: [{ 0: 1 }] }, { a: [2, { 0: 1 }] }],
      [{ a: [2, 1] }, { a: [[1]] }],
    ],
    [{ 'a.0': [1] }, [{ a: [[1]] }], [{ a: [1] }]],
    [{ 'a.0.1': 2 }, [{ a: [[1, 2]] }], [{ a: [[2, 1]] }]],
    [
      { 'a.b': 1 },
      [{ a: [{ b: 1 }] }, { a: [{ b: [1] }] }, { a: { b: 1 } }],
      [{ a: [[{ b: 1 }]] }],
    ],
    [
      { 'a.0.b': 1 },
      [{ a: [{ b: 1 }] }, { a: [[{ b: 1 }]] }, { a: { 0: { b: 1 } } }],
      [{ a: [0, { b: 1 }] }],
    ],
    [{ 'a.1.b.c': 1 }, [{ a: [0, { b: [{ c: 1 }] }] }], [{ a: [{ b: { c: 1 } }] }]],
    [{ 'a.01': 1 }, [{ a: { '01': 1 } }], [{ a: [0, 1] }]],
    [{ a: { $gt: 5, $lt: 3 } }, [{ a: [1, 9] }], [{ a: [4] }, { a: 4 }]],
    [{ a: { $ne: 1 } }, [{ a: [2] }, {}, { a: [] }], [{ a: [1, 2] }]],
    [{ 'a.b': { $ne: 1 } }, [{ a: [{ b: 2 }] }, { a: [] }], [{ a: [{ b: 2 }, { b: 1 }] }]],
  ],
  order: [
    [
      { a: { $gt: 5 } },
      [{ a: 6 }, { a: 6n }, { a: d(5.5) }, { a: dec('5.1') }, { a: d(Infinity) }],
      [{ a: 5 }, { a: NaN64 }, { a: '6' }, {}],
    ],
    [{ a: { $gte: 5n } }, [{ a: 5 }, { a: 5n }], [{ a: 4 }, { a: d(4.9) }]],
    [
      { a: { $lt: d(2 ** 53) } },
      [{ a: 1 }, { a: -(2n ** 60n) }],
      [{ a: 2n ** 53n + 1n }, { a: NaN64 }],
    ],
    [
      { a: { $lt: 2n ** 60n + 1n } },
      [{ a: 2n ** 60n }, { a: d(2 ** 60) }, { a: 1 }],
      [{ a: 2n ** 60n + 1n }],
    ],
    [{ a: { $lte: dec('0.3') } }, [{ a: dec('0.30') }, { a: d(0.25) }], [{ a: dec('0.31') }]],
    [{ a: { $gte: NaN64 } }, [{ a: NaN64 }, { a: dec('NaN') }], [{ a: 1 }]],
    [{ a: { $gt: NaN64 } }, [], [{ a: NaN64 }, { a: 1 }]],
    [{ a: { $lt: NaN64 } }, [], [{ a: NaN64 }, { a: 1 }]],
    [{ a: { $lte: d(Infinity) } }, [{ a: d(Infinity) }, { a: 1 }], [{ a: NaN64 }]],
    [
      { a: { $gt: 'b' } },
      [{ a: 'ba' }, { a: 'c' }, { a: 'é' }],
      [{ a: 'b' }, { a: 'a' }, { a: 1 }],
    ],
    [{ a: { $lte: 'b' } }, [{ a: 'b' }, { a: '' }], [{ a: 'b\0' }]],
    [
      { a: { $gt: date(-5) } },
      [{ a: date(-4) }, { a: date(0) }],
      [{ a: date(-5) }, { a: date(-(2 ** 40)) }],
    ],
    [{ a: { $lt: id('ff') } }, [{ a: id('fe') }], [{ a: id('ff') }, { a: id('1ff') }]],
    [{ a: { $gt: false } }, [{ a: true }], [{ a: false }, { a: 1 }]],
    [{ a: { $lt: [2] } }, [{ a: [1, 9] }, { a: [] }], [{ a: [3] }, { a: 1 }]],
    [
      { a: { $gt: { b: 1 } } },
      [{ a: { b: 2 } }, { a: { c: 0 } }],
      [{ a: { b: 1 } }, { a: { b: 0 } }],
    ],
    [{ a: { $gt: new MinKey() } }, [{ a: 1 }, { a: null }], [{ a: new MinKey() }]],
    [{ a: { $gte: new MinKey() } }, [{ a: new MinKey() }, { a: 1 }], []],
    [{ a: { $lt: new MaxKey() } }, [{ a: 'x' }], [{ a: new MaxKey() }]],
    [{ a: { $gte: new MaxKey() } }, [{ a: new MaxKey() }], [{ a: 1 }]],
  ],
  '$in and $nin': [
    [{ a: { $in: [] } }, [], [{}, { a: 1 }]],
    [{ a: { $nin: [] } }, [{}, { a: 1 }], []],
    [
      { a: { $in: [1, 'x', id('1')] } },
      [
        { a: d(1) },
        { a: 1n },
        { a: dec('1') },
        { a: ['y', 'x'] },
        { a: id('1') },
        { a: new BsonSymbol('x') },
      ],
      [{ a: 2 }, { a: 'y' }, {}],
    ],
    [{ a: { $in: [dec('7')] } }, [{ a: 7 }, { a: d(7) }], [{ a: 8 }]],
    [{ a: { $in: [2n ** 60n + 1n] } }, [{ a: 2n ** 60n + 1n }], [{ a: 2n ** 60n }]],
    [{ a: { $in: [NaN64] } }, [{ a: NaN64 }, { a: dec('NaN') }], [{ a: 1 }]],
    [
      { a: { $in: [new Regex('^b'), 'z'] } },
      [{ a: 'bc' }, { a: 'z' }, { a: new Regex('^b') }],
      [{ a: 'cb' }],
    ],
    [{ a: { $in: [[1], { b: 1 }] } }, [{ a: [1] }, { a: [[1]] }, { a: { b: d(1) } }], [{ a: 1 }]],
    [{ a: { $nin: [1, 2] } }, [{}, { a: 3 }, { a: [3] }], [{ a: 1 }, { a: [3, 2] }]],
  ],
  logic: [
    [{ $and: [{ a: 1 }, { b: 2 }] }, [{ a: 1, b: 2 }], [{ a: 1 }, { b: 2 }]],
    [{ $or: [{ a: 1 }, { b: 2 }] }, [{ a: 1 }, { b: 2 }], [{ a: 2 }]],
    [{ $nor: [{ a: 1 }, { b: 2 }] }, [{}, { a: 2 }], [{ a: 1 }, { b: 2 }]],
    [{ a: { $not: { $gt: 5 } } }, [{ a: 5 }, {}, { a: 'x' }], [{ a: 6 }, { a: [1, 6] }]],
    [{ a: { $not: { $gt: 5, $lt: 9 } } }, [{ a: 9 }, { a: 5 }], [{ a: 7 }]],
    [{ a: { $not: new Regex('x') } }, [{ a: 'y' }, {}], [{ a: 'xy' }]],
    [{ a: { $not: { $regex: 'x' } } }, [{ a: 'y' }], [{ a: 'x' }]],
    [{ $alwaysTrue: 1 }, [{}], []],
    [{ $alwaysFalse: 1 }, [], [{}]],
    [{ $comment: 'why', a: 1 }, [{ a: 1 }], [{ a: 2 }]],
    [
      { a: 1, b: { $gt: 1 }, c: { $exists: false } },
      [{ a: 1, b: 2 }],
      [{ a: 1, b: 2, c: null }, { a: 1 }],
    ],
  ],
  '$exists and $type': [
    [{ a: { $exists: true } }, [{ a: null }, { a: [] }], [{}]],
    [{ a: { $exists: false } }, [{}], [{ a: null }]],
    [{ a: { $exists: d(0) } }, [{}], [{ a: 1 }]],
    [
      { 'a.b': { $exists: false } },
      [{}, { a: [] }, { a: [1, {}] }],
      [{ a: { b: null } }, { a: [{}, { b: 1 }] }],
    ],
    [{ a: { $type: 'string' } }, [{ a: 'x' }, { a: [1, 'x'] }], [{ a: 1 }, {}]],
    [{ a: { $type: 'number' } }, [{ a: 1 }, { a: 1n }, { a: d(1) }, { a: dec('1') }], [{ a: '1' }]],
    [{ a: { $type: 'array' } }, [{ a: [] }, { a: [[]] }], [{ a: 1 }]],
    [{ a: { $type: ['null', 16] } }, [{ a: null }, { a: 1 }], [{}, { a: 1n }]],
    [{ a: { $type: -1 } }, [{ a: new MinKey() }], [{ a: new MaxKey() }]],
  ],
  '$size, $all, $elemMatch': [
    [{ a: { $size: 2 } }, [{ a: [1, 2] }], [{ a: [1] }, { a: 'xy' }, {}, { a: [[1, 2]] }]],
    [{ a: { $size: d(0) } }, [{ a: [] }], [{ a: [1] }]],
    [{ 'a.b': { $size: 1 } }, [{ a: [{ b: [1] }] }], [{ a: [{ b: 1 }] }]],
    [{ a: { $all: [] } }, [], [{ a: [] }, {}]],
    [{ a: { $all: [1, 2] } }, [{ a: [2, 1] }], [{ a: [1] }, { a: 1 }]],
    [{ a: { $all: [1] } }, [{ a: 1 }, { a: [1] }], [{ a: 2 }]],
    [{ a: { $all: [[1, 2]] } }, [{ a: [1, 2] }, { a: [[1, 2]] }], [{ a: [1] }]],
    [{ a: { $all: [new Regex('^x'), 'y'] } }, [{ a: ['xx', 'y'] }], [{ a: ['y'] }]],
    [{ a: { $all: [null] } }, [{}, { a: [null] }], [{ a: [1] }]],
    [
      { a: { $all: [{ $elemMatch: { b: 1 } }, { $elemMatch: { b: 2 } }] } },
      [{ a: [{ b: 1 }, { b: 2 }] }],
      [{ a: [{ b: 1 }] }],
    ],
    [
      { a: { $elemMatch: { $gt: 3, $lt: 5 } } },
      [{ a: [4] }, { a: [9, 4] }],
      [{ a: [2, 6] }, { a: 4 }],
    ],
    [
      { a: { $elemMatch: { b: 1, c: 2 } } },
      [{ a: [{ b: 1, c: 2 }] }],
      [{ a: [{ b: 1 }, { c: 2 }] }, { a: { b: 1, c: 2 } }],
    ],
    [{ a: { $elemMatch: {} } }, [{ a: [{}] }, { a: [[]] }], [{ a: [] }, { a: [1] }]],
    [{ a: { $elemMatch: { $elemMatch: { $eq: 1 } } } }, [{ a: [[1]] }], [{ a: [1] }]],
    [{ a: { $elemMatch: { 0: 1 } } }, [{ a: [[1]] }, { a: [{ 0: 1 }] }], [{ a: [1] }]],
    [{ a: { $elemMatch: { $not: { $gte: 3 } } } }, [{ a: [1, 5] }], [{ a: [5] }, { a: [] }]],
    [
      { a: { $elemMatch: { $or: [{ b: 1 }, { c: 1 }] } } },
      [{ a: [{ c: 1 }] }],
      [{ a: [{ d: 1 }] }],
    ],
    [
      { 'a.b': { $elemMatch: { $gt: 1 } } },
      [{ a: [{ b: [2] }] }, { a: { b: [2] } }],
      [{ a: [{ b: 2 }] }],
    ],
    [{ a: { $elemMatch: { $ne: 1 } } }, [{ a: [1, 2] }], [{ a: [1] }, { a: [] }]],
    [
      { a: { $not: { $elemMatch: { b: 1 } } } },
      [{}, { a: [] }, { a: [{ b: 2 }] }],
      [{ a: [{ b: 1 }] }],
    ],
  ],
  $mod: [
    [
      { a: { $mod: [4, 0] } },
      [{ a: 8 }, { a: 8n }, { a: d(8.9) }, { a: dec('8.9') }, { a: [1, 4] }],
      [{ a: 5 }, { a: '8' }, { a: NaN64 }, {}],
    ],
    [{ a: { $mod: [3, -1] } }, [{ a: -4 }, { a: -4n }], [{ a: 4 }, { a: 2 }]],
    [{ a: { $mod: [d(3.9), dec('1.5')] } }, [{ a: 4 }], [{ a: 3 }]],
    [{ a: { $mod: [-3, 1] } }, [{ a: 4 }], [{ a: -4 }]],
    [{ a: { $mod: [2n ** 40n, 0] } }, [{ a: 0 }, { a: 2n ** 41n }], [{ a: 1 }]],
  ],
  bits: [
    [
      { a: { $bitsAllSet: [1, 5] } },
      [{ a: 34 }, { a: 35n }, { a: d(54) }, { a: -1 }, { a: new Binary(Buffer.from([0x22])) }],
      [{ a: 2 }, { a: d(34.5) }, { a: '34' }, {}],
    ],
    [
      { a: { $bitsAllClear: 3 } },
      [{ a: 4 }, { a: 0 }, { a: new Binary(Buffer.alloc(0)) }],
      [{ a: 1 }, { a: -1 }],
    ],
    [
      { a: { $bitsAnySet: new Binary(Buffer.from([0, 1])) } },
      [{ a: 256 }, { a: -1 }],
      [{ a: 255 }],
    ],
    [{ a: { $bitsAnyClear: [0, 1] } }, [{ a: 1 }, { a: 0 }], [{ a: 3 }]],
    [{ a: { $bitsAllSet: [200] } }, [{ a: -1 }], [{ a: 1 }, { a: new Binary(Buffer.from([255])) }]],
    [{ a: { $bitsAllSet: 0 } }, [{ a: 0 }, { a: 5 }], [{ a: 'x' }]],
    [{ a: { $bitsAnySet: 0 } }, [], [{ a: 5 }]],
  ],
  'regular expressions': [
    [
      { a: new Regex('^ab', 'i') },
      [{ a: 'ABC' }, { a: ['x', 'ab'] }, { a: new Regex('^ab', 'i') }, { a: new BsonSymbol('ab') }],
      [{ a: 'cab' }, { a: 1 }, { a: new Regex('^ab') }],
    ],
    [{ a: { $regex: 'b$' } }, [{ a: 'ab' }], [{ a: 'ba' }]],
    [{ a: { $regex: 'B', $options: 'i' } }, [{ a: 'ab' }], [{ a: 'a' }]],
    [{ a: { $options: 'i', $regex: 'B' } }, [{ a: 'ab' }], [{ a: 'a' }]],
    [{ a: { $regex: new Regex('B'), $options: 'i' } }, [{ a: 'ab' }], [{ a: 'a' }]],
    [{ a: { $regex: 'a', $ne: 'a' } }, [{ a: 'ab' }], [{ a: 'a' }]],
  ],
}

test('conditions may be very many', () => {
  const numbers = Array.from({ length: 3000 }, (_, i) => i)
  const fields = Object.fromEntries(numbers.slice(0, 100).map((i) => [`f${i}`, i]))
  for (const filter of [{ a: { $all: numbers } }, fields, { $or: numbers.map((a) => ({ a })) }]) {
    const encoded = encodeDocument(filter)
    const matches = compileFilter(parseFilter(encoded, 0))
    assert.equal(matches(encodeDocument({ ...fields, a: numbers }), 0), true)
    assert.equal(matches(encodeDocument({ f0: 0, a: [-1] }), 0), false)
  }
})

for (const [name, rows] of Object.entries(tables)) {
  describe(`filter: ${name}`, () => {
    for (const [filter, matching, other] of rows) {
      test(show(filter), () => {
        const encoded = encodeDocument(filter)
        const matches = compileFilter(parseFilter(encoded, 0))
        for (const doc of matching) {
          assert.equal(matches(encodeDocument(doc), 0), true, `should match ${show(doc)}`)
        }
        for (const doc of other) {
          assert.equal(matches(encodeDocument(doc), 0), false, `should not match ${show(doc)}`)
        }
      })
    }
  })
}

function show(doc: Doc): string {
  return JSON.stringify(doc, (_key, value) =>
    typeof value === 'bigint' ? `${value}n` : Object.is(value, Number.NaN) ? 'NaN' : value,
  )
}
