import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { BSON, MongoClient } from 'mongodb'
import { type EngineServer, startEngineServer } from '../support/engine-server.js'

let server: EngineServer
let client: MongoClient
before(async () => {
  server = await startEngineServer()
  client = new MongoClient(server.uri())
})
after(async () => {
  await client?.close()
  await server?.close()
})

/** Canonical Extended JSON of each type, with the corners of its range. */
const values: Readonly<Record<string, readonly unknown[]>> = {
  double: [
    { $numberDouble: '1.5' },
    { $numberDouble: '1.0' },
    { $numberDouble: '-0.0' },
    { $numberDouble: 'NaN' },
    { $numberDouble: 'Infinity' },
    { $numberDouble: '-Infinity' },
    { $numberDouble: '5e-324' },
    { $numberDouble: '1.7976931348623157e+308' },
  ],
  string: ['', 'plain', 'naïve 🙂 \u0000 within', '\uffff'],
  document: [{}, { b: { $numberInt: '1' }, a: { '': null } }, { $dollar: 'x', 'dotted.name': 'y' }],
  array: [[], [{ $numberInt: '1' }, [{ $numberInt: '2' }], { a: [] }]],
  binData: [0, 1, 2, 3, 4, 5, 6, 7, 8, 128, 255].map((subType) => ({
    $binary: {
      base64: subType === 2 ? 'BAAAAAECAwQ=' : 'AQIDBAUGBwgJCgsMDQ4PEA==',
      subType: subType.toString(16).padStart(2, '0'),
    },
  })),
  objectId: [{ $oid: '000000000000000000000000' }, { $oid: 'ffffffffffffffffffffffff' }],
  bool: [true, false],
  date: [
    { $date: { $numberLong: '0' } },
    { $date: { $numberLong: '-1' } },
    { $date: { $numberLong: '253402300800000' } },
  ],
  null: [null],
  regex: [
    { $regularExpression: { pattern: '', options: '' } },
    { $regularExpression: { pattern: '^a/b"\\d+$', options: 'imsx' } },
  ],
  dbPointer: [{ $dbPointer: { $ref: 'db.collection', $id: { $oid: '56e1fc72e0c917e9c4714161' } } }],
  code: [{ $code: '' }, { $code: 'function () { return 1 }' }],
  codeWithScope: [{ $code: 'return x', $scope: { x: { $numberInt: '1' } } }],
  symbol: [{ $symbol: 'a symbol' }],
  int: [{ $numberInt: '0' }, { $numberInt: '2147483647' }, { $numberInt: '-2147483648' }],
  timestamp: [
    { $timestamp: { t: 1, i: 1 } },
    { $timestamp: { t: 4294967295, i: 4294967295 } },
    { $timestamp: { t: 123, i: 0 } },
  ],
  long: [
    { $numberLong: '0' },
    { $numberLong: '9223372036854775807' },
    { $numberLong: '-9223372036854775808' },
  ],
  decimal: [
    '0',
    '-0',
    '1.000',
    '9.999999999999999999999999999999999E+6144',
    '1E-6176',
    'NaN',
    'Infinity',
    '-Infinity',
  ].map(($numberDecimal) => ({ $numberDecimal })),
  minKey: [{ $minKey: 1 }],
  maxKey: [{ $maxKey: 1 }],
  undefined: [{ $undefined: true }],
}

function parsed(value: unknown): unknown {
  return BSON.EJSON.parse(JSON.stringify({ value }), { relaxed: false }).value
}

/** The bson library does not write undefined and DBPointer, so the bytes of their elements are made here. */
const unwritable: Readonly<Partial<Record<string, (value: unknown) => Buffer>>> = {
  undefined: () => element(0x06, Buffer.alloc(0)),
  dbPointer(value) {
    const { $ref, $id } = (value as { $dbPointer: { $ref: string; $id: { $oid: string } } })
      .$dbPointer
    const text = Buffer.from(`${$ref}\0`)
    const length = Buffer.alloc(4)
    length.writeInt32LE(text.length)
    return element(0x0c, Buffer.concat([length, text, Buffer.from($id.$oid, 'hex')]))
  },
}

function element(type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), Buffer.from('v\0'), value])
}

function documentOf(elements: Uint8Array): Buffer {
  const doc = Buffer.concat([Buffer.alloc(4), elements, Buffer.alloc(1)])
  doc.writeInt32LE(doc.length)
  return doc
}

/** Inserts bytes as they are, past the driver. */
async function insertRaw(collection: string, doc: Buffer): Promise<void> {
  const session = server.engine.connect({ internal: true })
  const body = Buffer.from(BSON.serialize({ insert: collection, $db: 'types' }))
  const reply = await server.engine.run(session, {
    body,
    sequences: new Map([['documents', [doc]]]),
  })
  assert.equal(reply.n, 1)
}

describe('a value of type', () => {
  for (const [name, cases] of Object.entries(values)) {
    test(`${name} comes out byte for byte as it went in`, async () => {
      const collection = client.db('types').collection<{ _id: number; v: unknown }>(name)
      for (const [_id, value] of cases.entries()) {
        const bytesOf = unwritable[name]
        const v = Buffer.from(
          bytesOf ? bytesOf(value) : BSON.serialize({ v: parsed(value) }).subarray(4, -1),
        )
        const doc = documentOf(Buffer.concat([BSON.serialize({ _id }).subarray(4, -1), v]))
        if (bytesOf) await insertRaw(name, doc)
        else await collection.insertOne({ _id, v: parsed(value) })
        const text = JSON.stringify(value)

        const found = await collection.findOne({ _id }, { raw: true })
        assert.deepEqual(Buffer.from(found as never), doc, text)
        const change = { $set: { touched: true } }
        const after = { raw: true, returnDocument: 'after' } as const
        const updated = await collection.findOneAndUpdate({ _id }, change, after)
        assert.ok(Buffer.from(updated as never).includes(v), `${text} after an update`)
        const pipeline = [{ $match: { _id } }, { $project: { _id: 0, v: 1 } }]
        const [projected] = await collection.aggregate(pipeline, { raw: true }).toArray()
        assert.deepEqual(Buffer.from(projected as never), documentOf(v), `${text} projected`)
      }
    })
  }
})
