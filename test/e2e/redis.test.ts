import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createClient } from '@redis/client'
import { runGantry } from '../support/gantry-command.js'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'
import {
  pairIn,
  REDIS_ORDER,
  type RedisInstance,
  redisCli,
  redisMissing,
  signInV2,
} from '../support/redis.js'
import { callV1 } from '../support/v1.js'

async function until(what: () => Promise<boolean> | boolean, why: string): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await what())) {
    assert.ok(Date.now() < deadline, `not within 30 s: ${why}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z'
  } catch {
    return false
  }
}

describe('a Redis instance', { skip: redisMissing() }, () => {
  let gantry: GantryProcess
  let call: Awaited<ReturnType<typeof signInV2>>
  let instance: RedisInstance
  let port: number

  const get = async () => (await call<RedisInstance>('GET', '/instances/cache/')).data
  const pair = () => pairIn(gantry.dataDir, instance.id)
  const untilActive = () => until(async () => (await get()).state === 'ACTIVE', 'it is active')

  before(async () => {
    gantry = await startGantry(['--tls-port', '0'])
    call = await signInV2(gantry)
    const made = await call<RedisInstance>('POST', '/instances/', { ...REDIS_ORDER, name: 'cache' })
    assert.equal(made.status, 200, made.message)
    instance = made.data
    port = Number(/^redis:\/\/127\.0\.0\.1:(\d+)$/.exec(instance.connect_string)?.[1])
    await untilActive()
  })
  after(() => gantry?.stop())

  test('shows all that clients look for, from the first answer on', async () => {
    const shown: Record<string, unknown> = { ...(await get()) }
    const first: Record<string, unknown> = { ...instance }
    for (const name of ['connect_string', 'public_connect_string', 'servicenet_connect_string']) {
      assert.equal(shown[name], `redis://127.0.0.1:${port}`)
      assert.equal(first[name], shown[name])
    }
    assert.equal(first.password, shown.password)
    assert.deepEqual([shown.clb_id, shown.caster, shown.service], [null, null, 'redis'])
  })

  test('answers the calls to Redis instances, and no other service does', async () => {
    await until(
      async () => (await call('GET', '/redis/cache/connectedSlaves/')).data === 1,
      'one replica',
    )
    assert.equal((await call('GET', '/redis/cache/maxMemoryPolicy/')).data, 'volatile-lru')
    assert.equal((await call('GET', '/redis/cache/maxClients')).data, '10000')
    const { data } = await call<{ freeSpacePercentage: number; usedMemoryHuman: string }>(
      'GET',
      '/redis/cache/spaceUsage/',
    )
    const used = Number.parseFloat(data.usedMemoryHuman)
    assert.match(data.usedMemoryHuman, /^\d+\.\d\dM$/)
    assert.ok(Math.abs(data.freeSpacePercentage - used / 5) < 0.01, JSON.stringify(data))
    const logs = await call<Record<string, string[]>>('GET', '/redis/cache/logs/')
    assert.equal(Object.keys(logs.data).length, 2)
    assert.ok(Array.isArray((await call('GET', '/redis/cache/slowLog/')).data))
    for (const path of ['maxClients/', 'connectedSlaves/']) {
      assert.equal((await call('GET', `/redis/default/${path}`)).status, 404)
    }
    assert.equal((await call('GET', '/mongodb/cache/shards/')).status, 404)
  })

  test('serves redis-cli and a client in Node.js, plain and over TLS', async () => {
    const { password } = instance
    assert.equal(await redisCli(port, password, ['SET', 'a', 'by redis-cli']), 'OK')
    const ca = join(gantry.dataDir, 'tls', 'ca.pem')
    const tls = ['--tls', '--cacert', ca]
    assert.equal(await redisCli(port + 10_000, password, [...tls, 'GET', 'a']), 'by redis-cli')
    assert.match(await redisCli(port, 'wrong', ['GET', 'a']), /WRONGPASS|NOAUTH/)
    for (const socket of [
      { port },
      { port: port + 10_000, tls: true as const, ca: readFileSync(ca, 'utf8') },
    ]) {
      const client = createClient({ password, socket: { host: '127.0.0.1', ...socket } })
      await client.connect()
      assert.equal(await client.get('a'), 'by redis-cli')
      assert.deepEqual(await client.multi().incr('n').incr('n').del('n').exec(), [1, 2, 1])
      await client.close()
    }
  })

  test('lets in only whom its ACLs name, and its v1 key works for those', async () => {
    const { password, api_key: key } = instance
    const add = (cidr_mask: string) =>
      callV1(gantry, '/acl/add', { doc: JSON.stringify({ cidr_mask }) }, key)
    assert.equal((await add('10.0.0.0/8')).json.rc, 0)
    await assert.rejects(redisCli(port, password, ['PING']), /closed|reset|Connection/i)
    await add('127.0.0.1/32')
    assert.equal(await redisCli(port, password, ['PING']), 'PONG')
    const { json } = await callV1(gantry, '/instance', {}, key)
    assert.deepEqual(json.data, {
      name: 'cache',
      zone: 'local',
      host: '127.0.0.1',
      plan: 500,
      port,
      size: 500,
    })
    assert.equal((await callV1(gantry, '/db', {}, key)).json.msg, 'not supported for service redis')
    for (const cidr_mask of ['10.0.0.0/8', '127.0.0.1/32']) {
      await callV1(gantry, '/acl/delete', { doc: JSON.stringify({ cidr_mask }) }, key)
    }
  })

  test('grows while it serves, and refuses what it cannot be', async () => {
    const resize = (new_plan: unknown) =>
      call('POST', '/redis/cache/resize/', { new_plan } as object)
    for (const plan of [500, 100, 777, 'big', undefined]) {
      assert.equal((await resize(plan)).status, 400, String(plan))
    }
    const { status, data } = await resize(1000)
    assert.deepEqual(
      [status, data],
      [200, 'Started process of resizing instance cache from 500 to 1000'],
    )
    await until(async () => (await get()).plan === 1000, 'the new plan')
    await untilActive()
    const memory = await redisCli(port, instance.password, ['INFO', 'memory'])
    assert.match(memory, /^maxmemory:1048576000\r?$/m)
  })

  test('is shown by gantry stat and gantry top', async () => {
    const { password } = instance
    const client = createClient({ password, socket: { host: '127.0.0.1', port } })
    await client.connect()
    const watching = ['--data-dir', gantry.dataDir, '--interval', '0.1', '--count', '3']
    let isDone = false
    const work = (async () => {
      while (!isDone) await client.set('watched', 'yes')
    })()
    const [lines, records, top, mixed] = await Promise.all([
      runGantry(['stat', ...watching, '--instances', 'cache']),
      runGantry(['stat', ...watching, '--instances', 'cache', '--json']),
      runGantry(['top', ...watching, '--instances', 'cache', '--json']),
      runGantry(['stat', ...watching, '--instances', 'all']),
    ])
    isDone = true
    await work
    await client.close()
    for (const { code, stderr } of [lines, records, top, mixed]) {
      assert.deepEqual([code, stderr], [0, ''])
    }
    const [heading, ...rest] = lines.stdout.trimEnd().split('\n')
    assert.match(heading, /^ +ops\/s .* lag s {2}time$/)
    assert.equal(rest.length, 3)
    for (const line of rest) assert.match(line, / primary +1 +\d+ {2}\d\d:\d\d:\d\d$/)
    const told = records.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.ok(told.some(({ operations }) => operations > 0))
    assert.ok(told.every(({ keys, clients, usedMemory }) => keys > 0 && clients > 0 && usedMemory))
    const [look] = top.stdout.trim().split('\n')
    const roles = (JSON.parse(look).hosts as { role: string }[]).map(({ role }) => role)
    assert.deepEqual(roles.sort(), ['primary', 'replica'])
    assert.match(mixed.stdout, /^instance +insert.*\ndefault .*\ninstance +ops\/s.*\ncache /)
  })

  test('is backed up, verified and restored over API v2', async () => {
    await until(() => pair().inSync, 'the replica has everything')
    const { password } = instance
    const ended = async (id: string) => {
      let task = { state: '', error: undefined as string | undefined }
      await until(async () => {
        task = (await call<typeof task>('GET', `/tasks/${id}/`)).data
        return task.state !== 'queued' && task.state !== 'running'
      }, 'the task ends')
      return task
    }
    assert.equal(await redisCli(port, password, ['SET', 'backed up', 'yes']), 'OK')
    const path = '/instances/cache/backups/'
    const begun = await call<{ task: string; label: string }>('POST', path, {})
    assert.equal(begun.status, 200, begun.message)
    assert.deepEqual(await ended(begun.data.task).then(({ error }) => error), undefined)
    const { data: made } = await call<{ state: string; format: string; size: number }>(
      'GET',
      `${path}${begun.data.label}/`,
    )
    assert.deepEqual([made.state, made.size > 0], ['complete', true], JSON.stringify(made))
    const verifying = await call<{ id: string }>('POST', `${path}${begun.data.label}/verify/`)
    assert.equal(verifying.status, 200, verifying.message)
    assert.equal((await ended(verifying.data.id)).error, undefined)
    const { data: verified } = await call<{ verified: { ok: boolean; message: string } }>(
      'GET',
      `${path}${begun.data.label}/`,
    )
    assert.equal(verified.verified.ok, true, verified.verified.message)
    await redisCli(port, password, ['DEL', 'backed up'])
    await redisCli(port, password, ['SET', 'later', 'yes'])
    const restoring = await call<{ id: string }>('POST', `${path}${begun.data.label}/restore/`, {})
    assert.equal(restoring.status, 200, restoring.message)
    assert.equal((await ended(restoring.data.id)).error, undefined)
    await untilActive()
    assert.equal(await redisCli(port, password, ['GET', 'backed up']), 'yes')
    assert.equal(await redisCli(port, password, ['GET', 'later']), '')
  })

  test('serves on when its primary is killed', async () => {
    await until(() => pair().inSync, 'the replica has everything')
    const { password } = instance
    assert.equal(await redisCli(port, password, ['SET', 'kept', 'yes']), 'OK')
    const before = pair()
    process.kill(before.primaryPid(), 'SIGKILL')
    await until(
      () =>
        redisCli(port, password, ['GET', 'kept']).then(
          (text) => text === 'yes',
          () => false,
        ),
      'clients are served',
    )
    await until(() => pair().inSync && pair().term === before.term + 1, 'a replica again')
    assert.equal((await call('GET', '/redis/cache/connectedSlaves/')).data, 1)
  })

  test('is taken over by the next Gantry when one is killed', async () => {
    await until(() => pair().inSync, 'the replica has everything')
    const pids = [pair().primaryPid(), pair().replicaPid()]
    gantry.signal('SIGKILL')
    await gantry.exit
    assert.ok(pids.every(isRunning))
    const next = await startGantry(['--tls-port', '0'], gantry.dataDir)
    const { stop } = gantry
    gantry = { ...next, stop: () => next.stop().then(stop) }
    call = await signInV2(gantry)
    assert.deepEqual([pair().primaryPid(), pair().replicaPid()], pids)
    assert.equal(await redisCli(port, instance.password, ['GET', 'kept']), 'yes')
    // And the processes that are taken over are looked after like those that it starts.
    const { term } = pair()
    await until(() => pair().inSync, 'the replica has everything')
    process.kill(pair().primaryPid(), 'SIGKILL')
    await until(() => pair().term === term + 1, 'a promotion')
    await until(
      () =>
        redisCli(port, instance.password, ['GET', 'kept']).then(
          (text) => text === 'yes',
          () => false,
        ),
      'clients are served',
    )
  })

  test('ends with its processes and data when it is deleted', async () => {
    const pids = [pair().primaryPid(), pair().replicaPid()]
    assert.equal((await call('DELETE', '/instances/cache/')).status, 200)
    await until(() => !pids.some(isRunning), 'its processes have ended')
    await until(
      () => !readdirSync(join(gantry.dataDir, 'instances')).includes(instance.id),
      'no data',
    )
  })
})

