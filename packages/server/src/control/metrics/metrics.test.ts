import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type {
  HostStatistics,
  RunningMongodb,
  RunningRedis,
  ServiceDriver,
} from '../../services/driver.js'
import { embeddedMongodb, openEmbedded } from '../../services/mongodb/embedded.js'
import { API_KEY, type Instance, instances, USER_PASSWORD } from '../instances/instances.js'
import { type InstanceRegistry, openRegistry } from '../instances/registry.js'
import { openSecrets, type Secrets } from '../secrets.js'
import { type State, stateIn } from '../state.js'
import { type Metrics, metricsOf } from './metrics.js'
import type { Period } from './queries.js'
import { blocks, subjects } from './tables.js'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const START = Date.UTC(2026, 0, 1)

/** A Redis that says what the test wants. */
interface Told {
  hosts: HostStatistics[]
  answer?: Promise<void>
}

describe('metrics', () => {
  let folder: string
  let state: State
  let secrets: Secrets
  let registry: InstanceRegistry
  let metrics: Metrics
  let told: Told
  let nowMs: number
  let machine: HostStatistics['values']
  const SERVER = 'f'.repeat(24)

  const fake: ServiceDriver<RunningRedis> = {
    service: 'redis',
    mode: 'managed',
    ports: [],
    start: async () => ({
      health: async () => {},
      stop: async () => {},
      nodes: async () => [],
      setting: async () => undefined,
      slowLog: async () => [],
      async statistics() {
        await told.answer
        return told.hosts
      },
    }),
  }

  /** The engine, for which time passes as it does for the test. */
  const embedded: ServiceDriver<RunningMongodb> = {
    ...embeddedMongodb,
    async start(...given) {
      const running = await embeddedMongodb.start(...given)
      return {
        ...running,
        async statistics() {
          const [{ host, values }] = (await running.statistics?.()) ?? []
          return [{ host, values: { ...values, uptimeMs: nowMs - START } }]
        },
      }
    },
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-metrics-'))
    state = stateIn(await openEmbedded(join(folder, 'system')))
    secrets = await openSecrets(join(folder, 'key'), true)
    nowMs = START
    machine = { 'system.cores': 2, 'disk/sda1/spaceFree': 75, 'disk/sda1/spaceUsed': 25 }
    told = { hosts: [] }
    await state.prepare(instances)
    for (const [index, service] of (['mongodb', 'redis'] as const).entries()) {
      await state.save(instances, record(service, String(index).repeat(24)))
    }
    registry = await openAll()
    metrics = openMetrics()
  })
  afterEach(async () => {
    await metrics.close()
    await registry.close()
    await state.close()
    rmSync(folder, { recursive: true })
  })

  function record(service: 'mongodb' | 'redis', id: string): Instance {
    return {
      id,
      account: 'a'.repeat(24),
      name: service,
      service,
      mode: service === 'redis' ? 'managed' : 'embedded',
      type: 'any',
      version: '1',
      zone: 'local',
      plan: 1,
      state: 'ACTIVE',
      settings: {},
      apiKeyHash: secrets.lookupHash(id),
      apiKeySealed: secrets.seal(id, API_KEY),
      user: 'admin',
      passwordSealed: secrets.seal('x', USER_PASSWORD),
      databases: [],
      port: 0,
      home: SERVER,
      isFirst: false,
      createdMs: START,
    }
  }

  async function openAll(): Promise<InstanceRegistry> {
    const opened = await openRegistry({
      state,
      secrets,
      folder: join(folder, 'instances'),
      drivers: { mongodb: { embedded }, redis: { managed: fake }, elasticsearch: {} },
      server: SERVER,
    })
    assert.deepEqual(await opened.startAll(), [])
    return opened
  }

  function openMetrics(server = SERVER): Metrics {
    return metricsOf({
      state,
      registry,
      server,
      intervalMs: 10 * SECOND,
      readMachine: async () => machine,
      now: () => nowMs,
    })
  }

  const named = (name: string) =>
    registry.all().find((instance) => instance.name === name) ?? assert.fail(name)

  /** Lets time pass in intervals, in each of which each is sampled once. */
  async function pass(ms: number): Promise<void> {
    for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 10 * SECOND) {
      for (const name of ['mongodb', 'redis']) await metrics.sample(named(name))
    }
  }

  const over = (startMs: number, endMs: number, granularityMs: number): Period => ({
    startMs,
    endMs,
    granularityMs,
  })

  async function values(name: string, number: string, period: Period) {
    const [host] = await metrics.hosts(named(name))
    const points = await metrics.series(named(name), host, number, period)
    return points.map(({ value }) => value)
  }

  test('of a real database are what was done there', async () => {
    const deployment = await registry.mongodb(named('mongodb'))
    await pass(MINUTE)
    for (let i = 0; i < 120; i++) await deployment.insert('shop', 'things', { _id: i })
    await pass(MINUTE)
    const minutes = over(START, START + 2 * MINUTE, MINUTE)
    assert.deepEqual(await values('mongodb', 'opcounters.insert', minutes), [0, 2])
    const seconds = await values(
      'mongodb',
      'opcounters.insert',
      over(START, START + 80_000, 10_000),
    )
    assert.deepEqual(seconds, [null, 0, 0, 0, 0, 0, 12, 0])
    assert.deepEqual(await values('mongodb', 'db/shop/objects', minutes), [null, 120])
    // Databases do not count these any more.
    assert.deepEqual(await values('mongodb', 'mem.mapped', minutes), [0, 0])
    const locked = 'db/shop/timeLockedMicros.r'
    assert.deepEqual(await values('mongodb', locked, minutes), [null, 0])
    const [host] = await metrics.hosts(named('mongodb'))
    const part = { scope: 'database', name: 'shop' } as const
    const [size] = await metrics.measurements(named('mongodb'), host, part, minutes, [
      'DATABASE_OBJECT_COUNT',
    ])
    assert.deepEqual(size, {
      name: 'DATABASE_OBJECT_COUNT',
      units: 'SCALAR',
      dataPoints: [
        { atMs: START, value: null },
        { atMs: START + MINUTE, value: 120 },
      ],
    })
  })

  test('go on when the server is started again', async () => {
    const tell = (n: number, uptime: number) => {
      const values = { total_commands_processed: n, uptime_in_seconds: uptime, used_memory: n }
      told.hosts = [{ host: 'one:1', values }]
    }
    tell(1000, 100)
    await pass(10 * SECOND)
    tell(1600, 110)
    await pass(10 * SECOND)
    await metrics.close()
    nowMs = START + 40 * SECOND
    metrics = openMetrics()
    tell(2000, 140)
    await pass(10 * SECOND)
    // The service has been started again, and counts from nothing.
    tell(300, 5)
    await pass(10 * SECOND)
    const period = over(START, START + MINUTE, 10 * SECOND)
    const rates = await values('redis', 'total_commands_processed', period)
    assert.deepEqual(rates, [null, 60, null, null, null, 30])
    const memory = await values('redis', 'used_memory', period)
    assert.deepEqual(memory, [1000, 1600, null, null, 2000, 300])
    const [host] = await metrics.hosts(named('redis'))
    const restarts = await metrics.measurements(named('redis'), host, { scope: 'host' }, period, [
      'RESTARTS_IN_LAST_HOUR',
    ])
    assert.equal(restarts[0].dataPoints[5].value, 1)
  })

  test('are sampled by themselves, and one that hangs holds up nobody', async () => {
    told.answer = new Promise(() => {})
    const count = () => metrics.latest().filter(({ sample }) => sample.elapsedMs > 0).length
    while (count() < 2) {
      nowMs += SECOND
      void metrics.tick()
      await setImmediate()
    }
    const ids = new Set(metrics.latest().map(({ id }) => id))
    assert.deepEqual(ids, new Set([named('mongodb').id, SERVER]))
  })

  test('of an instance that is gone are gone, also when nobody was told', async () => {
    told.hosts = [{ host: 'one:1', values: { n: 1 } }]
    await pass(2 * MINUTE)
    await metrics.close()
    const gone = named('redis')
    const stored = async () => [
      ...(await state.list(subjects)).map(({ id }) => id),
      ...(await state.list(blocks)).map(({ id }) => id.split('/')[0]),
    ]
    assert.ok((await stored()).includes(gone.id))
    await registry.forget(gone)
    await metrics.sweep()
    const ids = await stored()
    assert.ok(!ids.includes(gone.id))
    assert.ok(ids.includes(named('mongodb').id))
  })

  test('of an instance that several servers reach are sampled by one, and by another when that is gone', async () => {
    const { home: _home, ...shared } = named('redis')
    await registry.forget(shared)
    await registry.add(shared)
    await registry.service(named('redis'))
    const other = openMetrics('e'.repeat(24))
    const isSampledBy = async (each: Metrics) => {
      nowMs += 10 * SECOND
      await each.tick()
      return each.latest().some(({ id }) => id === shared.id)
    }
    // Each knows from now on when it is due.
    for (const each of [metrics, other]) assert.equal(await isSampledBy(each), false)
    told.hosts = [{ host: 'one:1', values: { n: 1 } }]
    assert.equal(await isSampledBy(metrics), true)
    assert.equal(await isSampledBy(other), false)
    assert.equal(await isSampledBy(metrics), true)
    nowMs += 2 * MINUTE
    assert.equal(await isSampledBy(other), true)
    assert.equal(await isSampledBy(metrics), false)
    await other.close()
  })

  test('of the machine are those of every host on it', async () => {
    const deployment = await registry.mongodb(named('mongodb'))
    assert.ok(deployment)
    for (let minute = 0; minute < 3; minute++) {
      for (let i = 0; i < 12; i++) {
        nowMs += 5 * SECOND
        await metrics.tick()
      }
    }
    const [host] = await metrics.hosts(named('mongodb'))
    assert.deepEqual(await metrics.partitions(named('mongodb'), host), ['sda1'])
    const disk = { scope: 'disk', name: 'sda1' } as const
    const period = over(START + MINUTE, START + 2 * MINUTE, MINUTE)
    const [share] = await metrics.measurements(named('mongodb'), host, disk, period, [
      'DISK_PARTITION_SPACE_PERCENT_USED',
    ])
    assert.deepEqual(share.dataPoints, [{ atMs: START + MINUTE, value: 25 }])
  })

  test('are asked for in words that there are', async () => {
    await pass(MINUTE)
    const instance = named('mongodb')
    const [host] = await metrics.hosts(instance)
    const period = over(START, START + MINUTE, MINUTE)
    await assert.rejects(
      metrics.measurements(instance, host, { scope: 'host' }, period, ['NOTHING']),
      /no metric NOTHING/,
    )
    const [first] = await metrics.measurements(instance, host, { scope: 'host' }, period)
    assert.equal(first.name, 'ASSERT_REGULAR')
    assert.deepEqual(await metrics.series(instance, host, 'nothing', period), [])
    assert.deepEqual(await metrics.series(instance, 'nobody:1', 'mem.resident', period), [])
    for (const [wrong, message] of [
      [over(START, START + HOUR, 7000), /granularity/],
      [over(START, START - HOUR, MINUTE), /before it begins/],
      [over(START, START + 30 * 24 * HOUR, 10_000), /10000 points/],
    ] as const) {
      await assert.rejects(metrics.series(instance, host, 'mem.resident', wrong), message)
    }
  })

  test('rates come from the latest samples, or from two looks', async () => {
    let count = 0
    const tell = () => {
      count += 500
      told.hosts = [{ host: 'one:1', values: { total_commands_processed: count } }]
    }
    tell()
    await pass(10 * SECOND)
    tell()
    await pass(10 * SECOND)
    assert.deepEqual(await metrics.perSecond(named('redis')), [
      { host: 'one:1', perSecond: { restarts: 0, total_commands_processed: 50 } },
    ])
  })
})
