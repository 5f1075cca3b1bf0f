import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { type Doc, decodeDocument } from '@gantry/bson'
import { folderFiles } from '../../backups/folder-target.js'
import type { BackupLayout } from '../backup.js'
import type { Command } from '../deployment.js'
import type { RunningMongodb } from '../driver.js'
import { embeddedMongodb } from './embedded.js'

const PASSWORD = 'a password'
const env = { ...process.env }
if (env.GANTRY_TEST_MONGO_TOOLS) {
  env.PATH = `${env.GANTRY_TEST_MONGO_TOOLS}${delimiter}${env.PATH}`
}

function whyNot(): string | false {
  try {
    for (const tool of ['mongodump', 'mongorestore']) execFileSync(tool, ['--version'], { env })
    return false
  } catch {
    return 'needs mongodump and mongorestore on PATH, or their folder in GANTRY_TEST_MONGO_TOOLS'
  }
}

const skip = whyNot()
if (skip) console.error(`SKIPPED: the formats of backups against the real tools: ${skip}`)

/** An embedded instance that listens, as the gateway would have it. */
interface Serving {
  readonly running: RunningMongodb
  readonly uri: string
  stop(): Promise<void>
}

async function serve(folder: string, user: string): Promise<Serving> {
  const spec = { type: 'mongodb_replica_set', version: '8.0.0', plan: 1, settings: {} }
  const login = { user, password: PASSWORD }
  const running = await embeddedMongodb.start({ ...spec, ...login }, { folder })
  const server: Server = createServer((socket) => {
    running.accept?.(socket, { host: '127.0.0.1', port: socket.remotePort ?? 0 }, 'plain')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const uri = `mongodb://${user}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/?directConnection=true`
  return {
    running,
    uri,
    async stop() {
      server.close()
      await running.stop()
    },
  }
}

async function all({ running }: Serving, db: string, command: Command): Promise<Doc[]> {
  const docs: Doc[] = []
  for await (const batch of running.deployment.batches(db, command)) {
    docs.push(...batch.map(({ buf, at }) => decodeDocument(buf, at)))
  }
  return docs
}

const run = promisify(execFile)

/** Every kind of thing that there is in a database, with names that must be escaped. */
async function fill({ running: { deployment } }: Serving): Promise<void> {
  await deployment.insert('shop', 'people', { _id: 2, n: 5n })
  await deployment.insert('shop', 'people', { _id: 1, list: [1, 'x', { a: null }] })
  for (let i = 3; i < 500; i++) {
    await deployment.insert('shop', 'people', { _id: i, text: 'x'.repeat(i) })
  }
  for (const name of ['with/slash & blank', 'ünï%2F+', 'x'.repeat(150) + 'ü'.repeat(20)]) {
    await deployment.insert('shop', name, { _id: name })
  }
  await deployment.command('shop', { create: 'empty' })
  await deployment.command('shop', { create: 'capped', capped: true, size: 8192, max: 5 })
  for (const _id of [3, 1, 2]) await deployment.insert('shop', 'capped', { _id })
  await deployment.command('shop', { create: 'checked', validator: { a: { $type: 'string' } } })
  await deployment.insert('shop', 'checked', { _id: 1, a: 'text' })
  await deployment.command('shop', { create: 'adults', viewOn: 'people', pipeline: [] })
  const indexes = [
    { key: { n: 1, text: -1 }, name: 'n_text', sparse: true },
    { key: { at: 1 }, name: 'at', expireAfterSeconds: 3600 },
    { key: { k: 'hashed' }, name: 'k' },
  ]
  await deployment.command('shop', { createIndexes: 'people', indexes })
  await deployment.command('shop', { createRole: 'clerk', privileges: [], roles: ['read'] })
  await deployment.command('shop', { createUser: 'anna', pwd: 'secret', roles: ['clerk'] })
}

const by = (field: string) => (a: Doc, b: Doc) =>
  String(a.get(field)) < String(b.get(field)) ? -1 : 1

const described = (docs: readonly Doc[]) =>
  docs.map((doc) => [doc.get('name'), doc.get('type'), doc.get('options')])

async function assertSame(to: Serving, from: Serving): Promise<void> {
  const lists = await Promise.all([to, from].map((one) => all(one, 'shop', { listCollections: 1 })))
  assert.deepEqual(described(lists[0]), described(lists[1]))
  for (const listed of lists[1]) {
    const find = { find: String(listed.get('name')) }
    const [got, wanted] = await Promise.all([to, from].map((one) => all(one, 'shop', find)))
    // mongorestore fills a collection by several connections.
    assert.deepEqual(got.sort(by('_id')), wanted.sort(by('_id')), find.find)
    if (listed.get('type') === 'view') continue
    const indexes = { listIndexes: find.find }
    const lists = await Promise.all([to, from].map((one) => all(one, 'shop', indexes)))
    // mongorestore makes them in any order.
    const [made, meant] = lists.map((list) => list.sort(by('name')))
    assert.deepEqual(made, meant, find.find)
  }
  for (const name of ['system.users', 'system.roles']) {
    const find = { find: name, filter: { db: 'shop' } }
    assert.deepEqual(await all(to, 'admin', find), await all(from, 'admin', find))
    assert.equal((await all(to, 'admin', find)).length, 1)
  }
}

const forms: readonly { layout: BackupLayout; gzip: boolean }[] = [
  { layout: 'directory', gzip: false },
  { layout: 'directory', gzip: true },
  { layout: 'archive', gzip: false },
  { layout: 'archive', gzip: true },
]

describe("backups and MongoDB's own tools", { skip }, () => {
  let folder: string
  let from: Serving
  let to: Serving
  let count = 0
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-mongo-tools-'))
    from = await serve(join(folder, 'from'), 'admin')
    await fill(from)
  })
  beforeEach(async () => {
    await to?.stop()
    // Another user, as MongoDB logs out who is replaced by a restored one of the same name.
    to = await serve(join(folder, `to${count++}`), 'operator')
  })
  after(async () => {
    await to?.stop()
    await from?.stop()
    rmSync(folder, { recursive: true })
  })

  const signal = new AbortController().signal
  const progress = () => {}

  for (const { layout, gzip } of forms) {
    const title = `${layout}${gzip ? ', gzip' : ''}`

    test(`mongorestore reads ours: ${title}`, async () => {
      const out = join(folder, `ours${count}`)
      const options = { label: 'x', layout, gzip, signal, progress }
      const content = await from.running.backup?.(folderFiles(out), options)
      const path = join(out, content?.parts.gantry as string)
      const place = layout === 'archive' ? `--archive=${path}` : `--dir=${path}`
      await run('mongorestore', ['--uri', to.uri, place, ...(gzip ? ['--gzip'] : [])], { env })
      await assertSame(to, from)
    })

    test(`we read mongodump's: ${title}`, async () => {
      const out = join(folder, `theirs${count}`)
      const path = layout === 'archive' ? join(out, 'all.archive') + (gzip ? '.gz' : '') : out
      const place = layout === 'archive' ? `--archive=${path}` : `--out=${path}`
      await folderFiles(out).write('.keep', none())
      await run('mongodump', ['--uri', from.uri, place, ...(gzip ? ['--gzip'] : [])], { env })
      const options = { bytes: 0, users: true, signal, progress }
      const report = await to.running.restore?.(folderFiles(out), options)
      assert.deepEqual(report?.warnings, [])
      await assertSame(to, from)
    })
  }
})

async function* none(): AsyncGenerator<Buffer> {}
