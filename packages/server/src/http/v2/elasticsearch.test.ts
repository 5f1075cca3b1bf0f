import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  openRecordedCluster,
  type RecordedCluster,
  recordedVersions,
} from '../../testing/recorded-cluster.js'
import { openV2App, type V2App } from '../../testing/v2-app.js'

interface JvmOfNode {
  readonly mem: { readonly heap_used_in_bytes: number }
}

/** The answers behind these calls are recorded ones: see the tests of the service. */
describe('API v2 for Elasticsearch', () => {
  let cluster: RecordedCluster
  let v2: V2App
  let id: string
  before(async () => {
    cluster = await openRecordedCluster(recordedVersions[0])
    v2 = await openV2App()
    const order = {
      name: 'search',
      plan: 2,
      service: 'elasticsearch',
      type: 'elasticsearch',
      version: '1.7.1',
      zone: 'US-Dallas',
      uri: cluster.url,
    }
    ;({ id } = await v2.data<{ id: string }>('POST', '/instances/', order))
    let state = ''
    while (state !== 'COMPLETED') {
      // What makes the instance needs its turn as well.
      await new Promise((resolve) => setImmediate(resolve))
      ;({ state } = await v2.data<{ state: string }>('GET', '/instances/search/'))
      assert.notEqual(state, 'ERROR')
    }
  })
  after(async () => {
    await v2.close()
    await cluster.close()
  })

  test('lists the instances of this service only, one as a list too', async () => {
    const all = await v2.data<{ name: string; connection_strings: object }[]>(
      'GET',
      '/elasticsearch/',
    )
    assert.deepEqual(
      all.map(({ name }) => name),
      ['search'],
    )
    assert.deepEqual(Object.keys(all[0].connection_strings), ['public', 'servicenet'])
    assert.deepEqual(await v2.data('GET', '/elasticsearch/search/'), all)
    const strings = all[0].connection_strings as { public: { http: string; transport: string } }
    // Its users come through the instance's own port, where ACLs count and users are asked for.
    const { port } = v2.control.instances.byId(id) ?? {}
    assert.equal(strings.public.http, `http://127.0.0.1:${port}`)
    assert.equal(strings.public.transport, '')
  })

  test('says of instances of any service whether they are in a state', async () => {
    const instances = await v2.data<{ id: string }[]>('GET', '/instances/')
    const mongodb = instances.find((instance) => instance.id !== id)?.id
    const ask = (states: string[]) =>
      v2.data('POST', '/elasticsearch/check_states/', {
        instance_list: [id, mongodb, 'f'.repeat(24)],
        states,
      })
    assert.deepEqual(await ask(['COMPLETED']), [true, false, false])
    assert.deepEqual(await ask(['ACTIVE', 'COMPLETED']), [true, true, false])
    await v2.json(
      'POST',
      '/elasticsearch/check_states/',
      { instance_list: [id], states: ['GONE'] },
      400,
    )
    await v2.json('POST', '/elasticsearch/check_states/', { states: ['ACTIVE'] }, 400)
  })

  test("passes on what the cluster says, by its version's names", async () => {
    const stats = await v2.data<{ indices: object }>('GET', '/elasticsearch/search/cluster/')
    assert.ok('filter_cache' in stats.indices)
    const { nodes } = await v2.data<{ nodes: object }>('GET', '/elasticsearch/search/nodes/')
    assert.equal(Object.keys(nodes).length, 2)
    const indices = await v2.data<object>('GET', '/elasticsearch/search/indices/')
    assert.deepEqual(Object.keys(indices), ['_shards', '_all', 'indices'])
  })

  test('lists data nodes, and adds none to a cluster that is not ours', async () => {
    const { active, builds } = await v2.data<{ active: object[]; builds: string[] }>(
      'GET',
      '/elasticsearch/search/data_nodes/',
    )
    assert.equal(active.length, 1)
    assert.deepEqual(builds, [])
    const refused = await v2.json<{ message: string }>(
      'POST',
      '/elasticsearch/search/data_nodes/',
      {},
      400,
    )
    assert.match(refused.message, /"search" takes no nodes from here/)
  })

  test('answers the numbers of each node, in the names of Elasticsearch', async () => {
    const hosts = await v2.data<{ host: string; values: Record<string, number> }[]>(
      'GET',
      '/instances/search/statistics/',
    )
    const nodes = await v2.data<{ nodes: Record<string, { name: string; jvm: JvmOfNode }> }>(
      'GET',
      '/elasticsearch/search/nodes/',
    )
    const told = Object.values(nodes.nodes)
    assert.deepEqual(
      hosts.map(({ host, values }) => [host, values['jvm.mem.heap_used_in_bytes']]),
      told.map(({ name, jvm }) => [name, jvm.mem.heap_used_in_bytes]),
    )
    for (const name of [
      'indices.docs.count',
      'indices.indexing.index_total',
      'http.current_open',
    ]) {
      assert.ok(
        hosts.some(({ values }) => typeof values[name] === 'number'),
        name,
      )
    }
  })

  test('keeps users', async () => {
    const users = '/elasticsearch/search/users/'
    const made = { role: 'readonly', username: 'reader' }
    assert.deepEqual(await v2.data('POST', users, { ...made, password: 'secret' }), made)
    const all = await v2.data<{ username: string }[]>('GET', users)
    assert.deepEqual(
      all.find(({ username }) => username === 'reader'),
      made,
    )
    await v2.json('POST', users, { ...made, password: 'secret', role: 'owner' }, 400)
    await v2.json('POST', users, made, 400)
    assert.deepEqual(await v2.data('DELETE', users, { username: 'reader' }), { username: 'reader' })
    await v2.json('DELETE', users, { username: 'reader' }, 404)
    await v2.json('DELETE', users, {}, 400)
    await v2.json('POST', users, { ...made, password: 'secret' })
    assert.deepEqual(await v2.data('DELETE', `${users}?username=reader`), { username: 'reader' })
  })

  test('is not there for instances of another service', async () => {
    await v2.json('GET', '/elasticsearch/default/cluster/', undefined, 404)
    await v2.json('GET', '/elasticsearch/nowhere/', undefined, 404)
  })
})
