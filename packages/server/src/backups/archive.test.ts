import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeDocument } from '@gantry/bson'
import { contentOf, docOf, sourceOf } from '../testing/dump-sources.js'
import { Crc64 } from './crc64.js'
import { DamagedDump } from './dump.js'
import { openArchive } from './read-archive.js'
import { archiveOf } from './write-archive.js'

async function bytesOf(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** In pieces of a size, so that every boundary is crossed somewhere. */
async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const hex = (...parts: readonly string[]) =>
  Buffer.from(parts.join('').replaceAll(/\s/g, ''), 'hex')
const text = (value: string) => Buffer.from(value).toString('hex')
const END = 'ffffffff'

/** `{ _id: n }` as BSON. */
const document = (n: number) => `0e000000 10 ${text('_id')}00 0${n}000000 00`

/** The header of a block, or of the end of a collection, field by field. */
function header(db: string, collection: string, eof: boolean, crc: string): string {
  const fields = [
    `02 ${text('db')}00 0${db.length + 1}000000 ${text(db)}00`,
    `02 ${text('collection')}00 0${collection.length + 1}000000 ${text(collection)}00`,
    `08 ${text('EOF')}00 0${eof ? 1 : 0}`,
    `12 ${text('CRC')}00 ${crc}`,
    '00',
  ].join('')
  const length = Buffer.alloc(4)
  length.writeInt32LE(hex(fields).length + 4)
  return length.toString('hex') + fields
}

function crcOf(documents: string): string {
  const crc = new Crc64()
  crc.update(hex(documents))
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(crc.digest())
  return bytes.toString('hex')
}

/** The archive of `d.a` with two documents, written down byte by byte. */
function archiveInBytes(): Buffer {
  const metadata = '{"indexes":[],"collectionName":"a","type":"collection"}'
  const prelude = [
    '6de29981',
    `60000000 10 ${text('concurrent_collections')}00 01000000`,
    `02 ${text('version')}00 04000000 ${text('0.1')}00`,
    `02 ${text('server_version')}00 06000000 ${text('8.0.0')}00`,
    `02 ${text('tool_version')}00 02000000 ${text('1')}00 00`,
    `86000000 02 ${text('db')}00 02000000 ${text('d')}00`,
    `02 ${text('collection')}00 02000000 ${text('a')}00`,
    `02 ${text('metadata')}00 38000000 ${text(metadata)}00`,
    `10 ${text('size')}00 00000000`,
    `02 ${text('type')}00 0b000000 ${text('collection')}00 00`,
  ]
  const documents = document(1) + document(2)
  const body = [header('d', 'a', false, '0000000000000000'), documents, END]
  const end = [header('d', 'a', true, crcOf(documents)), END]
  return hex(...prelude, END, ...body, ...end)
}

const two = sourceOf({ 'd.a': [docOf({ _id: 1 }), docOf({ _id: 2 })] })

describe('an archive', () => {
  test('is written byte for byte as the format says', async () => {
    const written = await bytesOf(archiveOf(two, '1'))
    const expected = archiveInBytes()
    assert.equal(written.toString('hex'), expected.toString('hex'))
  })

  test('is read however it is cut', async () => {
    const bytes = archiveInBytes()
    for (const size of [1, 2, 3, 5, 7, 64, bytes.length]) {
      const dump = await openArchive(cut(bytes, size))
      assert.deepEqual(
        dump.collections.map(({ db, name }) => [db, name]),
        [['d', 'a']],
      )
      assert.deepEqual(await contentOf(dump), {
        'd.a': [hex(document(1), document(2)).toString('hex'), 2],
      })
    }
  })

  test('with collections mixed, as mongodump writes them, is read', async () => {
    const source = sourceOf({ 'd.a': [], 'd.b': [] })
    const empty = await bytesOf(archiveOf(source, '1'))
    const prelude = empty.subarray(0, empty.indexOf(hex(END)) + 4)
    const mixed = [
      header('d', 'a', false, '0000000000000000') + document(1) + END,
      header('d', 'b', false, '0000000000000000') + document(3) + END,
      header('d', 'a', false, '0000000000000000') + document(2) + END,
      header('d', 'a', true, crcOf(document(1) + document(2))) + END,
      header('d', 'b', true, crcOf(document(3))) + END,
    ]
    const dump = await openArchive(cut(Buffer.concat([prelude, hex(...mixed)]), 10))
    assert.deepEqual(await contentOf(dump), {
      'd.a': [hex(document(1), document(2)).toString('hex'), 2],
      'd.b': [hex(document(3)).toString('hex'), 1],
    })
  })

  test('keeps empty collections, views and the oplog', async () => {
    const source = sourceOf(
      { 'd.a': [docOf({ _id: 1 })], 'd.none': [] },
      ['d.v'],
      [docOf({ op: 'n' })],
    )
    const dump = await openArchive(archiveOf(source, '1'))
    assert.equal(dump.hasOplog, true)
    assert.deepEqual(
      dump.collections.map(({ name, type }) => [name, type]),
      [
        ['a', 'collection'],
        ['none', 'collection'],
        ['v', 'view'],
      ],
    )
    assert.deepEqual(await contentOf(dump), {
      'd.a': [hex(document(1)).toString('hex'), 1],
      'd.none': ['', 0],
      'd.v': ['', 0],
      oplog: [encodeDocument({ op: 'n' }).toString('hex'), 1],
    })
  })

  test('that is cut off anywhere is found out', async () => {
    const bytes = archiveInBytes()
    for (let length = 0; length < bytes.length; length++) {
      const read = async () => contentOf(await openArchive(cut(bytes.subarray(0, length), 1000)))
      await assert.rejects(read, DamagedDump, `${length} of ${bytes.length} bytes`)
    }
  })

  test('with one bit of a document changed is found out', async () => {
    const bytes = archiveInBytes()
    bytes[bytes.indexOf(hex(document(2))) + 9] ^= 1
    const read = async () => contentOf(await openArchive(cut(bytes, 1000)))
    await assert.rejects(read, /checksum of d\.a/)
  })

  test('of another kind is refused', async () => {
    await assert.rejects(openArchive(cut(Buffer.from('PK and so on'), 100)), /no archive/)
  })
})
