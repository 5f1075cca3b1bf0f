import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type Balancer, startBalancer } from '../support/balancer.js'
import { type EngineProcess, startEngineProcess } from '../support/engine-process.js'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'
import { type PublicClient, publicClients } from '../support/public-clients.js'

const PREFIX = '/api/public/v1.0'

/** Two servers with one state, each with an instance of its own, and a balancer before them. */
describe('the Public API of two servers that share a state', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-shared-public-'))
  const dirs = [join(folder, 'one'), join(folder, 'two')]
  let engine: EngineProcess
  let one: GantryProcess
  let two: GantryProcess
  let balancer: Balancer
  let client: PublicClient
  let group: string

  const args = () => [
    '--state',
    engine.uri('&authSource=admin').replace('/?', '/control?'),
    '--public-access-lists',
    'optional',
    '--public-rate-limit',
    '0',
    '--metrics-interval',
    '10',
  ]

  before(async () => {
    engine = await startEngineProcess()
    one = await startGantry(args(), dirs[0])
    mkdirSync(dirs[1])
    copyFileSync(join(dirs[0], 'secret.key'), join(dirs[1], 'secret.key'))
    two = await startGantry(args(), dirs[1])
    balancer = await startBalancer([one.url, two.url])
    client = publicClients[2].open()
    const groups = await get(one, '/groups')
    group = `/groups/${groups.results[0].id}`
    await makeInstance(two, 'Second')
  })
  after(async () => {
    await client?.close()
    await balancer?.close()
    await two?.stop()
    await one?.stop()
    await engine?.remove()
    rmSync(folder, { recursive: true })
  })

  async function call(server: { url: string }, method: string, path: string, body?: unknown) {
    const url = server.url + PREFIX + path
    const { status, text } = await client.call(one.credentials(), method, url, body)
    return { status, text, json: JSON.parse(text) }
  }

  async function get(server: { url: string }, path: string) {
    const { status, text, json } = await call(server, 'GET', path)
    assert.equal(status, 200, text)
    return json
  }

  /** Asks again until the answer is the wanted one; the test's own limit is what ends it. */
  async function until<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
    for (;;) {
      const answer = await ask()
      if (isRight(answer)) return answer
      await pause(20)
    }
  }

  /** By API v2, which waits until it is there. */
  async function makeInstance(server: GantryProcess, name: string): Promise<void> {
    const { login, password } = one.credentials()
    const authorization = `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`
    const signIn = await fetch(`${server.url}/v2/tokens/`, { headers: { authorization } })
    const { data } = (await signIn.json()) as { data: { token: string } }
    const order = {
      name,
      plan: 5,
      service: 'mongodb',
      type: 'mongodb_replica_set',
      version: '2.4.6',
      zone: 'US-West',
    }
    const headers = { 'x-auth-token': data.token }
    const path = `${server.url}/v2/instances/`
    const made = await fetch(path, { method: 'POST', headers, body: JSON.stringify(order) })
    assert.equal(made.status, 200, await made.text())
  }

  /** The credentials for one request, with a nonce and a count that somebody else may have used. */
  function authorize(nonce: string, nc: number, method: string, path: string): string {
    const md5 = (text: string) => createHash('md5').update(text).digest('hex')
    const { publicKey, privateKey } = one.credentials()
    const ha1 = md5(`${publicKey}:MMS Public API:${privateKey}`)
    const count = String(nc).padStart(8, '0')
    const response = md5([ha1, nonce, count, 'c', 'auth', md5(`${method}:${path}`)].join(':'))
    return `Digest username="${publicKey}", realm="MMS Public API", nonce="${nonce}", uri="${path}", cnonce="c", nc=${count}, qop=auth, response="${response}", algorithm=MD5`
  }

  async function nonceOf(server: GantryProcess): Promise<string> {
    const challenge = await fetch(`${server.url}${PREFIX}/groups`)
    const header = challenge.headers.get('www-authenticate') ?? ''
    return /nonce="([^"]+)"/.exec(header)?.[1] ?? ''
  }

  async function send(server: GantryProcess, method: string, nonce: string, nc: number) {
    const path = method === 'GET' ? `${PREFIX}/groups` : `${PREFIX}${group}/agentapikeys`
    const authorization = authorize(nonce, nc, method, path)
    const response = await fetch(server.url + path, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      body: method === 'GET' ? undefined : '{"desc":"once"}',
    })
    await response.text()
    const stale = /stale=(\w+)/.exec(response.headers.get('www-authenticate') ?? '')?.[1]
    return stale === undefined ? response.status : [response.status, stale]
  }

  test('R29 the nonce of one is good at the other; a change counts once at both together', async () => {
    const nonce = await nonceOf(one)
    assert.equal(await send(two, 'GET', nonce, 1), 200)
    assert.deepEqual(await send(two, 'GET', nonce, 1), [401, 'true'])
    // What reading gives away it has given away.
    assert.equal(await send(one, 'GET', nonce, 1), 200)
    assert.deepEqual(await send(one, 'GET', nonce, 1), [401, 'true'])
    assert.equal(await send(one, 'POST', nonce, 2), 201)
    assert.deepEqual(await send(two, 'POST', nonce, 2), [401, 'true'])
    assert.deepEqual(await send(one, 'POST', nonce, 2), [401, 'true'])
    assert.equal(await send(two, 'POST', nonce, 3), 201)
    const keys = await get(one, `${group}/agentapikeys`)
    assert.equal(keys.filter(({ desc }: { desc: string }) => desc === 'once').length, 2)
  })

  for (const { name, missing, open } of publicClients) {
    const skip =
      missing !== undefined && `NOT TESTED, as there is no ${name}. To have it: ${missing}`
    if (skip) process.stderr.write(`${skip}\n`)
    test(`R29 ${name} is asked for credentials no more often behind a balancer`, {
      skip,
    }, async () => {
      const own = open()
      try {
        const count = async (url: string) => {
          for (let i = 0; i < 6; i++) {
            const path = `${url}${PREFIX}${group}/hosts?pageNum=${i + 1}`
            assert.equal((await own.call(one.credentials(), 'GET', path)).status, 200)
          }
        }
        balancer.statuses()
        await count(balancer.url)
        const asked = balancer.statuses().filter((status) => status === 401).length
        // One that keeps its nonce is asked once, and the others once for each call.
        assert.equal(asked, name.startsWith('Python') ? 1 : 6)
      } finally {
        await own.close()
      }
    })
  }

  /** Without what is of the moment that it was asked. */
  const steady = (json: unknown, from: { url: string }) =>
    JSON.parse(JSON.stringify(json).replaceAll(from.url, ''), (name, value) =>
      /^(lastPing|lastHeartbeat|uptimeMsec|lastRestart|last\w+SizeBytes)$/.test(name) ? 0 : value,
    )

  /** What both answer for a path, which is the same. */
  async function same(path: string) {
    const [here, there] = [await get(one, path), await get(two, path)]
    assert.deepEqual(steady(here, one), steady(there, two), path)
    return here
  }

  test('hosts and clusters are the same whichever server is asked', async () => {
    const [first, second] = (
      await until(
        () => get(two, `${group}/hosts`),
        ({ results }) =>
          results.length === 2 && results.every(({ version = '' }) => version !== ''),
      )
    ).results
    await until(
      () => get(one, `${group}/hosts`),
      ({ results }) => results.length === 2 && results.every(({ version = '' }) => version !== ''),
    )
    for (const host of [first, second]) {
      assert.equal(host.typeName, 'REPLICA_PRIMARY')
      const at = `${group}/hosts/${host.id}`
      await same(at)
      await same(`${group}/hosts/byName/${host.hostname}:${host.port}`)
      await same(`${at}/databases`)
      await same(`${at}/disks`)
      await same(`${group}/clusters/${host.clusterId}`)
      await same(`${group}/backupConfigs/${host.clusterId}`)
      await same(`${group}/clusters/${host.clusterId}/snapshots`)
      for (const server of [one, two]) {
        const query = 'granularity=PT10S&period=PT1M&m=CONNECTIONS'
        const { measurements } = await get(server, `${at}/measurements?${query}`)
        assert.deepEqual(
          measurements.map(({ name }: { name: string }) => name),
          ['CONNECTIONS'],
        )
      }
    }
    await same(`${group}/hosts`)
    await same(`${group}/clusters`)
    const unknown = await call(two, 'GET', `${group}/hosts/${'0'.repeat(32)}`)
    assert.equal(unknown.json.errorCode, 'HOST_NOT_FOUND')
  })

  test('links lead back to where the caller asked', async () => {
    const { results } = await get(balancer, `${group}/hosts`)
    for (const { id } of results) {
      const at = `${group}/hosts/${id}/databases`
      const { links } = await get(two, at)
      assert.equal(links[0].href, `${two.url}${PREFIX}${at}?pageNum=1&itemsPerPage=100`)
    }
  })

  test('logs of what runs on the one are collected, and downloaded, at the other', async () => {
    for (const [name, server, other] of [
      ['default', two, one],
      ['Second', one, two],
    ] as const) {
      const body = {
        resourceType: 'cluster',
        resourceName: name,
        sizeRequestedPerFileBytes: 100_000,
        logTypes: ['MONGODB'],
        redacted: false,
      }
      const made = await call(server, 'POST', `${group}/logCollectionJobs`, body)
      assert.equal(made.status, 201, made.text)
      const at = `${group}/logCollectionJobs/${made.json.id}`
      for (const asked of [server, other]) {
        const { status, downloadUrl } = await until(
          () => get(asked, at),
          (job) => job.status !== 'IN_PROGRESS',
        )
        assert.equal(status, 'SUCCESS')
        assert.equal(downloadUrl, `${asked.url}${PREFIX}${at}/download`)
        const archive = await client.call(one.credentials(), 'GET', downloadUrl)
        assert.equal(archive.status, 200)
        assert.ok(archive.text.length > 0)
      }
      const type = 'eventType=LOG_COLLECTION_REQUESTED_AUDIT'
      const [event] = (await same(`${group}/events?${type}&includeRaw=true`)).results
      assert.deepEqual([event.raw.job, event.raw.clusterName], [made.json.id, name])
      await call(other, 'DELETE', at)
      for (const asked of [server, other]) {
        await until(
          () => call(asked, 'GET', at),
          ({ status }) => status === 404,
        )
      }
    }
  })

  test('a snapshot of what runs on the one is taken, and listed, at the other', async () => {
    const { results } = await get(two, `${group}/clusters`)
    for (const { id } of results) {
      for (const server of [one, two]) {
        const started = await call(server, 'PATCH', `${group}/backupConfigs/${id}`, {
          statusName: 'STARTED',
        })
        assert.equal(started.status, 200, started.text)
        const at = `${group}/clusters/${id}/snapshots`
        const taken = await call(server, 'POST', `${at}/onDemandSnapshot`)
        assert.equal(taken.status, 201, taken.text)
        for (const asked of [one, two]) {
          await until(
            () => get(asked, `${at}/${taken.json.id}`),
            ({ complete }) => complete,
          )
        }
      }
      const listed = await same(`${group}/clusters/${id}/snapshots`)
      assert.equal(listed.totalCount, 2)
      const bad = await call(two, 'PATCH', `${group}/backupConfigs/${id}`, { nonsense: 1 })
      assert.equal(bad.json.errorCode, 'INVALID_ATTRIBUTE')
    }
  })

  test('access lists look at the caller, whoever sends the call on', async () => {
    const { orgId } = await get(one, group)
    const asked = { desc: 'far', roles: ['GROUP_OWNER'] }
    const { json: key } = await call(one, 'POST', `${group}/apiKeys`, asked)
    const list = `/orgs/${orgId}/apiKeys/${key.id}/accessList`
    await call(one, 'POST', list, [{ cidrBlock: '127.0.0.0/8' }])
    const { results } = await get(one, `${group}/hosts`)
    const before = (await get(one, list)).results[0].count
    for (const { id } of results) {
      const url = `${one.url}${PREFIX}${group}/hosts/${id}/databases`
      assert.equal((await client.call(key, 'GET', url)).status, 200)
    }
    // A call that is sent on is one call.
    assert.equal((await get(one, list)).results[0].count, before + 2)
  })

  test('when one is killed, the other says what it knows of its hosts', async () => {
    const known = (await get(two, `${group}/hosts`)).results
    one.signal('SIGKILL')
    await one.exit
    const { results } = await until(
      () => get(two, `${group}/hosts`),
      ({ results }) => results.some((host: Json) => host.replicaStateName === 'DOWN'),
    )
    assert.deepEqual(
      results.map(({ id }: Json) => id),
      known.map(({ id }: Json) => id),
    )
    const down = results.find((host: Json) => host.replicaStateName === 'DOWN')
    const at = `${group}/hosts/${down.id}`
    const query = 'granularity=PT10S&period=PT1M&m=CONNECTIONS'
    assert.equal((await get(two, `${at}/measurements?${query}`)).hostId, down.id)
    const refused = await call(two, 'PATCH', at, { logsEnabled: true })
    assert.equal(refused.status, 503)
    assert.match(refused.json.detail, /cannot be reached from here/)
    one = await startGantry(args(), dirs[0])
    assert.equal((await call(two, 'PATCH', at, { logsEnabled: true })).status, 200)
  })
})

type Json = Record<string, unknown>
