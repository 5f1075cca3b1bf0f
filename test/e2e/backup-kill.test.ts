import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { MongoClient } from 'mongodb'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'

interface Task {
  readonly id: string
  readonly state: string
  readonly step: string
  readonly error?: string
  readonly note?: string
}

interface Backup {
  readonly _id: { readonly $oid: string }
  readonly label: string
  readonly state: string
  readonly reason: string
  readonly documents: number
  readonly task: string
}

const COUNT = 20_000

/** A server is killed in the middle of its work on backups, and goes on with it when it starts again. */
describe('kill -9 in the middle', () => {
  let dataDir: string
  let gantry: GantryProcess
  let token: string
  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'gantry-backup-kill-'))
    await start()
    await fill()
  })
  after(async () => {
    await gantry.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  async function start(): Promise<void> {
    gantry = await startGantry(['--log-level', 'error'], dataDir)
    const { login, password } = gantry.credentials()
    const authorization = `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`
    const reply = await fetch(`${gantry.url}/v2/tokens/`, { headers: { authorization } })
    token = ((await reply.json()) as { data: { token: string } }).data.token
  }

  async function kill(): Promise<void> {
    gantry.signal('SIGKILL')
    await gantry.exit
  }

  async function call<T>(method: string, path: string, body?: object): Promise<T> {
    const headers = { 'x-auth-token': token }
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) }
    const reply = await fetch(`${gantry.url}/v2${path}`, init)
    const text = await reply.text()
    assert.equal(reply.status, 200, `${method} ${path}: ${text}`)
    return (JSON.parse(text) as { data: T }).data
  }

  /** Polls a task until it is as wanted, or has ended. */
  async function until(id: string, wanted: (task: Task) => boolean): Promise<Task> {
    for (;;) {
      const task = await call<Task>('GET', `/tasks/${id}/`)
      const isOver = task.state !== 'queued' && task.state !== 'running'
      if (isOver || wanted(task)) return task
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const ended = (id: string) => until(id, () => false)

  async function withDriver<T>(work: (client: MongoClient) => Promise<T>): Promise<T> {
    const client = new MongoClient(gantry.credentials().connectString)
    try {
      return await work(client)
    } finally {
      await client.close()
    }
  }

  /** Of content that gzip cannot make smaller, so that the work takes its time. */
  const fill = () =>
    withDriver(async (client) => {
      for (let at = 0; at < COUNT; at += 2000) {
        const docs = Array.from({ length: 2000 }, (_, i) => ({
          n: at + i,
          noise: randomBytes(1500),
        }))
        await client.db('d').collection('c').insertMany(docs)
      }
    })
  const count = () => withDriver((client) => client.db('d').collection('c').countDocuments())

  const path = '/mongodb/default/backups/'
  const get = async (id: string) => call<Backup>('GET', `${path}${id}/`)

  test('of a backup: it is made anew, and never listed as good before', async () => {
    const begun = await call<Backup>('POST', path)
    const id = begun._id.$oid
    const under = await until(begun.task, ({ step }) => step === 'reading')
    assert.equal(under.state, 'running', 'it was over before it could be killed')
    await kill()
    await start()
    // Whatever it has come to by now: complete only when the task says that it has succeeded.
    const listed = await get(id)
    const task = await ended(begun.task)
    if (listed.state !== 'running') assert.equal(listed.state, 'complete')
    assert.deepEqual([task.state, task.error], ['succeeded', undefined])
    assert.match(task.note ?? '', /went on after a restart at the step "reading"/)
    const backup = await get(id)
    assert.deepEqual([backup.state, backup.documents >= COUNT], ['complete', true])
    const verification = await call<Task>('POST', `${path}${id}/verify/`)
    const verified = await ended(verification.id)
    assert.deepEqual([verified.state, verified.error], ['succeeded', undefined])
  })

  test('of a restore: it begins anew and goes to its end', async () => {
    const backups = await call<Backup[]>('GET', path)
    const backup = backups.find(({ reason }) => reason === 'on demand') as Backup
    await withDriver((client) =>
      client
        .db('d')
        .collection('c')
        .deleteMany({ n: { $lt: 15_000 } }),
    )
    await withDriver((client) => client.db('later').collection('c').insertOne({ n: 1 }))
    const task = await call<Task>('POST', `${path}${backup.label}/restore/`)
    const under = await until(task.id, ({ step }) => step === 'replacing the data')
    assert.equal(under.state, 'running', 'it was over before it could be killed')
    await kill()
    await start()
    const done = await ended(task.id)
    assert.deepEqual([done.state, done.error], ['succeeded', undefined])
    assert.match(done.note ?? '', /went on after a restart at the step "replacing the data"/)
    assert.equal(await count(), COUNT)
    const later = await withDriver((client) => client.db('later').collection('c').countDocuments())
    assert.equal(later, 0)
    const safety = (await call<Backup[]>('GET', path)).filter(
      ({ reason }) => reason === 'before restore',
    )
    assert.deepEqual(
      safety.map(({ state }) => state),
      ['complete'],
    )
  })
})
