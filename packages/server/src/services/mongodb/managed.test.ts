import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { MongoClient } from 'mongodb'
import { isAlive } from '../../data-dir/process-identity.js'
import { AppError } from '../../errors.js'
import type { RunningMongodb, ServiceSpec } from '../driver.js'
import { managedMongodb } from './managed.js'
import { configOf, newLayout, setName, setsOf, shapeOf } from './managed-layout.js'

const mongod = fileURLToPath(new URL('../../../../cli/bin/gantry-mongod.js', import.meta.url))

const spec: ServiceSpec = {
  type: 'mongodb_replica_set',
  version: '3.0.5',
  plan: 5,
  settings: {},
  user: 'admin',
  password: 'p@ss w:rd/',
}

describe('a managed MongoDB, with the embedded engine as its program', () => {
  let folder: string
  let service: RunningMongodb | undefined
  const warnings: string[] = []
  const driver = managedMongodb({ mongod, warn: (message) => void warnings.push(message) })
  const place = () => ({ folder: join(folder, 'instance') })
  const nodeFolder = () => join(folder, 'instance', 'rs0-0')
  const pidOf = () =>
    JSON.parse(readFileSync(join(nodeFolder(), 'process.pid.json'), 'utf8')).pid as number

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-managed-'))
  })
  afterEach(async () => {
    await service?.stop()
    service = undefined
    rmSync(folder, { recursive: true })
  })

  test('survives the death of its process, and says so', async () => {
    service = await driver.start(spec, place())
    await service.deployment.insert('d', 'c', { _id: 1 })
    const pid = pidOf()
    process.kill(pid, 'SIGKILL')
    // The driver waits for the server to come back.
    assert.equal(await service.deployment.delete('d', 'c', { _id: 1 }), 1)
    assert.notEqual(pidOf(), pid)
    assert.match(warnings.join(), /mongod rs0-0 was ended by SIGKILL; it is started again/)
  })

  test('hands users on to its process', async () => {
    const running = await driver.start(spec, place())
    service = running
    const front = createServer((socket) => {
      running.accept?.(socket, { host: '127.0.0.1', port: 1 }, 'plain')
    }).listen(0, '127.0.0.1')
    await once(front, 'listening')
    const { port } = front.address() as AddressInfo
    const login = `admin:${encodeURIComponent(spec.password)}@`
    const client = new MongoClient(`mongodb://${login}127.0.0.1:${port}/?directConnection=true`)
    try {
      await client.db('d').collection<{ _id: number }>('c').insertOne({ _id: 1 })
      assert.equal(await running.deployment.delete('d', 'c', { _id: 1 }), 1)
    } finally {
      await client.close()
      front.close()
    }
  })

  test('keeps secrets to files of its owner', async () => {
    service = await driver.start(spec, place())
    for (const name of ['mongod.conf', 'keyfile', 'process.log']) {
      assert.equal(statSync(join(nodeFolder(), name)).mode & 0o777, 0o600, name)
    }
    const [log] = (await service.logs?.(100)) ?? []
    assert.equal(log.process, 'mongod')
    assert.equal(log.pid, pidOf())
    assert.match(log.lines.join(), /Waiting for connections/)
    assert.ok(!log.lines.join().includes(spec.password))
    assert.ok(((await service.fileSize?.()) ?? 0) > 0)
  })

  test('ends what was left when it is given up', async () => {
    service = await driver.start(spec, place())
    const pid = pidOf()
    await driver.destroy?.(place())
    assert.equal(isAlive(pid), false)
  })

  test('refuses what the program cannot be', async () => {
    for (const [asked, says] of [
      [{ settings: { members: 3 } }, /several members needs MongoDB's own mongod/],
      [{ type: 'mongodb_sharded' }, /sharding needs MongoDB's own mongod and mongos/],
      [{ settings: { members: 0 } }, /members must be a whole number/],
    ] as const) {
      await assert.rejects(driver.start({ ...spec, ...asked }, place()), says)
      await assert.rejects(driver.check?.({ ...spec, ...asked }) ?? Promise.resolve(), says)
    }
    assert.deepEqual(readdirSync(join(folder, 'instance')), [])
  })

  test('says what is missing and how to get it', async () => {
    for (const [program, says] of [
      [join(folder, 'nothing'), /is not there; install MongoDB.*--mongod/],
      [process.execPath, /is no mongod: it says "v\d/],
    ] as const) {
      const other = managedMongodb({ mongod: program })
      await assert.rejects(other.start(spec, place()), (error) => {
        assert.ok(error instanceof AppError)
        assert.equal(error.kind, 'unavailable')
        return says.test(error.message)
      })
    }
  })
})

describe("the layout with MongoDB's own programs", () => {
  let port = 1000
  const layoutOf = (asked: Partial<ServiceSpec>) =>
    newLayout(shapeOf({ ...spec, ...asked }, false), async () => ++port)

  test('one server, three members, or a cluster with config servers and a router', async () => {
    const ids = async (asked: Partial<ServiceSpec>) =>
      (await layoutOf(asked)).nodes.map(({ id }) => id)
    assert.deepEqual(await ids({ type: 'mongodb_singledb' }), ['mongod'])
    assert.deepEqual(await ids({}), ['rs0-0', 'rs0-1', 'rs0-2'])
    const settings = { shards: 2, members: 1 }
    assert.deepEqual(await ids({ type: 'mongodb_sharded', settings }), [
      'rs0-0',
      'rs1-0',
      'config-0',
      'mongos',
    ])
  })

  test('each process is configured for its part, on loopback, with a key', async () => {
    const layout = await layoutOf({ type: 'mongodb_sharded' })
    const configs = layout.nodes.map((node) =>
      JSON.parse(configOf(node, layout, '/folder', { plan: 5, isEngine: false })),
    )
    for (const { net, security } of configs) {
      assert.equal(net.bindIp, '127.0.0.1')
      assert.equal(security.keyFile, '/folder/keyfile')
    }
    const [shard, config, router] = configs
    assert.deepEqual(shard.sharding, { clusterRole: 'shardsvr' })
    assert.equal(shard.storage.wiredTiger.engineConfig.cacheSizeGB, 0.5)
    assert.deepEqual(config.replication, { replSetName: 'config' })
    const [members] = setsOf(layout, 'config').values()
    assert.deepEqual(router.sharding, { configDB: setName('config', members) })
    assert.equal(router.storage, undefined)
    const alone = await layoutOf({ type: 'mongodb_singledb' })
    const single = JSON.parse(
      configOf(alone.nodes[0], alone, '/folder', { plan: 1, isEngine: false }),
    )
    assert.deepEqual(single.security, { authorization: 'enabled' })
    assert.equal(single.replication, undefined)
  })
})
