import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { type EngineProcess, startEngineProcess } from '../support/engine-process.js'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'

/** Two servers with one state, which a third process serves. */
describe('two servers that share a state', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-shared-'))
  const dirs = [join(folder, 'one'), join(folder, 'two')]
  let engine: EngineProcess
  let one: GantryProcess
  let two: GantryProcess
  let key: string

  const stateArgs = () => ['--state', engine.uri('&authSource=admin').replace('/?', '/control?')]

  before(async () => {
    engine = await startEngineProcess()
    one = await startGantry(stateArgs(), dirs[0])
    key = one.credentials().apiKey
  })
  after(async () => {
    await two?.stop()
    await one?.stop()
    await engine?.remove()
    rmSync(folder, { recursive: true })
  })

  /** What API v1 at a server answers, with the default instance's key. */
  async function call(server: GantryProcess, path: string, fields: Record<string, string> = {}) {
    const body = new URLSearchParams({ api_key: key, ...fields })
    const response = await fetch(`${server.url}${path}`, { method: 'POST', body })
    return {
      status: response.status,
      ...((await response.json()) as { rc: number; data: unknown }),
    }
  }

  /** Asks again until the answer is the wanted one; the test's own limit is what ends it. */
  async function until<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
    for (;;) {
      const answer = await ask()
      if (isRight(answer)) return answer
      await pause(10)
    }
  }

  test('the second one needs the key of the first, and says so', async () => {
    await assert.rejects(startGantry(stateArgs(), dirs[1]), (error: Error) => {
      assert.match(error.message, /copy secret\.key from the data directory of a server/)
      assert.doesNotMatch(error.message, /a password|a%20password/)
      return true
    })
    copyFileSync(join(dirs[0], 'secret.key'), join(dirs[1], 'secret.key'))
    two = await startGantry(stateArgs(), dirs[1])
    assert.throws(() => two.credentials(), /ENOENT/)
  })

  test('calls at either one reach the instance of the first', async () => {
    const path = '/db/d/collection/c'
    const added = await call(two, `${path}/add`, { doc: '{"_id": 1, "at": "two"}' })
    assert.deepEqual([added.status, added.rc], [200, 0])
    await call(one, `${path}/add`, { doc: '{"_id": 2, "at": "one"}' })
    for (const server of [one, two]) {
      const { data } = await call(server, `${path}/get`, { doc: '{}' })
      assert.deepEqual(data, [
        { _id: 1, at: 'two' },
        { _id: 2, at: 'one' },
      ])
    }
    const bad = await call(two, `${path}/update`, { doc: '{"_id": 1}', set: '{"$no": 1}' })
    assert.equal(bad.rc, 1)
    const wide = 'x'.repeat(100_000)
    for (let id = 10; id < 30; id++) {
      await call(two, `${path}/add`, { doc: JSON.stringify({ _id: id, wide }) })
    }
    const all = await call(two, `${path}/get`, { doc: '{"_id": {"$gte": 10}}' })
    assert.equal((all.data as unknown[]).length, 20)
  })

  test('an ACL made at one counts at the other, and cuts there', async () => {
    const client = new MongoClient(one.credentials().connectString, {
      serverSelectionTimeoutMS: 500,
      maxPoolSize: 1,
    })
    try {
      await client.db('d').command({ ping: 1 })
      const acl = { cidr_mask: '192.0.2.0/24', description: 'elsewhere' }
      assert.equal((await call(two, '/acl/add', { doc: JSON.stringify(acl) })).rc, 0)
      await until(
        () =>
          client
            .db('d')
            .command({ ping: 1 })
            .then(
              () => false,
              () => true,
            ),
        (refused) => refused,
      )
      const mask = JSON.stringify({ cidr_mask: acl.cidr_mask })
      const seen = await until(
        async () => (await call(one, '/acl/get')).data as unknown[],
        (acls) => acls.length === 1,
      )
      assert.equal(seen.length, 1)
      assert.equal((await call(one, '/acl/delete', { doc: mask })).rc, 0)
      await until(
        async () => (await call(two, '/acl/get')).data as unknown[],
        (acls) => acls.length === 0,
      )
      await client.db('d').command({ ping: 1 })
    } finally {
      await client.close()
    }
  })

  /** A token of the account of the first start. */
  async function signIn(server: GantryProcess): Promise<string> {
    const { login, password } = one.credentials()
    const authorization = `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`
    const response = await fetch(`${server.url}/v2/tokens/`, { headers: { authorization } })
    const { data } = (await response.json()) as { data: { token: string } }
    return data.token
  }

  /** What API v2 at a server answers, for the account of the first start. */
  async function callV2(server: GantryProcess, method: string, path: string, body?: object) {
    const response = await fetch(`${server.url}/v2${path}`, {
      method,
      headers: { 'x-auth-token': await signIn(server) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const json = JSON.parse(text) as { data: never; message?: string }
    return { status: response.status, ...json }
  }

  test('an instance made at one is there at the other, and so is its end', async () => {
    const order = {
      name: 'Shared1',
      plan: 5,
      service: 'mongodb',
      type: 'mongodb_replica_set',
      version: '2.4.6',
      zone: 'US-West',
    }
    const made = await callV2(two, 'POST', '/instances/', order)
    assert.equal(made.status, 200, made.message)
    const { api_key } = made.data as { api_key: string }
    const add = { api_key, doc: '{"_id": 7}' }
    // Its key counts at once where it was made, and moments later elsewhere.
    assert.equal((await call(two, '/db/d/collection/c/add', add)).rc, 0)
    await until(
      () => call(one, '/db/d/collection/c/get', { api_key, doc: '{}' }),
      ({ status }) => status === 200,
    )
    const { data } = await call(one, '/db/d/collection/c/get', { api_key, doc: '{}' })
    assert.deepEqual(data, [{ _id: 7 }])
    for (const server of [one, two]) {
      const stats = await callV2(server, 'GET', '/mongodb/Shared1/databases/')
      assert.deepEqual(
        (stats.data as { name: string }[]).map(({ name }) => name),
        ['d'],
      )
      assert.equal((await callV2(server, 'GET', '/mongodb/Shared1/databases/none/')).status, 404)
    }
    const gone = await callV2(one, 'DELETE', '/instances/Shared1/')
    assert.equal(gone.status, 200, gone.message)
    for (const server of [one, two]) {
      await until(
        () => callV2(server, 'GET', '/instances/Shared1/'),
        ({ status }) => status === 404,
      )
      await until(
        () => call(server, '/db/d/collection/c/get', { api_key, doc: '{}' }),
        ({ status }) => status === 403,
      )
    }
  })

  test('requests of an account are counted together', async () => {
    // One's token counts at the other too.
    const token = await signIn(one)
    const ask = async ({ url }: GantryProcess) => {
      const { status, headers } = await fetch(`${url}/v2/instances/`, {
        headers: { 'x-auth-token': token },
      })
      assert.equal(status, 200)
      return ['remaining', 'reset'].map((name) => Number(headers.get(`x-ratelimit-${name}`)))
    }
    // The second may change in between; then it is tried again.
    await until(
      async () => {
        const [[left, second], [then, later]] = [await ask(one), await ask(two)]
        return second === later ? left - then : undefined
      },
      (difference) => difference === 1,
    )
  })

  test('the state may be away for a while', async () => {
    await engine.kill()
    const { data } = await call(two, '/db/d/collection/c/get', { doc: '{"_id": 1}' })
    assert.deepEqual(data, [{ _id: 1, at: 'two' }])
    await engine.start()
    const mask = '198.51.100.7'
    await until(
      () => call(two, '/acl/add', { doc: JSON.stringify({ cidr_mask: mask, description: 'x' }) }),
      ({ rc }) => rc === 0,
    )
    await until(
      async () => (await call(one, '/acl/get')).data as { cidr_mask: string }[],
      (acls) => acls.some(({ cidr_mask }) => cidr_mask.startsWith(mask)),
    )
    await call(two, '/acl/delete', { doc: JSON.stringify({ cidr_mask: mask }) })
  })

  test('when one is killed, the other says which is missing, and goes on', async () => {
    one.signal('SIGKILL')
    await one.exit
    const { rc, data } = await call(two, '/db/d/collection/c/get', { doc: '{}' })
    assert.equal(rc, 1)
    assert.match(String(data), /runs on server [0-9a-f]{24}, at http.*cannot be reached from here/)
    assert.equal((await call(two, '/acl/get')).rc, 0)
    one = await startGantry(stateArgs(), dirs[0])
    const again = await call(two, '/db/d/collection/c/get', { doc: '{"_id": 1}' })
    assert.deepEqual(again.data, [{ _id: 1, at: 'two' }])
  })
})

test('of two that start at once with an empty state one fills it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-shared-'))
  const engine = await startEngineProcess()
  const dirs = ['one', 'two'].map((name) => join(folder, name))
  const servers: GantryProcess[] = []
  try {
    const args = ['--state', engine.uri()]
    for (const dir of dirs) {
      mkdirSync(dir)
      writeFileSync(join(dir, 'secret.key'), `${'5a'.repeat(32)}\n`, { mode: 0o600 })
    }
    servers.push(...(await Promise.all(dirs.map((dir) => startGantry(args, dir)))))
    const reader = await new MongoClient(engine.uri()).connect()
    assert.equal(await reader.db('gantry').collection('accounts').countDocuments(), 1)
    assert.equal(await reader.db('gantry').collection('instances').countDocuments(), 1)
    await reader.close()
  } finally {
    for (const server of servers) await server.stop()
    await engine.remove()
    rmSync(folder, { recursive: true })
  }
})
