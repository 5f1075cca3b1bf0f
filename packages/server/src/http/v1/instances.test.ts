import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openV1App, type V1App } from '../../testing/v1-app.js'

/** `int` and `double` are told apart by how they print; a function checks for itself. */
type Shape = { [field: string]: 'int' | 'num' | 'text' | 'bool' | 'date' | Shape }

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  int: Number.isSafeInteger,
  num: (value) => typeof value === 'number',
  text: (value) => typeof value === 'string',
  bool: (value) => typeof value === 'boolean',
  date: (value) => Number.isSafeInteger((value as { $date?: unknown }).$date),
}

function check(value: unknown, shape: Shape | string, path = 'data'): void {
  if (typeof shape === 'string') {
    assert.ok(value !== undefined && types[shape](value), `${path} is ${JSON.stringify(value)}`)
    return
  }
  assert.ok(typeof value === 'object' && value !== null, path)
  for (const [field, inner] of Object.entries(shape)) {
    check((value as Record<string, unknown>)[field], inner, `${path}.${field}`)
  }
}

const clients: Shape = { total: 'int', readers: 'int', writers: 'int' }
const misses: Shape = { accessesNotInMemory: 'int', pageFaultExceptionsThrown: 'int' }
const btree: Shape = {
  accesses: 'num',
  hits: 'num',
  misses: 'num',
  missRatio: 'num',
  resets: 'num',
}
const operations = ['query', 'insert', 'update', 'delete', 'getmore', 'command']

const status: Shape = {
  instance: 'text',
  zone: 'text',
  version: 'text',
  plan: 'int',
  opcounters: Object.fromEntries(operations.map((name) => [name, 'int' as const])),
  connections: { current: 'int', available: 'int' },
  globalLock: {
    currentQueue: clients,
    activeClients: clients,
    lockTime: 'num',
    totalTime: 'num',
    ratio: 'num',
  },
  uptimeMillis: 'int',
  uptime: 'num',
  recordStats: { ...misses, counted: misses },
  indexCounters: { ...btree, btree },
  backgroundFlushing: {
    average_ms: 'num',
    last_ms: 'num',
    flushes: 'num',
    total_ms: 'num',
    last_finished: 'date',
  },
  network: { bytesIn: 'num', bytesOut: 'num', numRequests: 'num' },
  cursors: { clientCursors_size: 'int', timedOut: 'int', totalOpen: 'int' },
  asserts: { regular: 'int', warning: 'int', msg: 'int', user: 'int', rollovers: 'int' },
  writeBacksQueued: 'bool',
  ok: 'num',
}

interface ServerStatus {
  readonly instance: string
  readonly version: string
  readonly opcounters: { readonly [operation: string]: number }
  readonly recordStats: { readonly [name: string]: unknown }
  readonly uptimeMillis: number
  readonly greatest_rep_lag?: number
}

