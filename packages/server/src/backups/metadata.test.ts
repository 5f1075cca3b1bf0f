import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Double, type Value } from '@gantry/bson'
import { DamagedDump } from './dump.js'
import { metadataText, readMetadata } from './metadata.js'

const doc = (fields: Record<string, Value>) => new Map(Object.entries(fields))

describe('metadata of a collection', () => {
  test('is written as mongodump writes it', () => {
    const text = metadataText({
      db: 'shop',
      name: 'people',
      type: 'collection',
      options: doc({ capped: true, size: 4096n }),
      indexes: [doc({ v: 2, key: doc({ _id: 1 }), name: '_id_' })],
      uuid: Buffer.from('98c89709107a493aa4a209fe14bceb22', 'hex'),
    })
    assert.equal(
      text,
      '{"options":{"capped":true,"size":{"$numberLong":"4096"}},"indexes":[{"v":{"$numberInt":"2"},' +
        '"key":{"_id":{"$numberInt":"1"}},"name":"_id_"}],"uuid":"98c89709107a493aa4a209fe14bceb22",' +
        '"collectionName":"people","type":"collection"}',
    )
  })

  test('comes back as it was, types included', () => {
    const view = {
      db: 'shop',
      name: 'v',
      type: 'view' as const,
      options: doc({ viewOn: 'people', pipeline: [doc({ $match: doc({ n: new Double(1) }) })] }),
      indexes: [],
    }
    assert.deepEqual(readMetadata(Buffer.from(metadataText(view)), 'shop', 'x'), view)
  })

  test('of old mongodumps, with plain numbers and no name, is read', () => {
    const text = '{"options":{},"indexes":[{"v":1,"key":{"a":-1},"name":"a_-1","ns":"d.c"}]}'
    const read = readMetadata(Buffer.from(text), 'd', 'c')
    assert.deepEqual([read.name, read.type, read.uuid], ['c', 'collection', undefined])
    assert.deepEqual(read.indexes, [doc({ v: 1, key: doc({ a: -1 }), name: 'a_-1', ns: 'd.c' })])
  })

  test('that is damaged is refused by name', () => {
    assert.throws(
      () => readMetadata(Buffer.from('{"indexes":['), 'd', 'c'),
      (error) => {
        assert.ok(error instanceof DamagedDump)
        return /d\.c/.test(error.message)
      },
    )
  })
})
