import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, beforeEach, describe, test } from 'node:test'
import {
  Binary,
  Decimal128,
  type Doc,
  decodeDocument,
  encodeDocument,
  RawValue,
} from '@gantry/bson'
import type { FileSink } from '../../backups/files.js'
import { isDatabaseError } from '../../errors.js'
import { type MemoryFiles, memoryFiles } from '../../testing/memory-files.js'
import type { BackupContent, BackupLayout } from '../backup.js'
import type { Command, Deployment } from '../deployment.js'
import type { RunningMongodb } from '../driver.js'
import { embeddedMongodb } from './embedded.js'

const folder = mkdtempSync(join(tmpdir(), 'gantry-backup-'))
after(() => rmSync(folder, { recursive: true }))
let count = 0
let from: RunningMongodb
let to: RunningMongodb

const start = (user: string) => {
  const spec = { type: 'mongodb_replica_set', version: '8.0.0', plan: 1, settings: {} }
  const place = { folder: join(folder, String(count++)) }
  return embeddedMongodb.start({ ...spec, user, password: 'a password' }, place)
}
beforeEach(async () => {
  from = await start('admin')
  to = await start('admin')
})
afterEach(() => Promise.all([from.stop(), to.stop()]))

const signal = new AbortController().signal
const quiet = () => {}

async function backUp(layout: BackupLayout = 'archive', gzip = true) {
  const files = memoryFiles()
  const options = { label: '20260101_0000', layout, gzip, signal, progress: quiet }
  const content = await from.backup?.(files, options)
  assert.ok(content)
  return { files, content }
}

const restore = (files: MemoryFiles, users = true) =>
  to.restore?.(files, { bytes: 0, users, signal, progress: quiet })

async function all({ deployment }: RunningMongodb, db: string, command: Command): Promise<Doc[]> {
  const docs: Doc[] = []
  for await (const batch of deployment.batches(db, command)) {
    docs.push(...batch.map(({ buf, at }) => decodeDocument(buf, at)))
  }
  return docs
}

async function fill({ deployment }: RunningMongodb): Promise<void> {
  await deployment.insert('shop', 'c', { _id: 2, n: 5n, d: Decimal128.fromString('1.10') })
  await deployment.insert('shop', 'c', { _id: 1, n: 6n })
  const options = { validator: { a: { $type: 'string' } }, validationAction: 'error' }
  await deployment.command('shop', { create: 'checked', ...options })
  const raw = RawValue.document(encodeDocument({ _id: 1 }))
  const bypass = { bypassDocumentValidation: true }
  await deployment.insertMany('shop', 'checked', [raw], bypass)
  await deployment.command('shop', { create: 'some & other/things' })
  await deployment.command('shop', { create: 'capped', capped: true, size: 4096 })
  for (const _id of [3, 1, 2]) await deployment.insert('shop', 'capped', { _id })
  await deployment.command('shop', { create: 'v', viewOn: 'c', pipeline: [{ $match: { _id: 1 } }] })
  const indexes = [{ key: { n: 1 }, name: 'n', unique: true, partialFilterExpression: { n: 5n } }]
  await deployment.command('shop', { createIndexes: 'c', indexes })
  await deployment.command('shop', { createUser: 'anna', pwd: 'secret', roles: ['read'] })
  await deployment.insert('admin', 'own', { _id: 1 })
}

const withoutUuid = (doc: Doc) => [doc.get('name'), doc.get('type'), doc.get('options')]

