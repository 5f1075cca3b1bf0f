import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { MongoClient } from 'mongodb'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'

interface Shown {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly connect_string: string
}
interface ShownTask {
  readonly id: string
  readonly kind: string
  readonly state: string
  readonly step: string
  readonly note?: string
}

const order = {
  service: 'mongodb',
  type: 'mongodb_replica_set',
  version: '3.0.5',
  zone: 'local',
  plan: 1,
}

/** API v2 of a server, for the account of its first start. */
async function v2Of(gantry: GantryProcess) {
  const { login, password } = gantry.credentials()
  const basic = Buffer.from(`${login}:${password}`).toString('base64')
  const answer = await fetch(`${gantry.url}/v2/tokens/`, {
    headers: { authorization: `Basic ${basic}` },
  })
  const { token } = ((await answer.json()) as { data: { token: string } }).data
  return async function call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${gantry.url}/v2${path}`, {
      method,
      headers: { 'x-auth-token': token },
      body: body && JSON.stringify(body),
    })
    const json = (await response.json()) as { data: T; message?: string }
    assert.equal(response.status, 200, `${method} ${path}: ${json.message}`)
    return json.data
  }
}

type V2 = Awaited<ReturnType<typeof v2Of>>

/** Asks until the answer is what is waited for. */
async function until<T>(ask: () => Promise<T>, isIt: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (isIt(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const isEnded = ({ state }: ShownTask) => state !== 'queued' && state !== 'running'

describe('kill -9', () => {
  let dataDir: string
  let gantry: GantryProcess
  let v2: V2
  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'gantry-kill-'))
    await start()
  })
  afterEach(async () => {
    await gantry.stop()
    rmSync(dataDir, { recursive: true })
  })

  async function start() {
    gantry = await startGantry(['--log-level', 'info'], dataDir)
    v2 = await v2Of(gantry)
  }
  async function killAndStart() {
    gantry.signal('SIGKILL')
    await gantry.exit
    await start()
  }
  const instances = () => v2<Shown[]>('GET', '/instances/')
  const tasks = () => v2<ShownTask[]>('GET', '/tasks/')
  const folders = () => readdirSync(join(dataDir, 'instances')).toSorted()

  /** All that there is belongs to an instance that is shown, and is ready. */
  async function settled(): Promise<Shown[]> {
    await until(tasks, (all) => all.every(isEnded))
    const all = await instances()
    assert.deepEqual(
      all.filter(({ state }) => state !== 'ACTIVE'),
      [],
    )
    assert.deepEqual(folders(), all.map(({ id }) => id).toSorted())
    return all
  }

  test('while instances are made: each that was answered is there, and none by halves', async () => {
    const answered: string[] = []
    for (let round = 0; round < 6; round++) {
      // Killed a bit later each time: before, while and after the last of them is made.
      const name = `made-${round}`
      const asked = v2('POST', '/instances/', { ...order, name }).then(
        () => void answered.push(name),
        () => {},
      )
      const patience = new Promise((resolve) => setTimeout(resolve, round * 8))
      await (round % 2 ? patience : asked)
      await killAndStart()
      await asked
    }
    const all = await settled()
    const names = all.map(({ name }) => name)
    for (const name of answered) assert.ok(names.includes(name), `${name} is gone`)
    assert.ok(answered.length >= 3)
    const [, one] = all
    assert.match(one.connect_string, /:\d+/)
    const logs = await tasks()
    for (const { kind, state } of logs)
      assert.deepEqual([kind, state], ['instance.create', 'succeeded'])
  })

  test('while one is deleted: it goes to the end, and nothing of it is left', async () => {
    for (let round = 0; round < 4; round++) {
      const name = `gone-${round}`
      await v2('POST', '/instances/', { ...order, name })
      await until(tasks, (all) => all.every(isEnded))
      const asked = v2('DELETE', `/instances/${name}/`).catch(() => {})
      // Killed as soon as the deletion has begun.
      await until(instances, (all) => !all.some((one) => one.name === name)).catch(() => {})
      await killAndStart()
      await asked
      const all = await settled()
      assert.ok(!all.some((one) => one.name === name))
    }
    const deletions = (await tasks()).filter(({ kind }) => kind === 'instance.delete')
    assert.equal(deletions.length, 4)
    for (const { state } of deletions) assert.equal(state, 'succeeded')
  })

  test('while one is compacted: it goes on, says so, and the data are all there', async () => {
    const { connectString } = gantry.credentials()
    const client = new MongoClient(connectString)
    const documents = Array.from({ length: 500 }, (_, n) => ({ n, text: 'x'.repeat(200) }))
    for (let i = 0; i < 40; i++) await client.db('d').collection(`c${i}`).insertMany(documents)
    await client.close()
    let resumed = false
    for (let round = 0; round < 10 && !resumed; round++) {
      await v2('POST', '/mongodb/default/compaction/')
      await killAndStart()
      await until(tasks, (all) => all.every(isEnded))
      const [task] = await tasks()
      assert.deepEqual([task.kind, task.state], ['mongodb.compaction', 'succeeded'])
      resumed = task.note?.startsWith('went on after a restart at the step') ?? false
    }
    assert.ok(resumed, 'no compaction was under way when the server was killed')
    assert.match(gantry.stderr(), /goes on after a restart at the step/)
    const { state } = await v2<{ state: string }>('GET', '/mongodb/default/compaction/')
    assert.equal(state, 'compressed')
    const again = new MongoClient(gantry.credentials().connectString)
    for (let i = 0; i < 40; i++) {
      assert.equal(await again.db('d').collection(`c${i}`).countDocuments(), 500)
    }
    await again.close()
  })
})
