import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type S3Server, startS3Server } from '../testing/s3-server.js'
import { folderTarget } from './folder-target.js'
import { s3Target } from './s3-target.js'
import type { BackupTarget } from './target.js'
import { backupTargets } from './targets.js'

const MIB = 1024 * 1024

async function* chunks(...content: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const chunk of content) yield Buffer.from(chunk)
}

async function* breaking(mib: number): AsyncGenerator<Buffer> {
  for (let i = 0; i < mib; i++) yield Buffer.alloc(MIB, i)
  throw new Error('the database went away')
}

async function whole(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const read: Buffer[] = []
  for await (const chunk of content) read.push(chunk)
  return Buffer.concat(read)
}

/** What every target must do. */
function contract(target: () => BackupTarget) {
  test('what is written is listed and read', async () => {
    await target().check()
    const files = target().files('i/1')
    await files.write('shop/ü & %2F.bson', chunks('two', 'chunks'))
    await files.write('empty', chunks())
    for (const name of ['c', 'b', 'a']) await files.write(name, chunks(name))
    const listed = await files.list()
    const sizes = { a: 1, b: 1, c: 1, empty: 0, 'shop/ü & %2F.bson': 9 }
    assert.deepEqual(Object.fromEntries(listed.map(({ name, size }) => [name, size])), sizes)
    assert.deepEqual(
      listed.map(({ name }) => name),
      Object.keys(sizes),
    )
    assert.equal(String(await whole(files.read('shop/ü & %2F.bson'))), 'twochunks')
    assert.equal((await whole(files.read('empty'))).length, 0)
    await files.write('a', chunks('again'))
    assert.equal(String(await whole(files.read('a'))), 'again')
  })
  test('a large file comes back as it was', async () => {
    const files = target().files('i/large')
    const content = Array.from({ length: 50 }, (_, i) => Buffer.alloc(MIB + i, i))
    await files.write('archive', chunks(...content))
    const [file] = await files.list()
    assert.deepEqual(file, { name: 'archive', size: Buffer.concat(content).length })
    assert.ok((await whole(files.read('archive'))).equals(Buffer.concat(content)))
  })
  for (const [size, mib] of [
    ['small', 1],
    ['large', 40],
  ] as const) {
    test(`of a ${size} file that breaks off, nothing is there`, async () => {
      const files = target().files(`i/${size}-broken`)
      await assert.rejects(files.write('archive', breaking(mib)), /the database went away/)
      assert.deepEqual(await files.list(), [])
      await assert.rejects(whole(files.read('archive')), { kind: 'not_found' })
    })
  }
  test('a backup is removed without those whose names begin as its own', async () => {
    for (const path of ['i/7', 'i/7_2']) {
      for (const name of ['a', 'b', 'c', 'd/e']) await target().files(path).write(name, chunks('x'))
    }
    await target().remove('i/7')
    assert.deepEqual(await target().files('i/7').list(), [])
    assert.equal((await target().files('i/7_2').list()).length, 4)
    await target().remove('i/7')
  })
  test('no name leads out', async () => {
    await assert.rejects(target().files('i/1').write('../../x', chunks('x')), { kind: 'invalid' })
    await assert.rejects(async () => target().remove('..'), { kind: 'invalid' })
  })
}

describe('backups in a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-target-'))
  after(() => rmSync(folder, { recursive: true }))
  contract(() => folderTarget(join(folder, 'backups')))
})

describe('backups in a bucket, of a small server of our own that speaks S3', () => {
  let server: S3Server
  before(async () => {
    server = await startS3Server()
  })
  after(() => server.close())
  const settings = (changed = {}) => {
    const { endpoint, bucket, accessKey, secretKey } = server
    const prefix = 'gantry/test'
    return { endpoint, bucket, accessKey, secretKey, region: 'eu-x', prefix, ...changed }
  }
  const target = (changed = {}) => s3Target(settings(changed))

  contract(target)

  test('keys begin with the prefix, and no upload is left open', () => {
    assert.ok(server.objects.size > 0)
    for (const key of server.objects.keys()) assert.match(key, /^gantry\/test\/i\//)
    assert.equal(server.uploads.size, 0)
    assert.equal(target().locate('i/1'), 's3://kept/gantry/test/i/1')
  })
  test('a large file goes in parts of which none is larger than 16 MiB', () => {
    assert.equal(server.largest(), 16 * MIB)
  })
  test('removing ends uploads that a killed server has left, and no others', async () => {
    const upload = (key: string) => ({ key, parts: new Map() })
    server.uploads.set('left', upload('gantry/test/i/8/archive'))
    server.uploads.set('other', upload('gantry/test/i/8_2/archive'))
    await target().remove('i/8')
    assert.deepEqual([...server.uploads.keys()], ['other'])
    server.uploads.delete('other')
  })
  test('without a prefix, keys are paths', async () => {
    await target({ prefix: undefined }).files('j/1').write('a', chunks('x'))
    assert.ok(server.objects.has('j/1/a'))
  })

  const wrong = [
    ['bucket', { bucket: 'another' }, /no bucket "another" at .*backup-s3-bucket/],
    ['access key', { accessKey: 'AKOTHER' }, /access key; correct backup-s3-access-key/],
    ['secret key', { secretKey: 'not-it' }, /secret key; correct backup-s3-secret-key/],
    ['endpoint', { endpoint: 'http://127.0.0.1:1' }, /cannot be reached \(ECONNREFUSED\)/],
  ] as const
  for (const [what, change, message] of wrong) {
    test(`a wrong ${what} is named at the first use`, async () => {
      const checked = await target(change)
        .check()
        .catch((error: unknown) => error)
      assert.match(String(checked), message)
      assert.equal((checked as { kind?: string }).kind, 'unavailable')
      assert.doesNotMatch(String(checked), /AKOTHER|not-it/)
      const written = target(change).files('i/1').write('a', chunks('x'))
      await assert.rejects(written, message)
    })
  }
})

describe('several targets', () => {
  test('a backup is looked for where it was put', () => {
    const folder = folderTarget('/nowhere')
    assert.equal(backupTargets(folder).of({ target: 'folder' }), folder)
    assert.throws(() => backupTargets(folder).of({ target: 's3' }), /backup-s3-bucket/)
  })
})
