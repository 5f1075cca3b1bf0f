import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { type EngineProcess, startEngineProcess } from '../support/engine-process.js'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'
import { callV1 } from '../support/v1.js'

type Fields = Record<string, unknown>

/** Both APIs on a database that another process serves, over TCP and with a password. */
describe('an attached instance', () => {
  let engine: EngineProcess
  let gantry: GantryProcess
  let token: string
  let key: string

  before(async () => {
    engine = await startEngineProcess()
    gantry = await startGantry()
    const { login, password } = gantry.credentials()
    const authorization = `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`
    const response = await fetch(`${gantry.url}/v2/tokens/`, { headers: { authorization } })
    token = ((await response.json()) as { data: { token: string } }).data.token
    const made = await v2('POST', '/instances/', {
      name: 'elsewhere',
      plan: 5,
      service: 'mongodb',
      type: 'mongodb_replica_set',
      version: '3.0.5',
      zone: 'local',
      uri: engine.uri('&authSource=admin'),
    })
    assert.equal(made.status, 200, made.text)
    assert.doesNotMatch(made.text, /a password|a%20password/)
    key = made.data.api_key
    await until(async () => (await v2('GET', '/instances/elsewhere/')).data.state === 'ACTIVE')
  })
  after(async () => {
    await gantry?.stop()
    await engine?.remove()
  })

  async function v2(method: string, path: string, body?: object) {
    const response = await fetch(`${gantry.url}/v2${path}`, {
      method,
      headers: { 'x-auth-token': token },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const { data, message } = JSON.parse(text) as { data: never; message?: string }
    return { status: response.status, text, message, data: data as Record<string, never> }
  }

  /** What API v2 answers to a call that is to succeed. */
  async function data<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await v2(method, path, body)
    assert.equal(answer.status, 200, `${method} ${path}: ${answer.text}`)
    return answer.data as T
  }

  /** What API v1 answers to a call that is to succeed. */
  async function v1<T>(path: string, parameters = {}, apiKey = key): Promise<T> {
    const { status, text, json } = await callV1(gantry, path, parameters, apiKey)
    assert.deepEqual([status, json.rc], [200, 0], `${path}: ${text}`)
    return json.data as T
  }

  /** The test's own limit is what ends it. */
  async function until(isRight: () => Promise<boolean>): Promise<void> {
    while (!(await isRight())) await pause(10)
  }

  /** Waits for a task, which is to succeed. */
  async function done(id: string): Promise<Fields> {
    let task: Fields = {}
    await until(async () => {
      task = await data<Fields>('GET', `/tasks/${id}/`)
      return !['queued', 'running'].includes(String(task.state))
    })
    assert.equal(task.state, 'succeeded', JSON.stringify(task))
    return task
  }

  const host = () => `127.0.0.1:${engine.port}`
  const things = '/db/shop/collection/things'

  test('serves documents over API v1, which are in the database itself', async () => {
    for (const doc of ['{"_id": 1, "n": 1}', '{"_id": 2, "n": 2}', '{"_id": 3}']) {
      await v1(`${things}/add`, { doc })
    }
    await v1(`${things}/update`, { doc: '{"_id": 2}', set: '{"$set": {"n": 20}}' })
    await v1(`${things}/delete`, { doc: '{"_id": 3}' })
    const both = [
      { _id: 1, n: 1 },
      { _id: 2, n: 20 },
    ]
    assert.deepEqual(await v1(`${things}/get`, { doc: '{}' }), both)
    const client = await new MongoClient(engine.uri()).connect()
    assert.deepEqual(await client.db('shop').collection('things').find().toArray(), both)
    await client.close()
  })

  test('tells over API v1 of the database where it is', async () => {
    const { host, port, name } = await v1<Fields>('/instance')
    assert.deepEqual(
      { host, port, name },
      { host: '127.0.0.1', port: engine.port, name: 'elsewhere' },
    )
    const status = await v1<{ ok: number; opcounters: Record<string, number> }>('/serverStatus')
    // What has an `_id` is saved, which is an update.
    assert.ok(status.opcounters.update >= 4)
    const space = await v1<{ data_size: number; total_size: number }>('/spaceusage/get')
    assert.ok(space.data_size > 0 && space.total_size > 0)
    const [lines] = Object.values(await v1<Record<string, Fields[]>>('/logs/get'))
    assert.ok(lines.length > 0)
    const { inprog } = await v1<{ inprog: unknown[] }>('/current_op')
    assert.ok(Array.isArray(inprog))
  })

  test('is profiled over API v1', async () => {
    await v1('/profiling_level/set', { doc: '{"database": "shop", "level": 2}' })
    const [levels] = Object.values(await v1<Record<string, Fields>>('/profiling_level/get'))
    assert.equal(levels.shop, 2)
    await v1(`${things}/get`, { doc: '{"n": 20}' })
    const entries = await v1<{ ns: string }[]>('/profiler/get', { doc: '{"ns": "shop.things"}' })
    assert.ok(entries.some(({ ns }) => ns === 'shop.things'))
    await v1('/profiling_level/set', { doc: '{"database": "shop", "level": 0}' })
  })

  test('keeps ACLs over API v1', async () => {
    const mask = { cidr_mask: '192.0.2.0/24' }
    await v1('/acl/add', { doc: JSON.stringify({ ...mask, description: 'office' }) })
    const acls = await v1<{ cidr_mask: string }[]>('/acl/get')
    assert.deepEqual(
      acls.map(({ cidr_mask }) => cidr_mask),
      [mask.cidr_mask],
    )
    await v1('/acl/delete', { doc: JSON.stringify(mask) })
    assert.deepEqual(await v1('/acl/get'), [])
  })

  test('is described by API v2', async () => {
    const of = '/mongodb/elsewhere'
    const databases = await data<{ name: string; object_count: number }[]>(
      'GET',
      `${of}/databases/`,
    )
    const shop = databases.find(({ name }) => name === 'shop')
    assert.ok(shop && shop.object_count >= 2)
    const [shard] = await data<{ name: string; shardstr: string }[]>('GET', `${of}/shards/`)
    const members = shard.shardstr.slice(shard.name.length + 1).split(',')
    assert.equal(shard.shardstr, `${shard.name}/${members.join()}`)
    assert.deepEqual(await data('GET', `${of}/replicasets/`), [{ [shard.name]: members }])
    type Counters = Record<string, Record<string, Record<string, number>>>
    const [counters] = await data<Counters[]>('GET', `${of}/opcounters/`)
    const [ofHost] = Object.values(counters[shard.name])
    assert.ok(ofHost.update >= 4)
    type Log = [string, { log: unknown[] }]
    const logs = await data<{ MongoS: []; MongoD: [string, Log[]][] }>('GET', `${of}/logs/`)
    const [[name, [[, { log }]]]] = logs.MongoD
    assert.deepEqual([name, logs.MongoS], [shard.name, []])
    assert.ok(log.length > 0)
    const connect = await data<{ connect_string: string }>('GET', '/instances/elsewhere/')
    assert.equal(connect.connect_string, host())
  })

  test('is compacted, and has nobody to step down for', async () => {
    const of = '/mongodb/elsewhere'
    assert.equal(await data('POST', `${of}/compaction/`), 'Success')
    const compaction = () => data<{ state: string; shards: never[] }>('GET', `${of}/compaction/`)
    await until(async () => (await compaction()).state === 'compressed')
    assert.equal((await compaction()).shards.length, 1)
    const start = Math.floor(Date.now() / 1000) - 60
    await data('POST', `${of}/stepdown/`, { start, end: start + 3600 })
    const isStepdown = ({ kind }: Fields) => kind === 'mongodb.stepdown'
    const tasks = () => data<Fields[]>('GET', '/tasks/')
    await until(async () => (await tasks()).some(isStepdown))
    const { result } = await done(String((await tasks()).find(isStepdown)?.id))
    assert.match(String((result as Fields).outcome), /one member has nobody to step down for/)
  })

  test('is no sharded cluster, and so takes no shard', async () => {
    for (const body of [undefined, { shardstr: 'rs1/127.0.0.1:1' }]) {
      const { status, message } = await v2('POST', '/mongodb/elsewhere/shards/', body)
      assert.equal(status, 400)
      assert.match(String(message), /not a sharded cluster/)
    }
  })

  test('is backed up, restored into a new embedded instance, and back over itself', async () => {
    const before = await v1<Fields[]>(`${things}/get`, { doc: '{}' })
    assert.equal(before.length, 2)
    const backup = await data<{ label: string; task: string }>(
      'POST',
      '/instances/elsewhere/backups/',
      {},
    )
    await done(backup.task)
    const restore = `/instances/elsewhere/backups/${backup.label}/restore/`
    const intoNew = await data<{ id: string }>('POST', restore, { into: 'here', new: true })
    await done(intoNew.id)
    const here = await data<{ api_key: string }>('GET', '/instances/here/')
    assert.deepEqual(await v1(`${things}/get`, { doc: '{}' }, here.api_key), before)

    await v1(`${things}/delete`, { doc: '{}' })
    await v1(`${things}/add`, { doc: '{"_id": "later"}' })
    const over = await data<{ id: string }>('POST', restore, { safety: false })
    await done(over.id)
    assert.deepEqual(await v1(`${things}/get`, { doc: '{}' }), before)
  })

  test('is let go without a change to it', async () => {
    await data('DELETE', '/instances/elsewhere/')
    const client = await new MongoClient(engine.uri()).connect()
    assert.equal(await client.db('shop').collection('things').countDocuments(), 2)
    await client.close()
    assert.doesNotMatch(gantry.stderr(), /a password|a%20password/)
  })
})
