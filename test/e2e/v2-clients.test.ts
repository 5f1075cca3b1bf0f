import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { MongoClient } from 'mongodb'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'

/** What was answered to a request, its body read as JSON. */
interface Answer {
  readonly status: number
  readonly text: string
  readonly json: { readonly data: never; readonly message?: string }
}

/** Header lines as they are sent, so that a test says all that goes out. */
function send(
  url: string,
  method: string,
  headers: Record<string, string>,
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers }, async (response) => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      resolve({ status: response.statusCode ?? 0, text, json: JSON.parse(text) })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

describe('clients of old on API v2, by the requests that they send', () => {
  let gantry: GantryProcess
  let base: string
  let token: string
  before(async () => {
    // So short a life makes the second request of a test come too late, if it waits.
    gantry = await startGantry(['--token-lifetime', '2'])
    base = `${gantry.url}/v2/`
  })
  after(() => gantry.stop())

  const basic = (login: string, password: string) =>
    `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`

  async function authenticate(): Promise<void> {
    const { login, password } = gantry.credentials()
    const answer = await send(`${base}tokens/`, 'GET', {
      'Content-Type': 'application/json',
      Authorization: basic(login, password),
    })
    assert.equal(answer.status, 200)
    token = (answer.json.data as { token: string }).token
  }

  /** As the Python client: a JSON type always, and once more with a new token after a 401. */
  async function python(method: string, path: string, body?: unknown): Promise<Answer> {
    const text = body === undefined ? '' : JSON.stringify(body)
    const headers = () => ({
      'Content-Type': 'application/json',
      'X-Auth-Token': token,
      ...(method !== 'GET' && { 'Content-Length': String(Buffer.byteLength(text)) }),
    })
    const answer = await send(base + path, method, headers(), text)
    if (answer.status !== 401) return answer
    await authenticate()
    return send(base + path, method, headers(), text)
  }

  async function data<T = never>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await python(method, path, body)
    assert.equal(answer.status, 200, answer.text)
    return answer.json.data
  }

  const order = {
    name: 'py1',
    service: 'mongodb',
    plan: 5,
    type: 'mongodb_sharded',
    version: '2.4.6',
    zone: 'US-West',
  }
  const required = ['created', 'id', 'name', 'plan', 'service', 'type', 'version']

  test('the Python client authenticates, and shows the message when it cannot', async () => {
    const headers = { 'Content-Type': 'application/json' }
    const wrong = { ...headers, Authorization: basic('admin@localhost', 'wrong') }
    const refused = await send(`${base}tokens/`, 'GET', wrong)
    assert.equal(refused.status, 401)
    assert.equal(typeof refused.json.message, 'string')
    await authenticate()
    const verified = await send(`${base}tokens/verify/`, 'POST', headers, JSON.stringify({ token }))
    assert.equal((verified.json.data as { login: string }).login, 'admin@localhost')
  })

  test('it creates, gets and lists instances with all that it cannot do without', async () => {
    const made = await data<Record<string, unknown>>('POST', 'instances/', order)
    const all = await data<Record<string, unknown>[]>('GET', 'instances/')
    const got = await data<Record<string, unknown>>('GET', 'instances/py1/')
    assert.equal(all.length, 2)
    for (const document of [made, got, ...all]) {
      for (const name of required) assert.ok(name in document, name)
      assert.equal(typeof document.connect_string, 'string')
    }
    assert.equal((await python('GET', 'instances/none/')).json.data, undefined)
  })

  test('its ACLs are made, got by an id in its own form, listed and deleted', async () => {
    const acls = 'instances/py1/acls/'
    const body = { cidr_mask: '127.0.0.0/8', description: 'here' }
    const made = await data<Record<string, unknown>>('POST', acls, body)
    for (const name of ['_id', 'cidr_mask', 'description', 'instance', 'login', 'port']) {
      assert.ok(name in made, name)
    }
    const { $oid } = made._id as { $oid: string }
    // What Python makes of a dict, in a URL.
    const id = encodeURI(`{'$oid': '${$oid}'}`)
    assert.deepEqual(await data('GET', `${acls}${id}/`), made)
    assert.deepEqual(await data('GET', acls), [made])
    const unknown = await python('POST', acls, { ...body, color: 'red' })
    assert.equal(unknown.status, 400)
    assert.match(unknown.json.message ?? '', /color/)
    assert.equal((await python('DELETE', `${acls}${id}/`)).status, 200)
  })

  test('it reads the synchronisation before it sets it, and runs it', async () => {
    const path = 'instances/py1/acl_sync'
    const now = await data<Record<string, boolean>>('GET', path)
    assert.equal(now.aws_acl_sync_enabled, false)
    const wanted = { ...now, aws_acl_sync_enabled: true }
    assert.deepEqual(await data('PUT', path, wanted), wanted)
    assert.deepEqual(await data('POST', path, wanted), {
      aws_acl_sync_state: 'started',
      rackspace_acl_sync_state: 'unchanged',
    })
  })

  test('it adds the statistics of shards up, at two moments', async () => {
    interface Shard {
      readonly shardstr: string
      readonly plan: number
      readonly id: string
      readonly name: string
    }
    interface Stats {
      readonly shard_stats: Record<string, Record<string, unknown>>
      readonly per_node_stats: Record<string, { opcounters: Record<string, number> }>
      readonly replication_lag: number
    }
    const shards = await data<Shard[]>('GET', 'mongodb/py1/shards/')
    assert.ok(shards.length >= 1)
    const [{ name }] = shards
    const look = async () =>
      (await data<{ stats: Stats }>('GET', `mongodb/py1/shards/${name}/?include_stats=True`)).stats
    const [first, second] = [await look(), await look()]
    for (const section of ['opcounters', 'network']) {
      assert.deepEqual(
        Object.keys(first.shard_stats[section]),
        Object.keys(second.shard_stats[section]),
      )
    }
    for (const { opcounters } of Object.values(second.per_node_stats)) {
      assert.ok(Object.values(opcounters).every(Number.isInteger))
    }
    assert.equal(second.replication_lag, 0)
    const stats = await data<{ objects: number }>('GET', 'mongodb/py1/aggregate_database_stats/')
    assert.equal(stats.objects, 0)
  })

  test('of a replica set it reads the statistics as they are', async () => {
    const stats = await data<Record<string, unknown>>('GET', 'instances/default/new-relic-stats')
    for (const name of ['aggregate_server_statistics', 'server_statistics_per_second']) {
      assert.ok(name in stats, name)
    }
  })

  test('its connection string and a user of a database are enough for a driver', async () => {
    const user = { name: 'app', username: 'u', password: 'p' }
    await data('POST', 'mongodb/py1/databases/', user)
    const { connect_string } = await data<{ connect_string: string }>('GET', 'instances/py1/')
    const client = new MongoClient(`mongodb://u:p@${connect_string}/app`)
    try {
      const things = client.db('app').collection<{ _id: number }>('things')
      await things.insertOne({ _id: 1 })
      assert.deepEqual(await things.find().toArray(), [{ _id: 1 }])
    } finally {
      await client.close()
    }
  })

  test('a token that is over is replaced on the way', async () => {
    await authenticate()
    const old = token
    while ((await send(`${base}plans/`, 'GET', { 'X-Auth-Token': old })).status !== 401);
    const instances = await data<unknown[]>('GET', 'instances/')
    assert.equal(instances.length, 2)
    assert.notEqual(token, old)
  })

  test('the Go client sends no type, and paths without a slash at the end', async () => {
    await authenticate()
    const headers = { 'X-Auth-Token': token, 'User-Agent': 'Go-http-client/1.1' }
    const made = await send(
      `${base}instances`,
      'POST',
      headers,
      JSON.stringify({ ...order, name: 'go1' }),
    )
    assert.equal(made.status, 200)
    const listed = await send(`${base}instances`, 'GET', headers)
    assert.equal((listed.json.data as unknown[]).length, 3)
  })

  test('scripts cut what they want out of the text, by lines', async () => {
    const { login, password } = gantry.credentials()
    const headers = { Authorization: basic(login, password) }
    const { json } = await send(`${base}tokens/`, 'GET', headers)
    const lines = (value: unknown) => JSON.stringify(value, null, 4).split('\n')
    const found = lines(json).filter((line) => line.includes('token'))
    assert.equal(found.length, 1)
    const [, cut] = found[0].split(':')
    const sent = ` ${cut.replaceAll('"', '').replace(',', '').trim()}`
    const auth = { 'X-Auth-Token': sent }
    const list = await send(`${base}instances/`, 'GET', auth)
    const names = lines(list.json).filter((line) => line.includes('name'))
    assert.deepEqual(
      names.map((line) => line.trim().replace(/,$/, '')),
      ['"name": "default"', '"name": "py1"', '"name": "go1"'],
    )
    const databases = await send(`${base}mongodb/py1/databases`, 'GET', auth)
    assert.equal(lines(databases.json).filter((line) => line.includes('name')).length, 1)
    const collections = await send(`${base}mongodb/py1/databases/app/collections`, 'GET', auth)
    assert.deepEqual(collections.json.data, ['things'])
    const path = `${base}mongodb/py1/databases/app/collections/things/`
    const sizes = lines((await send(path, 'GET', auth)).json).filter((line) =>
      line.includes('size'),
    )
    assert.match(sizes.join(), /^ *"size": \d+,$/)
  })

  test('a front end sends the account beside the token, and its dead paths are no paths', async () => {
    await authenticate()
    const headers = { 'X-Auth-Token': token, 'X-Auth-Account': 'somebody' }
    assert.equal((await send(`${base}instances`, 'GET', headers)).status, 200)
    for (const path of ['instance/py1/replicaset', 'instance/py1/host/h:1/stats/available']) {
      assert.equal((await send(base + path, 'GET', headers)).status, 404)
    }
  })
})
