import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { isAlive } from '../../data-dir/process-identity.js'
import { AppError } from '../../errors.js'
import { memoryFiles } from '../../testing/memory-files.js'
import { realRedis } from '../../testing/real-redis.js'
import type { RunningRedis, ServiceSpec } from '../driver.js'
import { connectRedis, type RedisConnection } from './connection.js'
import { infoNumber, infoText } from './info.js'
import { managedRedis } from './managed.js'
import type { PairRecord } from './pair-record.js'

const spec: ServiceSpec = {
  type: 'redis_ha_instance',
  version: '3.0.4',
  plan: 500,
  settings: {},
  user: 'admin',
  password: 'pass word "quoted"',
}

const { skip } = await realRedis()

describe('a managed Redis', { skip }, () => {
  let folder: string
  let redis: RunningRedis
  let door: Server
  let warnings: string[]
  const driver = managedRedis({ warn: (message) => void warnings.push(message), silenceMs: 1_500 })
  const clients: RedisConnection[] = []

  async function start(): Promise<void> {
    redis = await driver.start(spec, { folder })
  }

  before(() => {
    // As the gateway does: all clients come through `accept`.
    door = createServer((socket) => void redis.accept?.(socket, { host: '', port: 0 }, 'plain'))
    return new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  })
  after(() => void door.close())
  beforeEach(async () => {
    warnings = []
    folder = mkdtempSync(join(tmpdir(), 'gantry-redis-'))
    await start()
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close()
    await redis.stop()
    rmSync(folder, { recursive: true })
  })

  async function client(login: object = {}): Promise<RedisConnection> {
    const { port } = door.address() as AddressInfo
    const { password } = spec
    const made = await connectRedis({ host: '127.0.0.1', port }, { password, ...login }, 10_000)
    clients.push(made)
    return made
  }

  const record = () => JSON.parse(readFileSync(join(folder, 'pair.json'), 'utf8')) as PairRecord

  async function nodes() {
    const all = await redis.nodes()
    return {
      primary: all.find((node) => node.isPrimary),
      replica: all.find((node) => !node.isPrimary),
    }
  }

  async function pidOf(role: 'primary' | 'replica'): Promise<number> {
    const { info } = (await nodes())[role] ?? assert.fail(`there is no ${role}`)
    return infoNumber(info, 'server', 'process_id')
  }

  async function until(what: () => Promise<boolean> | boolean, why: string): Promise<void> {
    const deadline = Date.now() + 20_000
    while (!(await what())) {
      assert.ok(Date.now() < deadline, `not within 20 s: ${why}\n${warnings.join('\n')}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  const inSync = () => until(() => record().inSync, 'the replica is in sync')

  test('is a primary with a replica that has everything, limited to its plan', async () => {
    const { primary, replica } = await nodes()
    assert.ok(primary && replica && record().inSync)
    assert.equal(infoText(primary.info, 'replication', 'connected_slaves'), '1')
    for (const { info } of [primary, replica]) {
      assert.equal(infoNumber(info, 'memory', 'maxmemory'), 500 * 1024 * 1024)
      assert.equal(infoText(info, 'memory', 'maxmemory_policy'), 'volatile-lru')
      assert.equal(infoText(info, 'persistence', 'aof_enabled'), '1')
    }
    assert.equal(await redis.setting('maxclients'), '10000')
    assert.equal(await redis.setting('no-such-setting'), undefined)
    await redis.health()
  })

  test('keeps its files and passwords to itself', async () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    const own = files.filter(
      (entry) => entry.isFile() && entry.parentPath.split('/').at(-1) !== 'data',
    )
    for (const { parentPath, name } of own) {
      if (parentPath.endsWith('appendonlydir')) continue
      assert.equal(statSync(join(parentPath, name)).mode & 0o077, 0, name)
    }
    assert.equal(statSync(join(folder, 'a')).mode & 0o077, 0)
    const arguments_ = readFileSync(`/proc/${await pidOf('primary')}/cmdline`, 'utf8')
    assert.doesNotMatch(arguments_, new RegExp(`pass word|${record().ownPassword}`))
  })

  test('lets in who has the password, as `default` and by name, and lets nobody administer it', async () => {
    await assert.rejects(client({ password: 'wrong' }), /WRONGPASS/)
    await assert.rejects((await client({ password: undefined })).command(['GET', 'a']), /NOAUTH/)
    for (const login of [{}, { username: 'admin' }]) {
      const one = await client(login)
      assert.equal(await one.command(['SET', 'a', '1']), 'OK')
      assert.equal(await one.command(['EVAL', "return redis.call('get', 'a')", '0']), '1')
      assert.ok(await one.command(['CLIENT', 'LIST']))
      assert.equal(await one.command(['ACL', 'WHOAMI']), 'username' in login ? 'admin' : 'default')
      for (const refused of [
        'SHUTDOWN',
        'CONFIG GET *',
        'CONFIG SET dir /tmp',
        'REPLICAOF NO ONE',
        'DEBUG SLEEP 0',
        'CLIENT PAUSE 1000',
        'ACL LIST',
        'MODULE LIST',
        'PSYNC ? -1',
        'BGREWRITEAOF',
      ]) {
        await assert.rejects(one.command(refused.split(' ')), /NOPERM|not allowed/, refused)
      }
    }
  })

  test('is there again after a stop, with its data', async () => {
    await (await client()).command(['SET', 'kept', 'yes'])
    await redis.stop()
    await start()
    assert.equal(await (await client()).command(['GET', 'kept']), 'yes')
    await inSync()
  })

  test('goes on with the replica when the primary is killed, which comes back as replica', async () => {
    const one = await client()
    await one.command(['SET', 'kept', 'yes'])
    assert.equal(await one.command(['WAIT', '1', '5000']), 1)
    const [before, killed] = [record(), await pidOf('primary')]
    process.kill(killed, 'SIGKILL')
    await until(() => !one.isOpen(), 'the client is cut')
    const again = await client()
    assert.equal(await again.command(['GET', 'kept']), 'yes')
    assert.equal(await again.command(['SET', 'more', 'yes']), 'OK')
    assert.equal(record().term, before.term + 1)
    assert.notEqual(record().primary, before.primary)
    await inSync()
    assert.equal(await again.command(['WAIT', '1', '5000']), 1)
    assert.equal(
      infoNumber((await nodes()).replica?.info ?? new Map(), 'keyspace', 'db0'),
      Number.NaN,
    )
    assert.match(
      infoText((await nodes()).replica?.info ?? new Map(), 'keyspace', 'db0') ?? '',
      /keys=2/,
    )
    assert.ok(!isAlive(killed))
  })

  test('ends a primary that is silent before it promotes', async () => {
    await (await client()).command(['SET', 'kept', 'yes'])
    const stopped = await pidOf('primary')
    process.kill(stopped, 'SIGSTOP')
    await until(() => record().term === 1, 'a promotion')
    assert.ok(!isAlive(stopped))
    assert.equal(await (await client()).command(['GET', 'kept']), 'yes')
  })

  test('starts the primary again from its log when the replica does not have everything', async () => {
    const one = await client()
    process.kill(await pidOf('replica'), 'SIGSTOP')
    await one.command(['SET', 'only here', 'yes'])
    await until(() => !record().inSync, 'the replica is known to be behind')
    process.kill(await pidOf('primary'), 'SIGKILL')
    await until(() => !one.isOpen(), 'the client is cut')
    assert.equal(await (await client()).command(['GET', 'only here']), 'yes')
    assert.equal(record().term, 0)
    await inSync()
  })

  test('survives the end of both', async () => {
    const one = await client()
    await one.command(['SET', 'kept', 'yes'])
    const pids = [await pidOf('replica'), await pidOf('primary')]
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    await until(() => !one.isOpen(), 'the client is cut')
    // Until one of them is up again, whoever connects is cut as well.
    const read = async () => (await client()).command(['GET', 'kept']).catch(() => undefined)
    await until(async () => (await read().catch(() => undefined)) === 'yes', 'it is kept')
    await inSync()
  })

  test('grows while it is written to, and never shrinks', async () => {
    const one = await client()
    let isDone = false
    let writes = 0
    const writing = (async () => {
      while (!isDone) await one.command(['SET', `key ${writes++}`, 'x'.repeat(1000)])
    })()
    await until(() => writes > 100, 'writes')
    await redis.resize?.({ ...spec, plan: 1000 })
    const then = writes
    await until(() => writes > then + 100, 'more writes')
    isDone = true
    await writing
    for (const { info } of await redis.nodes()) {
      assert.equal(infoNumber(info, 'memory', 'maxmemory'), 1000 * 1024 * 1024)
    }
    await assert.rejects(async () => redis.resize?.({ ...spec, plan: 500 }), /only grow/)
    process.kill(await pidOf('primary'), 'SIGKILL')
    await until(() => record().term === 1, 'a promotion')
    await inSync()
    for (const { info } of await redis.nodes()) {
      assert.equal(infoNumber(info, 'memory', 'maxmemory'), 1000 * 1024 * 1024)
    }
  })

  for (const gzip of [false, true]) {
    test(`is backed up while it is written to, and restored${gzip ? ', in gzip' : ''}`, async () => {
      const one = await client()
      for (let i = 0; i < 50; i++) await one.command(['SET', `before ${i}`, String(i)])
      const files = memoryFiles()
      let isDone = false
      let during = 0
      const writing = (async () => {
        while (!isDone) await one.command(['RPUSH', 'during', String(during++)])
      })()
      const { signal } = new AbortController()
      const options = { label: 'now', layout: 'archive', gzip, signal, progress() {} } as const
      const content = await redis.backup?.(files, options)
      isDone = true
      await writing
      assert.ok((content?.counts.find(({ name }) => name === 'db0')?.documents ?? 0) >= 50)
      assert.ok([...files.files.keys()].every((name) => name.startsWith('redis_now/')))
      await one.command(['FLUSHALL'])
      await one.command(['SET', 'after', 'gone'])
      const restoring = { bytes: 0, users: false, signal, progress() {} }
      await redis.restore?.(files, restoring)
      const again = await client()
      assert.equal(await again.command(['GET', 'before 49']), '49')
      assert.equal(await again.command(['EXISTS', 'after']), 0)
      const list = (await again.command(['LRANGE', 'during', '0', '-1'])) as string[]
      assert.deepEqual(
        list,
        Array.from(list, (_, index) => String(index)),
      )
      await inSync()
      // The snapshot alone is enough.
      for (const name of [...files.files.keys()]) {
        if (name.includes('/aof/')) files.files.delete(name)
      }
      await again.command(['FLUSHALL'])
      await redis.restore?.(files, restoring)
      assert.equal(await (await client()).command(['GET', 'before 49']), '49')
    })
  }

  test('keeps its data when what is to be restored is none', async () => {
    await (await client()).command(['SET', 'kept', 'yes'])
    const { signal } = new AbortController()
    const options = { bytes: 0, users: false, signal, progress() {} }
    const files = memoryFiles()
    await assert.rejects(async () => redis.restore?.(files, options), /no backup of Redis/)
    files.files.set('dump.rdb', Buffer.from('not a snapshot at all'))
    await assert.rejects(
      async () => redis.restore?.(files, options),
      /cannot be started with these/,
    )
    assert.equal(await (await client()).command(['GET', 'kept']), 'yes')
  })

  test('tells numbers, logs and slow commands of its processes', async () => {
    const one = await client()
    await one.command(['SET', 'a', '1'])
    // 20 ms of work, which is more than the 10 ms from which on Redis notes a command.
    const busy =
      "local t = redis.call('time') while true do local n = redis.call('time') if (n[1] - t[1]) * 1000000 + n[2] - t[2] > 20000 then return 1 end end"
    await one.command(['EVAL', busy, '0'])
    const statistics = (await redis.statistics?.()) ?? []
    assert.equal(statistics.length, 2)
    const { values } =
      statistics.find((host) => host.values['cmdstat_set.calls'] === 1) ?? assert.fail()
    assert.ok(values.used_memory > 0 && values.total_commands_processed > 0)
    const logs = (await redis.logs?.(5)) ?? []
    assert.deepEqual(
      logs.map(({ process }) => process),
      ['redis-server', 'redis-server'],
    )
    assert.ok(logs.every(({ lines, pid }) => lines.length === 5 && isAlive(pid)))
    const [slow] = await redis.slowLog(10)
    assert.ok(slow.micros >= 20_000)
    assert.equal(slow.command[0].toUpperCase(), 'EVAL')
    assert.ok(((await redis.usedBytes?.()) ?? 0) > 100_000)
  })
})

describe('a managed Redis that cannot be', () => {
  test('names what is missing and how to get it, and leaves nothing behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-redis-'))
    try {
      const driver = managedRedis({ program: join(folder, 'no-redis-server') })
      for (const act of [
        () => driver.check?.(spec),
        () => driver.start(spec, { folder: join(folder, 'instance') }),
      ]) {
        await assert.rejects(
          async () => act(),
          (error) => {
            assert.ok(error instanceof AppError && error.kind === 'unavailable')
            assert.match(
              error.message,
              /no-redis-server is not there.*apt-get install redis-server.*--redis-server/,
            )
            return true
          },
        )
      }
      assert.deepEqual(readdirSync(folder), [])
      const wrong = managedRedis({ program: process.execPath })
      await assert.rejects(async () => wrong.check?.(spec), /is no Redis server: it says "v/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
