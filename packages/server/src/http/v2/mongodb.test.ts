import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openV2App, type V2App } from '../../testing/v2-app.js'

const SIX = ['command', 'delete', 'getmore', 'insert', 'query', 'update']
type Counters = Record<string, number>
type ByHost = Record<string, Record<string, Counters>>[]

describe('MongoDB instances of API v2', () => {
  let app: V2App
  const databases = '/mongodb/default/databases/'
  before(async () => {
    app = await openV2App()
    for (const n of [1, 2, 3]) await v1('/db/shop/collection/things/add', { n, text: 'x' })
  })
  after(() => app.close())

  async function v1(path: string, doc: unknown) {
    const form = { api_key: app.credentials.apiKey, doc: JSON.stringify(doc) }
    const payload = new URLSearchParams(form).toString()
    const reply = await app.inject({ method: 'POST', url: path, payload })
    assert.equal(reply.json().rc, 0, reply.payload)
  }

  test('databases are listed with their sizes, empty ones that were made too', async () => {
    const made = await app.data<Record<string, unknown>>('POST', databases, {
      name: 'empty',
      username: 'u',
      password: 'p',
    })
    assert.equal(made.objects, 0)
    const list = await app.data<Record<string, number | string>[]>('GET', databases)
    assert.deepEqual(
      list.map(({ name }) => name),
      ['empty', 'shop'],
    )
    const [empty, shop] = list
    const { name: _, ...counts } = empty
    assert.deepEqual(new Set(Object.values(counts)), new Set([0]))
    assert.equal(shop.object_count, 3)
    assert.equal(shop.collection_count, 1)
    assert.equal(shop.index_count, 1)
    assert.ok(Number(shop.data_size_in_bytes) > 0)
    assert.equal(
      shop.average_object_size_in_bytes,
      Number(shop.data_size_in_bytes) / Number(shop.object_count),
    )
  })

  test('a user of a database that is there gets the new password', async () => {
    const body = { name: 'shop', username: 'u', password: 'p' }
    for (const password of ['first', 'second']) {
      const stats = await app.data('POST', databases, { ...body, password })
      assert.equal((stats as { objects: number }).objects, 3)
    }
    await app.json('POST', databases, { name: 'shop', username: 'u' }, 400)
    await app.json('POST', databases, { ...body, name: 'a b/c' }, 400)
  })

  test('a database has statistics, in all and by shard', async () => {
    const stats = await app.data<Record<string, never>>('GET', `${databases}shop/`)
    assert.equal(stats.objects, 3)
    assert.equal(stats.ok, 1)
    assert.deepEqual(stats.extentFreeList, { num: 0, totalSize: 0 })
    const [[shard, raw]] = Object.entries<Record<string, unknown>>(stats.raw)
    const [{ shardstr }] = await app.data<{ shardstr: string }[]>('GET', '/mongodb/default/shards/')
    assert.equal(shard, shardstr)
    assert.equal(raw.db, 'shop')
    assert.equal(raw.collections, 1)
    assert.deepEqual(raw.dataFileVersion, { major: 0, minor: 0 })
    await app.json('GET', `${databases}none/`, undefined, 404)
    for (const own of ['admin', 'local', 'config']) {
      await app.json('GET', `${databases}${own}/`, undefined, 404)
      await app.json('DELETE', `${databases}${own}/`, undefined, 404)
    }
  })

  test('databases together are the sum of each', async () => {
    const all = await app.data<Counters>('GET', '/mongodb/default/aggregate_database_stats/')
    const shop = await app.data<Counters>('GET', `${databases}shop/`)
    assert.equal(all.objects, 3)
    assert.equal(all.dataSize, shop.dataSize)
    assert.equal(all.avgObjSize, Math.round(shop.dataSize / 3))
    assert.deepEqual(Object.keys(all).sort(), [
      'avgObjSize',
      'dataSize',
      'fileSize',
      'indexSize',
      'indexes',
      'nsSize',
      'numExtents',
      'objects',
      'storageSize',
    ])
  })

  test('collections are listed by name, made once, and have statistics', async () => {
    const path = `${databases}shop/collections/`
    assert.equal(
      await app.data('POST', path, { name: 'more', shard_keys: [{ key: 'a', hashed: true }] }),
      "Successfully added collection: 'more' to database: 'shop'",
    )
    assert.deepEqual(await app.data('GET', path), ['more', 'things'])
    await app.json('POST', path, { name: 'more' }, 409)
    await app.json('POST', path, { name: 'a$b' }, 400)
    await app.json('POST', path, { name: 'x', shard_keys: [{ key: 'a' }] }, 400)
    for (const method of ['GET', 'POST'] as const) {
      const body = method === 'POST' ? { name: 'x' } : undefined
      await app.json(method, `${databases}none/collections/`, body, 404)
    }
    const reply = await app.send('GET', `${path}things/`)
    const { data } = reply.json()
    assert.equal(data.ns, 'shop.things')
    assert.equal(data.count, 3)
    assert.ok(Number.isInteger(data.size) && data.size > 0)
    assert.equal(data.sharded, false)
    // Scripts look for the first line with this word in small letters.
    assert.equal(reply.payload.match(/size/g)?.length, 1)
    await app.json('GET', `${path}none/`, undefined, 404)
  })

  test('a database is deleted with its users, and is gone from the list', async () => {
    await app.data('POST', databases, { name: 'gone', username: 'u', password: 'p' })
    assert.equal(
      await app.data('DELETE', `${databases}gone/`),
      'Successfully deleted Database "gone" from Instance "default".',
    )
    const list = await app.data<{ name: string }[]>('GET', databases)
    assert.ok(!list.some(({ name }) => name === 'gone'))
    await app.json('DELETE', `${databases}gone/`, undefined, 404)
  })

  test('a replica set is one shard, whose nodes have statistics', async () => {
    const shards = await app.data<Record<string, string>[]>('GET', '/mongodb/default/shards/')
    assert.equal(shards.length, 1)
    const [{ id, name, shardstr, ...rest }] = shards
    assert.equal(id, name)
    const [set, members] = shardstr.split('/')
    assert.equal(set, name)
    assert.deepEqual(rest, { plan: 1, zone: 'local' })
    assert.deepEqual(await app.data('GET', '/mongodb/default/replicasets/'), [
      { [name]: members.split(',') },
    ])
    await app.json('POST', '/mongodb/default/shards/', undefined, 400)
    const path = `/mongodb/default/shards/${name}`
    assert.deepEqual(await app.data('GET', `${path}/`), shards[0])
    assert.deepEqual(await app.data('GET', `${path}?include_stats=0`), shards[0])
    await app.json('GET', '/mongodb/default/shards/none/', undefined, 404)
    const { stats } = await app.data<{ stats: Record<string, never> }>(
      'GET',
      `${path}/?include_stats=True`,
    )
    assert.equal(stats.replication_lag, 0)
    const shard = stats.shard_stats as Record<string, Record<string, unknown>>
    assert.deepEqual(Object.keys(shard.opcounters).sort(), SIX)
    assert.ok(Number(shard.opcounters.insert) > 0)
    assert.ok(Number.isInteger(shard.network.bytesIn))
    assert.ok(Number.isInteger(shard.connections.current))
    const [[host, node]] = Object.entries<Record<string, Counters>>(stats.per_node_stats)
    assert.equal(host, members)
    assert.ok(Object.values(node.opcounters).every(Number.isInteger))
    assert.equal(node.connections, undefined)
    for (const section of ['asserts', 'cursors', 'globalLock', 'locks', 'metrics', 'recordStats']) {
      assert.equal(typeof node[section], 'object', section)
    }
    assert.doesNotMatch(JSON.stringify(stats), /\[/)
  })

  test('opcounters are told of each host, in all and per second', async () => {
    const total = await app.data<ByHost>('GET', '/mongodb/default/opcounters/')
    assert.equal(total.length, 1)
    const [[, hosts]] = Object.entries(total[0])
    const [counters] = Object.values(hosts)
    assert.deepEqual(Object.keys(counters).sort(), SIX)
    assert.ok(counters.insert >= 0)
    const perSecond = await app.data<ByHost>('GET', '/mongodb/default/opcounters/persecond/')
    assert.deepEqual(Object.keys(perSecond[0]), Object.keys(total[0]))
    const [[, [rates]]] = Object.entries(perSecond[0]).map(([name, of]) => [
      name,
      Object.values(of),
    ])
    assert.deepEqual(Object.keys(rates as unknown as Counters).sort(), SIX)
  })

  test('space is told in bytes and in per cent of the plan', async () => {
    const usage = await app.data<Record<string, number>>('GET', '/mongodb/default/spaceusage/')
    assert.equal(usage.maximum_capacity, 1024 ** 3)
    const { data, index, ns, remaining, storage } = usage.percentages as unknown as Counters
    assert.equal(data, (usage.total_data_size / usage.maximum_capacity) * 100)
    assert.ok(Math.abs(remaining - (100 - (data + index + ns + storage))) < 1e-9)
    assert.equal(usage.total_ns_size, 0)
  })

  test('logs are those of the one mongod', async () => {
    interface HostLog {
      readonly log: [string, string][]
      readonly totalLinesWritten: number
    }
    const logs = await app.data<Record<string, never[]>>('GET', '/mongodb/default/logs/')
    assert.deepEqual(Object.keys(logs), ['MongoS', 'Config', 'MongoD'])
    assert.deepEqual([logs.MongoS, logs.Config], [[], []])
    const [[shard, [[host, of]]]] = logs.MongoD as unknown as [[string, [[string, HostLog]]]]
    const [set] = await app.data<{ shardstr: string }[]>('GET', '/mongodb/default/shards/')
    assert.equal(`${shard}/${host}`, set.shardstr)
    assert.ok(of.log.length > 0 && of.totalLinesWritten >= of.log.length)
    for (const [time, text] of of.log) {
      assert.match(time, /^[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{3}$/)
      assert.match(text, /^\[/)
    }
  })

  test('the configuration of statistics names hosts and statistics, sorted', async () => {
    const path = '/instances/default/stats_config/'
    const config = await app.json<{ shards: object; stat_names: string[] }>('GET', path)
    assert.deepEqual(Object.keys(config), ['shards', 'stat_names'])
    const names = config.stat_names
    assert.deepEqual(names, names.toSorted())
    for (const name of ['connections.current', 'shop.dataSize', 'shop.timeLockedMicros.w']) {
      assert.ok(names.includes(`mongodb.${name}`), name)
    }
  })

  test('the instance has statistics in all and per second', async () => {
    const stats = await app.data<Record<string, never>>('GET', '/instances/default/new-relic-stats')
    assert.deepEqual(Object.keys(stats), [
      'aggregate_server_statistics',
      'aggregate_database_statistics',
      'server_statistics_per_second',
      'opcounters_per_node_per_second',
      'replication_lag',
    ])
    assert.deepEqual(Object.keys((stats.server_statistics_per_second as ByHost[0]).network), [
      'bytesIn',
      'bytesOut',
      'numRequests',
    ])
    assert.equal((stats.aggregate_database_statistics as Counters).objects, 3)
  })

  test('dashboards are kept as they were given', async () => {
    const graphs = [{ stat: 'x', width: 1.5 }, 'any', null]
    const made = await app.data<{ id: string }>('POST', '/dashboards/', { name: 'one', graphs })
    assert.deepEqual(made, { id: made.id, name: 'one', graphs })
    const path = `/dashboards/${made.id}/`
    assert.deepEqual(await app.data('PUT', path, { name: 'two' }), {
      ...made,
      name: 'two',
      graphs: [],
    })
    assert.deepEqual(await app.data('GET', '/dashboards/'), [await app.data('GET', path)])
    await app.json('POST', '/dashboards/', {}, 400)
    assert.deepEqual(await app.data('DELETE', path), {})
    await app.json('GET', path, undefined, 404)
    await app.json('GET', '/dashboards/x/', undefined, 404)
  })

  test('there are no casters and nothing that is held elsewhere', async () => {
    for (const path of ['/casters/', '/remote_instances/']) {
      assert.deepEqual(await app.data('GET', path), [])
      await app.json('GET', `${path}x/`, undefined, 404)
    }
    await app.json('DELETE', '/remote_instances/x/', undefined, 404)
    await app.json('POST', '/remote_instances/x/rename/', { name: 'y' }, 404)
  })
})
