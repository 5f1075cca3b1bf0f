import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect } from 'node:tls'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'

type Json = { readonly [field: string]: unknown }

/** The requests that tools of old send, byte for byte, and what they read of the answers. */
describe('tools of API v1', () => {
  let gantry: GantryProcess
  let host: string
  before(async () => {
    gantry = await startGantry(['--tls-port', '0'])
    host = new URL(gantry.credentials().tlsUrl ?? '').host.replace('127.0.0.1', 'localhost')
  })
  after(() => gantry.stop())

  /** Sends bytes over TLS that is checked; resolves with status line and body. */
  function exchange(request: string): Promise<{ status: string; body: string }> {
    const ca = readFileSync(join(gantry.dataDir, 'tls', 'ca.pem'))
    const port = Number(host.split(':')[1])
    return new Promise((resolve, reject) => {
      let received = ''
      const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca })
      socket.setEncoding('utf8').on('data', (text: string) => {
        received += text
        const [head, body] = received.split('\r\n\r\n')
        const length = /^content-length: (\d+)/im.exec(head)?.[1]
        if (body === undefined || length === undefined) return
        if (Buffer.byteLength(body) < Number(length)) return
        socket.destroy()
        resolve({ status: head.slice(0, head.indexOf('\r\n')), body })
      })
      socket.on('error', reject).write(request)
    })
  }

  async function post(path: string, headers: readonly string[], body: string): Promise<Json> {
    const length = `Content-Length: ${Buffer.byteLength(body)}`
    const head = [`POST ${path} HTTP/1.1`, `Host: ${host}`, ...headers, length]
    const answer = await exchange(`${head.join('\r\n')}\r\n\r\n${body}`)
    assert.equal(answer.status, 'HTTP/1.1 200 OK')
    return JSON.parse(answer.body)
  }

  const form = 'Content-Type: application/x-www-form-urlencoded'

  const urllib = (agent: string) => [
    'Accept-Encoding: identity',
    form,
    'Connection: close',
    `User-Agent: ${agent}`,
  ]

  /** As the tools get at a value: `['a', 'b']` is `data['a']['b']`, which must be there. */
  function at(data: unknown, path: string): unknown {
    return path.split('.').reduce((value, field) => {
      assert.ok(typeof value === 'object' && value !== null && field in value, path)
      return (value as Json)[field]
    }, data)
  }

  function whole(data: unknown, path: string): number {
    const value = at(data, path)
    assert.ok(Number.isSafeInteger(value), `${path}: ${value}`)
    return value as number
  }

  async function poll(agent: string): Promise<Json> {
    const body = `api_key=${gantry.credentials().apiKey}`
    const { rc, data } = await post('/serverStatus', urllib(agent), body)
    assert.notEqual(rc, 1)
    return data as Json
  }

  test('rocketstat', async () => {
    let uptime = 0
    for (let round = 0; round < 3; round++) {
      const data = await poll('Rocketstat/1.0')
      assert.equal(data.instance, 'default')
      assert.equal(typeof data.zone, 'string')
      const [major, minor] = (data.version as string).split('.')
      assert.ok(Number.parseFloat(`${major}.${minor}`) >= 2.4)
      for (const name of ['query', 'insert', 'update', 'delete']) whole(data, `opcounters.${name}`)
      whole(data, 'connections.current')
      for (const name of ['total', 'readers', 'writers']) {
        whole(data, `globalLock.currentQueue.${name}`)
        whole(data, `globalLock.activeClients.${name}`)
      }
      whole(data, 'globalLock.lockTime')
      assert.ok(whole(data, 'uptimeMillis') > uptime)
      uptime = whole(data, 'uptimeMillis')
      for (const name of Object.keys(at(data, 'recordStats') as Json)) {
        if (name === 'accessesNotInMemory' || name === 'pageFaultExceptionsThrown') continue
        whole(data, `recordStats.${name}.accessesNotInMemory`)
      }
      for (const section of ['indexCounters', 'indexCounters.btree']) {
        for (const name of ['accesses', 'hits', 'misses']) whole(data, `${section}.${name}`)
        assert.equal(typeof at(data, `${section}.missRatio`), 'number')
      }
    }
  })

  test('rocketstat and rockettop with a wrong key', async () => {
    for (const path of ['/serverStatus', '/current_op']) {
      const head = [`POST ${path} HTTP/1.1`, `Host: ${host}`, ...urllib('Python-urllib/2.7')]
      const answer = await exchange(`${head.join('\r\n')}\r\nContent-Length: 9\r\n\r\napi_key=x`)
      assert.match(answer.status, /^HTTP\/1\.1 403 /)
      const text = 'invalid API key'
      assert.deepEqual(JSON.parse(answer.body), { rc: 1, data: text, msg: text })
    }
  })

  test('rockettop', async () => {
    const agent = 'Python-urllib/2.7'
    const data = await poll(agent)
    assert.deepEqual([data.instance, typeof data.zone], ['default', 'string'])
    assert.equal(typeof at(data, 'backgroundFlushing.average_ms'), 'number')
    assert.equal(typeof at(data, 'backgroundFlushing.last_ms'), 'number')
    for (const name of ['command', 'delete', 'getmore', 'insert', 'query', 'update'])
      whole(data, `opcounters.${name}`)
    for (const name of ['bytesIn', 'bytesOut', 'numRequests']) whole(data, `network.${name}`)
    const body = `api_key=${gantry.credentials().apiKey}`
    const { data: current } = await post('/current_op', urllib(agent), body)
    for (const operation of at(current, 'inprog') as Json[]) {
      assert.equal(typeof operation.op, 'string')
      assert.equal(typeof operation.ns, 'string')
      assert.equal(typeof operation.query, 'object')
    }
  })

  describe('python-objectrocket', () => {
    const headers = [
      'User-Agent: python-requests/2.32.3 ObjectRocket/0.0.2',
      'Accept-Encoding: gzip, deflate',
      'Accept: text/plain,application/json',
      'Connection: keep-alive',
      form,
    ]

    /** `doc` comes first and the key behind it, both encoded as a form. */
    async function request(stub: string, doc: object = {}): Promise<Json> {
      const text = JSON.stringify(doc).replaceAll('":', '": ').replaceAll(',"', ', "')
      const body = new URLSearchParams({ doc: text, api_key: gantry.credentials().apiKey })
      return post(`/${stub}`, headers, body.toString())
    }

    async function data(stub: string, doc?: object): Promise<never> {
      const answer = await request(stub, doc)
      assert.equal(answer.rc, 0, answer.msg as string)
      assert.ok('data' in answer)
      return answer.data as never
    }

    test('databases and collections', async () => {
      assert.equal(await data('db/pyobj/add', { user0: 'p4ssw0rd' }), 'OK')
      const found = ((await data('db')) as Json[]).filter(({ name }) => name === 'pyobj')
      assert.equal(found.length, 1)
      const missing = await request('db/pyobj/collection/people/stats/get')
      assert.deepEqual([missing.rc, missing.msg], [1, 'collection not found'])
      const added = (await data('db/pyobj/collection/people/add', { city: 'Austin' })) as Json
      assert.equal(added.city, 'Austin')
      assert.deepEqual(await data('db/pyobj/collection/people/get', { _id: added._id }), [added])
      const attributes = Object.keys(await data('db/pyobj/collection/people/stats/get'))
      for (const method of ['add', 'get', 'update', 'delete', 'refresh', 'client'])
        assert.ok(!attributes.includes(method), method)
      const update = await request('db/pyobj/collection/people/update', { city: 'Austin' })
      assert.deepEqual([update.rc, update.msg], [1, 'missing parameter: set'])
      const removed = await request('db/pyobj/collection/people/delete', { city: 'Austin' })
      assert.deepEqual(removed, { rc: 0, n: 1 })
    })

    test('ACLs', async () => {
      const acl = { cidr_mask: '5.6.7.8/24', description: 'Dev server, a & b' }
      await data('acl/add', acl)
      const found = ((await data('acl/get')) as Json[]).filter(
        (item) => item.cidr_mask === acl.cidr_mask,
      )
      assert.deepEqual(found, [acl])
      await data('acl/delete', { cidr_mask: acl.cidr_mask })
      assert.deepEqual(await data('acl/get'), [])
    })

    test('the instance, its status, space, logs and profile', async () => {
      for (const stub of ['instance', 'serverStatus', 'serverStatusPlus', 'spaceusage/get'])
        assert.equal(typeof (await data(stub)), 'object')
      const [lines] = Object.values((await data('logs/get')) as Json)
      assert.ok(Array.isArray(lines) && lines.length > 0)
      const [shard] = Object.keys(await data('profiling_level/get'))
      const set = await data('profiling_level/set', { level: 2, db: 'pyobj', slowms: 50 })
      assert.deepEqual(set, { [shard]: { pyobj: 2, slowms: 50 } })
      await data('db/pyobj/collection/people/get', { city: 'profiled' })
      const entries = (await data('profiler/get', { ns: 'pyobj.people' })) as Json[]
      assert.equal(entries.length, 1)
    })
  })
})
