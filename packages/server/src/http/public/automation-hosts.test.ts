import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type EngineAt, startEngineAt } from '../../testing/engine-at.js'
import {
  agentsLogin,
  processDocument,
  smallestDocument,
  standaloneDocument,
} from '../../testing/goal-document.js'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

// biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it
type Json = any

/** Engines that listen stand for the processes that an agent would have started. */
describe('what automation runs, as hosts and clusters of the Public API', () => {
  let app: PublicApp
  let at: string
  let member: EngineAt
  let single: EngineAt
  const user = { name: 'mms-automation', password: 'p:@/ss' }

  const processAt = (name: string, port: number, replSetName?: string) =>
    processDocument({
      name,
      hostname: 'localhost',
      args2_6: {
        net: { port },
        ...(replSetName !== undefined && { replication: { replSetName } }),
        storage: { dbPath: `/data/${name}` },
        systemLog: { destination: 'file', path: `/data/${name}/mongodb.log` },
      },
    })
  const setOf = (_id: string, ...hosts: string[]) => ({
    _id,
    protocolVersion: '1',
    members: hosts.map((host, _id) => ({ _id, host, priority: 1, votes: 1 })),
  })

  async function newGroup(name: string): Promise<string> {
    const { id } = (await app.call('POST', '/groups', { body: { name }, status: 201 })).json
    return `/groups/${id}`
  }
  async function put(group: string, changes: object) {
    const body = { ...smallestDocument(), ...changes }
    await app.call('PUT', `${group}/automationConfig`, { body, status: 200 })
  }
  const auth = (changes: object) => ({ ...(smallestDocument().auth as object), ...changes })

  before(async () => {
    app = await openPublicApp()
    app.clock.now = Date.now()
    at = await newGroup('automated')
    member = await startEngineAt({ setName: 'rs0', user })
    single = await startEngineAt({})
    await member.run({ insert: 'people', documents: [{ _id: 1 }], $db: 'shop' })
    await put(at, {
      auth: agentsLogin(user),
      processes: [
        { ...processAt('rs0_0', member.port, 'rs0'), alias: 'db0.example.com' },
        processAt('alone', single.port),
      ],
      replicaSets: [setOf('rs0', 'rs0_0')],
    })
  })
  after(async () => {
    await app.close()
    await member?.close()
    await single?.close()
  })

  /** All, once those that answer have done so. */
  async function hosts(group = at): Promise<Json[]> {
    for (;;) {
      const { results } = await app.get(`${group}/hosts`)
      const isThere = ({ port, typeName }: Json) => port < 10 || typeName !== 'NO_DATA'
      if (results.every(isThere)) return results
      await new Promise(setImmediate)
    }
  }
  const hostAt = async (port: number) => (await hosts()).find((host) => host.port === port)

  test('its processes are hosts with what they say of themselves', async () => {
    const host = await hostAt(member.port)
    assert.equal((await hosts()).length, 2)
    assert.equal(host.typeName, 'REPLICA_PRIMARY')
    assert.equal(host.replicaSetName, 'rs0')
    assert.deepEqual(host.aliases, ['db0.example.com'])
    assert.equal(host.authMechanismName, 'SCRAM-SHA-256')
    assert.equal(host.username, user.name)
    assert.ok(host.version && host.lastDataSizeBytes > 0 && host.lastPing)
    assert.doesNotMatch(JSON.stringify(host), /p:@/)
    for (const name of ['localhost', 'db0.example.com', 'DB0.example.com']) {
      assert.equal((await app.get(`${at}/hosts/byName/${name}:${member.port}`)).id, host.id)
      assert.equal((await app.get(`${at}/hosts/${name}:${member.port}`)).id, host.id)
    }
    assert.ok((await app.get(`${at}/hosts/${host.id}/databases/shop`)).databaseName)
    const group = await app.get(at)
    assert.equal(group.hostCounts.primary, 2)
    assert.equal(group.replicaSetCount, 2)
  })

  test('sets are clusters by their names, which keep their ids whatever else changes', async () => {
    const { clusterId } = await hostAt(member.port)
    const cluster = await app.get(`${at}/clusters/${clusterId}`)
    assert.equal(cluster.clusterName, 'rs0')
    assert.equal(cluster.replicaSetName, 'rs0')
    assert.equal(cluster.typeName, 'REPLICA_SET')
    // The engine is a set of one in any case, and no two of these are the same.
    const alone = await hostAt(single.port)
    assert.notEqual(alone.clusterId, clusterId)
    assert.equal((await app.get(`${at}/clusters/${alone.clusterId}`)).clusterName, 'alone')
    const other = await newGroup('automated too')
    await put(other, {
      processes: [processAt('x', member.port, 'rs0')],
      replicaSets: [setOf('rs0', 'x')],
    })
    const [elsewhere] = await hosts(other)
    assert.notEqual(elsewhere.clusterId, clusterId)
    // Nobody signs in there: it says what it tells anybody.
    assert.equal(elsewhere.typeName, 'REPLICA_PRIMARY')
    assert.equal('username' in elsewhere, false)
  })

  test('settings that are automation’s own cannot be changed, others can', async () => {
    const { id } = await hostAt(member.port)
    const path = `${at}/hosts/${id}`
    for (const body of [{ username: 'me' }, { password: 'x' }, { sslEnabled: true }]) {
      const { status, json } = await app.call('PATCH', path, { body })
      assert.deepEqual([status, json.errorCode], [403, 'CANNOT_MODIFY_MANAGED_HOST'])
    }
    const body = { alertsEnabled: false, username: user.name }
    const { json } = await app.call('PATCH', path, { body, status: 200 })
    assert.equal(json.alertsEnabled, false)
    assert.equal((await app.get(path)).username, user.name)
    assert.equal((await hosts()).length, 2)
  })

  test('one that somebody adds by hand is the same, and one that is removed is hidden', async () => {
    const before = await hostAt(member.port)
    const body = { hostname: 'db0.example.com', port: member.port, logsEnabled: true }
    const added = (await app.call('POST', `${at}/hosts`, { body, status: 200 })).json
    assert.equal(added.id, before.id)
    assert.equal((await hosts()).length, 2)
    await app.call('DELETE', `${at}/hosts/${before.id}`, { status: 200 })
    assert.equal((await hosts()).length, 1)
    const { processes } = await app.get(`${at}/automationConfig`)
    assert.equal(processes.length, 2)
    const again = await app.call('POST', `${at}/hosts`, {
      body: { hostname: 'localhost', port: member.port },
    })
    assert.equal(again.json.id, before.id, again.text)
    assert.equal((await hostAt(member.port)).username, user.name)
  })

  test('measurements of hosts that are no instance’s, by hand and by automation', async () => {
    const body = { hostname: '127.0.0.1', port: single.port }
    const monitored = await newGroup('monitored')
    const { id } = (await app.call('POST', `${monitored}/hosts`, { body, status: 201 })).json
    const query = 'granularity=PT10S&period=PT1M'
    const automated = await hostAt(member.port)
    for (const [group, host] of [
      [monitored, id],
      [at, automated.id],
    ]) {
      const path = `${group}/hosts/${host}`
      await app.control.metrics.sampleHost(host)
      app.clock.now = Date.now()
      const { measurements, processId } = await app.get(`${path}/measurements?${query}`)
      assert.match(processId, /:\d+$/)
      const open = measurements.find(({ name }: Json) => name === 'CONNECTIONS')
      assert.ok(
        open.dataPoints.some(({ value }: Json) => value >= 1),
        JSON.stringify(open),
      )
    }
    const path = `${at}/hosts/${automated.id}/databases/shop/measurements?${query}`
    const { measurements } = await app.get(path)
    const count = measurements.find(({ name }: Json) => name === 'DATABASE_OBJECT_COUNT')
    assert.ok(count.dataPoints.some(({ value }: Json) => value === 1))
    await app.control.metrics.sweep()
    assert.equal((await app.get(path)).measurements.length, measurements.length)
    await app.call('DELETE', `${monitored}/hosts/${id}`, { status: 200 })
    // Another server may just not have been told of it.
    await app.control.metrics.sweep()
    await app.control.metrics.sweep()
    await app.call('POST', `${monitored}/hosts`, { body, status: 201 })
    const gone = await app.get(`${monitored}/hosts/${id}/measurements?${query}`)
    assert.deepEqual(gone.measurements, [])
  })

  test('a sharded cluster is one with its parts, as the document has them', async () => {
    const group = await newGroup('sharded')
    const process = (name: string, port: number, set: string, clusterRole: string) => {
      const wanted = processAt(name, port, set)
      return { ...wanted, args2_6: { ...wanted.args2_6, sharding: { clusterRole } } }
    }
    const router = standaloneDocument(1, { hostname: 'localhost' })
    const { storage: _, ...args2_6 } = router.args2_6
    await put(group, {
      processes: [
        process('c0', 1, 'csrs', 'configsvr'),
        process('s0', 2, 'shard0', 'shardsvr'),
        { ...router, processType: 'mongos', cluster: 'whole', args2_6 },
      ],
      replicaSets: [setOf('csrs', 'c0'), setOf('shard0', 's0')],
      sharding: [
        { name: 'whole', configServerReplica: 'csrs', shards: [{ _id: 'first', rs: 'shard0' }] },
      ],
    })
    const { results } = await app.get(`${group}/clusters`)
    const named = Object.fromEntries(results.map((cluster: Json) => [cluster.clusterName, cluster]))
    assert.deepEqual(Object.keys(named).sort(), ['whole', 'whole-config', 'whole-first'])
    assert.equal(named.whole.typeName, 'SHARDED_REPLICA_SET')
    assert.equal(named['whole-config'].typeName, 'CONFIG_SERVER_REPLICA_SET')
    assert.deepEqual(
      [named['whole-first'].shardName, named['whole-first'].replicaSetName],
      ['first', 'shard0'],
    )
    const ofWhole = await app.get(`${group}/hosts?clusterId=${named.whole.id}`)
    assert.equal(ofWhole.totalCount, 3)
    assert.equal(ofWhole.results[0].typeName, 'NO_DATA')
    const path = `${group}/clusters/${named.whole.id}`
    const renamed = await app.call('PATCH', path, { body: { clusterName: 'other' } })
    assert.equal(renamed.json.errorCode, 'UNSUPPORTED_FOR_CURRENT_CONFIG')
    const shard = `${group}/clusters/${named['whole-first'].id}`
    const refused = await app.call('PATCH', shard, { body: { clusterName: 'other' } })
    assert.equal(refused.json.errorCode, 'NOT_SHARDED')
  })

  test('a process that is gone is down, and has left the list when the document leaves it out', async () => {
    const port = single.port
    await single.close()
    single = undefined as never
    for (
      let host = await hostAt(port);
      host.replicaStateName !== 'DOWN';
      host = await hostAt(port)
    ) {
      await new Promise(setImmediate)
    }
    await put(at, { processes: [], replicaSets: [], auth: auth({}) })
    assert.deepEqual(
      (await hosts()).map(({ port }) => port),
      [member.port],
    )
  })
})
