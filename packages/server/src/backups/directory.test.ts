import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { encodeDocument } from '@gantry/bson'
import { contentOf, docOf, sourceOf } from '../testing/dump-sources.js'
import { memoryFiles } from '../testing/memory-files.js'
import { DamagedDump } from './dump.js'
import { openDirectory } from './read-directory.js'
import { writeDirectory } from './write-directory.js'

const documents = [1, 2, 3].map((_id) => docOf({ _id }))
const bytes = Buffer.concat(documents.map((doc) => encodeDocument(doc)))
const source = sourceOf(
  { 'shop.a/b c': documents, 'shop.none': [] },
  ['shop.v'],
  [docOf({ op: 'n' })],
)

describe('a folder of a dump', () => {
  test('has the files that mongodump writes', async () => {
    const files = memoryFiles()
    await writeDirectory(source, files, { gzip: false, toolVersion: '1' })
    assert.deepEqual([...files.files.keys()].sort(), [
      'oplog.bson',
      'prelude.json',
      'shop/a%2Fb+c.bson',
      'shop/a%2Fb+c.metadata.json',
      'shop/none.bson',
      'shop/none.metadata.json',
      'shop/v.metadata.json',
    ])
    assert.deepEqual(files.files.get('shop/a%2Fb+c.bson'), bytes)
    assert.equal(files.files.get('shop/none.bson')?.length, 0)
    assert.equal(
      String(files.files.get('prelude.json')),
      '{"ServerVersion":"8.0.0","ToolVersion":"1"}',
    )
    assert.equal(
      String(files.files.get('shop/a%2Fb+c.metadata.json')),
      '{"indexes":[],"collectionName":"a/b c","type":"collection"}',
    )
  })

  test('compressed, has all of them in gzip, and the oplog without the ending', async () => {
    const files = memoryFiles()
    await writeDirectory(source, files, { gzip: true, toolVersion: '1' })
    const names = [...files.files.keys()]
    assert.ok(names.every((name) => name.endsWith('.gz') || name === 'oplog.bson'))
    assert.deepEqual(gunzipSync(files.files.get('shop/a%2Fb+c.bson.gz') as Buffer), bytes)
    assert.deepEqual(
      gunzipSync(files.files.get('oplog.bson') as Buffer),
      encodeDocument({ op: 'n' }),
    )
  })

  for (const gzip of [false, true]) {
    test(`is read as it was written${gzip ? ', compressed' : ''}`, async () => {
      const files = memoryFiles()
      await writeDirectory(source, files, { gzip, toolVersion: '1' })
      const dump = await openDirectory(files)
      assert.deepEqual(dump.collections, source.collections)
      assert.equal(dump.hasOplog, true)
      const content = {
        'shop.a/b c': [bytes.toString('hex'), 3],
        'shop.none': ['', 0],
        oplog: [encodeDocument({ op: 'n' }).toString('hex'), 1],
      }
      assert.deepEqual(await contentOf(dump), content)
      assert.deepEqual(await contentOf(dump), content)
    })
  }

  test('with nothing but documents is read, and the name of a cut one comes from its metadata', async () => {
    const files = memoryFiles()
    files.files.set('d/plain.bson', bytes)
    files.files.set('d/long%24hash.bson', bytes)
    files.files.set('d/long%24hash.metadata.json', Buffer.from('{"collectionName":"long name"}'))
    files.files.set('d/$admin.system.users.bson', encodeDocument({ _id: 'd.u' }))
    files.files.set('d/notes.txt', bytes)
    const dump = await openDirectory(files)
    const names = dump.collections.map(({ db, name }) => `${db}.${name}`)
    assert.deepEqual(names.sort(), ['admin.system.users', 'd.long name', 'd.plain'])
  })

  test('that is damaged is found out', async () => {
    const damaged: Record<string, Buffer> = {
      'cut off': bytes.subarray(0, bytes.length - 3),
      'cut off within a length': bytes.subarray(0, 30),
      'something else': Buffer.from('not BSON at all, but a text'),
      'no end': Buffer.concat([bytes.subarray(0, 13), Buffer.from([7])]),
    }
    for (const [how, content] of Object.entries(damaged)) {
      const files = memoryFiles()
      files.files.set('d/c.bson', content)
      await assert.rejects(contentOf(await openDirectory(files)), DamagedDump, how)
    }
    const files = memoryFiles()
    await writeDirectory(source, files, { gzip: true, toolVersion: '1' })
    const name = 'shop/a%2Fb+c.bson.gz'
    files.files.set(name, (files.files.get(name) as Buffer).subarray(0, -4))
    await assert.rejects(contentOf(await openDirectory(files)), DamagedDump)
    await assert.rejects(openDirectory(memoryFiles()), /no files of a dump/)
  })
})