describe('a Redis process that a killed Gantry left behind', { skip: redisMissing() }, () => {
  test('is ended when its instance cannot go on with it', async () => {
    const first = await startGantry()
    let next: GantryProcess | undefined
    let stray: ReturnType<typeof spawn> | undefined
    try {
      const call = await signInV2(first)
      const { data } = await call<RedisInstance>('POST', '/instances/', {
        ...REDIS_ORDER,
        name: 'c',
      })
      const state = async () => (await call<RedisInstance>('GET', '/instances/c/')).data.state
      await until(async () => (await state()) === 'ACTIVE', 'it is active')
      const pair = pairIn(first.dataDir, data.id)
      const pids = [pair.primaryPid(), pair.replicaPid()]
      first.signal('SIGKILL')
      await first.exit
      // One that was begun just before the end, and of which nothing was written down yet.
      process.kill(pair.replicaPid(), 'SIGKILL')
      const folder = join(first.dataDir, 'instances', data.id, pair.primary === 'a' ? 'b' : 'a')
      const own = join(folder, 'redis.pid.json')
      const { signature } = JSON.parse(readFileSync(own, 'utf8'))
      writeFileSync(own, JSON.stringify({ signature }))
      stray = spawn('redis-server', ['redis.conf'], {
        cwd: folder,
        detached: true,
        stdio: 'ignore',
      })
      const strayPid = stray.pid ?? assert.fail('it is not there')
      await until(() => isRunning(strayPid), 'the stray process')
      next = await startGantry([], first.dataDir)
      await until(() => !isRunning(strayPid), 'the stray process has ended')
      assert.equal(pairIn(first.dataDir, data.id).primaryPid(), pids[0])
    } finally {
      stray?.kill('SIGKILL')
      await next?.stop()
      await first.stop()
    }
  })
})

test('without a Redis server an instance cannot be made, and nothing is left of it', async () => {
  const gantry = await startGantry(['--redis-server', '/nonexistent/redis-server'])
  try {
    const call = await signInV2(gantry)
    const before = readdirSync(join(gantry.dataDir, 'instances'))
    const { status, message } = await call('POST', '/instances/', { ...REDIS_ORDER, name: 'cache' })
    assert.ok(status >= 400)
    assert.match(message ?? '', /Redis is missing.*apt-get install redis-server.*--redis-server/)
    assert.equal((await call('GET', '/instances/cache/')).status, 404)
    assert.deepEqual(readdirSync(join(gantry.dataDir, 'instances')), before)
  } finally {
    await gantry.stop()
  }
})