describe('a backup of an embedded MongoDB', () => {
  for (const layout of ['archive', 'directory'] as const) {
    for (const gzip of [true, false]) {
      test(`as ${layout}${gzip ? ' in gzip' : ''} restores to the same`, async () => {
        await fill(from)
        await to.deployment.insert('stale', 'c', { _id: 1 })
        await to.deployment.insert('shop', 'c', { _id: 9 })
        const { files, content } = await backUp(layout, gzip)
        assert.equal(content.consistency, 'snapshot')
        const report = await restore(files)
        assert.deepEqual(report?.warnings, [])
        const same = async (db: string, command: Command) =>
          assert.deepEqual(await all(to, db, command), await all(from, db, command))
        for (const name of ['c', 'checked', 'capped', 'v']) await same('shop', { find: name })
        await same('admin', { find: 'own' })
        await same('shop', { listIndexes: 'c' })
        const list = { listCollections: 1 }
        assert.deepEqual(
          (await all(to, 'shop', list)).map(withoutUuid),
          (await all(from, 'shop', list)).map(withoutUuid),
        )
        assert.deepEqual(await all(to, 'stale', list), [])
        const plain = ({ counts }: Pick<BackupContent, 'counts'>) =>
          counts.filter(({ documents }) => documents > 0)
        assert.deepEqual(plain(report as never), plain(content))
        await same('admin', { find: 'system.users', filter: { _id: 'shop.anna' } })
      })
    }
  }

  test('has its files named for the time', async () => {
    const { files, content } = await backUp()
    assert.deepEqual([...files.files.keys()], ['gantry_20260101_0000.archive.gz'])
    assert.deepEqual(content.parts, { gantry: 'gantry_20260101_0000.archive.gz' })
    assert.equal(content.format, 'mongodump archive, gzip')
  })

  test('leaves the user with whom the instance is reached, and all of them if told to', async () => {
    const own = { find: 'system.users', filter: { _id: 'admin.admin' } }
    await from.deployment.command('shop', { createUser: 'anna', pwd: 'secret', roles: [] })
    const before = await all(to, 'admin', own)
    const { files } = await backUp()
    await restore(files, false)
    assert.deepEqual(await all(to, 'admin', { find: 'system.users' }), before)
    await restore(files)
    assert.deepEqual(await all(to, 'admin', own), before)
    assert.equal((await all(to, 'admin', { find: 'system.users' })).length, 2)
  })

  test('may be restored again after it was cut off', async () => {
    const documents = Array.from({ length: 3000 }, (_, _id) => ({ _id, text: 'x'.repeat(1000) }))
    const raw = documents.map((doc) => RawValue.document(encodeDocument(doc)))
    await from.deployment.insertMany('d', 'c', raw)
    const { files, content } = await backUp()
    const abort = new AbortController()
    const cut = to.restore?.(files, {
      bytes: content.bytes,
      users: true,
      signal: abort.signal,
      progress: (done) => done > 0.3 && abort.abort(new Error('cut off')),
    })
    await assert.rejects(cut as Promise<unknown>, /cut off/)
    await restore(files)
    assert.equal((await all(to, 'd', { find: 'c' })).length, 3000)
  })

  test('that is damaged is refused', async () => {
    await fill(from)
    const { files } = await backUp('archive', false)
    const [[name, bytes]] = files.files
    files.files.set(name, bytes.subarray(0, bytes.length - 20))
    await assert.rejects(restore(files) as Promise<unknown>, /ends/)
  })
})

const ACCOUNTS = 400
const START = 1000

/** Moves money between accounts, in transactions, until told to stop. */
async function transfer(
  deployment: Deployment,
  writer: number,
  done: () => boolean,
): Promise<void> {
  const lsid = { id: new Binary(Buffer.alloc(16, writer), 4) }
  for (let i = 0; !done(); i++) {
    const txn = { lsid, txnNumber: BigInt(i), autocommit: false }
    const move = (id: number, amount: number): Command => {
      const updates = [{ q: { _id: id % ACCOUNTS }, u: { $inc: { balance: amount } } }]
      return { update: 'accounts', updates, ...txn }
    }
    try {
      await deployment.command('bank', { ...move(i * 7 + writer, -5), startTransaction: true })
      await deployment.command('bank', move(i * 3 + writer * 100, 5))
      await deployment.command('admin', { commitTransaction: 1, ...txn })
    } catch (error) {
      if (!isDatabaseError(error, 'WriteConflict')) throw error
    }
  }
}

describe('a backup under load', () => {
  test('is a state that has existed', async () => {
    // Large, so that the accounts are read in several steps, between which others write.
    const padding = 'x'.repeat(10_000)
    const accounts = Array.from({ length: ACCOUNTS }, (_, _id) => ({
      _id,
      balance: START,
      padding,
    }))
    const raw = accounts.map((doc) => RawValue.document(encodeDocument(doc)))
    await from.deployment.insertMany('bank', 'accounts', raw)
    let stopped = false
    let transfers = 0
    let told = () => {}
    const done = () => {
      transfers++
      told()
      return stopped
    }
    const more = async (count: number) => {
      for (const wanted = transfers + count; transfers < wanted; ) {
        await new Promise<void>((resolve) => {
          told = resolve
        })
      }
    }
    const writers = [1, 2, 3].map((writer) => transfer(from.deployment, writer, done))
    await more(20)
    const files = memoryFiles()
    let pieces = 0
    const sink: FileSink = {
      write: (name, content) =>
        files.write(
          name,
          (async function* () {
            for await (const piece of content) {
              pieces++
              yield piece
              await more(5)
            }
          })(),
        ),
    }
    const options = { label: 'x', layout: 'archive', gzip: false, signal, progress: quiet } as const
    await from.backup?.(sink, options)
    assert.ok(pieces > 8, `only ${pieces} pieces`)
    stopped = true
    await Promise.all(writers)
    await restore(files)
    const restored = await all(to, 'bank', { find: 'accounts' })
    const sum = restored.reduce((total, doc) => total + Number(doc.get('balance')), 0)
    assert.equal(sum, ACCOUNTS * START)
    assert.ok(restored.some((doc) => doc.get('balance') !== START))
  })
})