describe('the instance over API v1', () => {
  let v1: V1App
  before(async () => {
    v1 = await openV1App()
    await v1.data('/db/counted/collection/c/add', { _id: 1 })
  })
  after(() => v1.close())

  const serverStatus = () => v1.data<ServerStatus>('/serverStatus')

  test('/instance without a port for drivers', async () => {
    const instance = await v1.data('/instance')
    check(instance, {
      name: 'text',
      zone: 'text',
      host: 'text',
      plan: 'int',
      port: 'int',
      size: 'num',
    })
  })

  describe('/serverStatus', () => {
    test('has all that clients of every age read', async () => {
      const answered = await serverStatus()
      check(answered, status)
      assert.equal(answered.instance, 'default')
      assert.match(answered.version, /^\d+\.\d+/)
      const other = Object.keys(answered.recordStats).filter((name) => !(name in misses))
      assert.deepEqual(other, ['counted'])
    })

    test('prints doubles as doubles', async () => {
      const { payload } = await v1.inject({ url: `/serverStatus?api_key=${v1.key}` })
      assert.match(payload, /"ok":1\.0,|"ok":1\.0\}/)
      assert.match(payload, /"uptime":\d+\.0,/)
      assert.match(payload, /"missRatio":0\.0/)
    })

    test('counts what was done', async () => {
      const earlier = (await serverStatus()).opcounters
      await v1.data('/db/counted/collection/c/add', { a: 1 })
      await v1.data('/db/counted/collection/c/add', { a: 2 })
      await v1.data('/db/counted/collection/c/get', { a: 1 })
      await v1.call('/db/counted/collection/c/update', '&doc={"a":1}&set={"a":3}')
      await v1.call('/db/counted/collection/c/delete', '&doc={"a":3}')
      const later = (await serverStatus()).opcounters
      const grown = (name: string) => later[name] - earlier[name]
      assert.deepEqual(
        ['insert', 'query', 'update', 'delete', 'getmore'].map(grown),
        [2, 1, 1, 1, 0],
      )
      assert.ok(grown('command') > 0)
    })

    test('has an uptime that rises however soon the next call comes', async () => {
      let last = 0
      for (let poll = 0; poll < 50; poll++) {
        const { uptimeMillis } = await serverStatus()
        assert.ok(uptimeMillis > last)
        last = uptimeMillis
      }
      const together = await Promise.all(Array.from({ length: 20 }, serverStatus))
      assert.equal(new Set(together.map(({ uptimeMillis }) => uptimeMillis)).size, 20)
    })

    test('and /serverStatusPlus with the lag of secondaries', async () => {
      check(await v1.data('/serverStatusPlus'), { ...status, greatest_rep_lag: 'num' })
      const { payload } = await v1.inject({ url: `/serverStatusPlus?api_key=${v1.key}` })
      assert.match(payload, /"greatest_rep_lag":0\.0/)
    })
  })

  test('/spaceusage/get grows with the data', async () => {
    interface Space {
      readonly total_size: number
      readonly index_size: number
      readonly data_size: number
      readonly file_size: number
      readonly shards: readonly Space[]
    }
    const earlier = await v1.data<Space>('/spaceusage/get')
    const text = 'x'.repeat(200_000)
    for (let i = 0; i < 5; i++) await v1.data('/db/space/collection/c/add', { text })
    const later = await v1.data<Space>('/spaceusage/get')
    const sizes: Shape = {
      total_size: 'num',
      index_size: 'num',
      data_size: 'num',
      file_size: 'num',
    }
    check(later, { ...sizes, shards: { 0: { ...sizes, shard: 'text' } } })
    assert.ok(later.data_size - earlier.data_size >= 1_000_000)
    assert.ok(later.file_size >= later.total_size)
    assert.ok(later.total_size > earlier.total_size)
    const { shards, ...total } = later
    assert.equal(shards.length, 1)
    assert.deepEqual({ ...shards[0], shard: undefined }, { ...total, shard: undefined })
    const { payload } = await v1.inject({ url: `/spaceusage/get?api_key=${v1.key}` })
    assert.match(payload, /"total_size":\d+\.0,/)
  })

  test('/current_op shows what is under way, and not itself', async () => {
    assert.deepEqual(await v1.data('/current_op'), { inprog: [] })
    const [instance] = v1.control.instances.all()
    const documents = Array.from({ length: 500 }, (_, n) => ({ n }))
    const deployment = await v1.control.instances.mongodb(instance)
    await deployment.command('busy', { insert: 'c', documents })
    const everything = { from: 'c', pipeline: [{ $match: { n: { $gte: 0 } } }], as: 'all' }
    const pipeline = [{ $lookup: everything }, { $match: { 'all.n': -1 } }]
    const running = deployment.command('busy', { aggregate: 'c', pipeline, cursor: {} })
    const { inprog } = await v1.data<{ inprog: { ns: string; query: object }[] }>('/current_op')
    const operation = inprog.find(({ ns }) => ns === 'busy.c')
    await running
    check(operation, {
      opid: 'num',
      op: 'text',
      ns: 'text',
      query: { aggregate: 'text' },
      secs_running: 'int',
      connectionId: 'int',
      client: 'text',
      active: 'bool',
    })
  })

  describe('/logs/get', () => {
    interface Line {
      readonly _id: { readonly $oid: string }
      readonly msg: string
      readonly time: { readonly $date: number }
    }
    const lines = async () => {
      const hosts = Object.values(await v1.data<Record<string, Line[]>>('/logs/get'))
      assert.equal(hosts.length, 1)
      return hosts[0]
    }

    test('has every field of a line', async () => {
      const [host] = Object.keys(await v1.data('/logs/get'))
      const [line] = await lines()
      check(line, {
        _id: { $oid: 'text' },
        sys: 'text',
        msg: 'text',
        level: 'text',
        time: 'date',
        time_rcvd: 'date',
        pid: 'text',
        procid: 'text',
        syslog_tag: 'text',
        syslog_fac: 'int',
        syslog_sever: 'int',
      })
      assert.equal((line as unknown as { sys: string }).sys, host)
      assert.match(line._id.$oid, /^[0-9a-f]{24}$/)
      assert.match(line.msg, /Data opened/)
    })

    test('has the latest hundred, oldest first', async () => {
      // Slow operations are logged, and everything is slow now.
      await v1.data('/profiling_level/set', { level: 0, slowms: 0 })
      for (let n = 1; n <= 150; n++) await v1.data('/db/logged/collection/c/get', { n })
      await v1.data('/profiling_level/set', { level: 0, slowms: 100 })
      const shown = await lines()
      assert.equal(shown.length, 100)
      const times = shown.map(({ time }) => time.$date)
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      )
      const numbers = shown.flatMap(({ msg }) => /"filter":\{"n":(\d+)\}/.exec(msg)?.[1] ?? [])
      assert.deepEqual(
        numbers.map(Number),
        Array.from({ length: numbers.length }, (_, i) => 151 - numbers.length + i),
      )
      assert.ok(numbers.length > 90)
      const again = await lines()
      assert.ok(again.length === 100 && again.some(({ _id }) => _id.$oid === shown[99]._id.$oid))
    })
  })

  const paths = [
    '/instance',
    '/serverStatus',
    '/serverStatusPlus',
    '/current_op',
    '/spaceusage/get',
    '/profiling_level/get',
    '/logs/get',
    '/acl/get',
  ]
  for (const path of paths) {
    test(`${path} ignores doc unless it is malformed, and needs the key`, async () => {
      assert.equal((await v1.call(path, '&doc={}')).rc, 0)
      const text = 'doc is not valid JSON'
      assert.deepEqual(await v1.call(path, '&doc={'), { rc: 1, data: text, msg: text })
      const { statusCode, payload } = await v1.inject({ url: `${path}?api_key=no` })
      assert.equal(statusCode, 403)
      assert.equal(JSON.parse(payload).data, 'invalid API key')
      const put = await v1.inject({ method: 'PUT', url: path })
      assert.equal(put.statusCode, 405)
    })
  }
})
