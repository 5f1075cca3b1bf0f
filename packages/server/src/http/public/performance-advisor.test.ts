import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Command, Deployment } from '../../services/deployment.js'
import type { Credentials } from '../../testing/digest-client.js'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

const DOCUMENTS = 300

describe('the performance advisor of the Public API', () => {
  let app: PublicApp
  let group: string
  let host: string
  let at: string
  let deployment: Deployment
  before(async () => {
    app = await openPublicApp()
    group = (await app.get('/groups')).results[0].id
    const { instances } = app.control
    const [instance] = instances.all()
    await instances.reachedAt(instance, { host: '127.0.0.1', port: 27017 })
    deployment = await instances.mongodb(instance)
    host = (await app.get(`/groups/${group}/hosts`)).results[0].id
    at = `/groups/${group}/hosts/${host}/performanceAdvisor`
    for (let i = 0; i < DOCUMENTS; i++) {
      const person = { _id: i, city: `city ${i % 10}`, age: i % 50, name: `name ${i % 7}` }
      await deployment.insert('shop', 'people', person)
    }
    // From now on everything is slow.
    await deployment.command('admin', { profile: 0, slowms: 0 })
  })
  after(() => app.close())

  /** Runs a query over real documents; what came before it is left out by the time that is answered. */
  async function search(filter: Command, sort?: Command, collection = 'people'): Promise<string> {
    // Times are told to the millisecond, so that none of what was before may be of this one.
    const since = await nextMillisecond()
    const find = { find: collection, filter, ...(sort && { sort }) }
    for await (const batch of deployment.batches('shop', find)) assert.ok(batch)
    app.clock.now = Date.now()
    return `since=${since}`
  }

  async function nextMillisecond(): Promise<number> {
    const before = Date.now()
    while (Date.now() === before) await new Promise((resolve) => setImmediate(resolve))
    return Date.now()
  }

  const compound = { city: 'city 3', age: { $gt: 10 } }

  test('suggests an index for a scan, and no more once it is there', async () => {
    const since = await search(compound, { name: 1 })
    const { suggestedIndexes, shapes } = await app.get(`${at}/suggestedIndexes?${since}`)
    assert.equal(suggestedIndexes.length, 1)
    const [{ index, namespace, impact, weight, id }] = suggestedIndexes
    assert.deepEqual(index, [{ city: 1 }, { name: 1 }, { age: 1 }])
    assert.equal(namespace, 'shop.people')
    assert.match(id, /^[0-9a-f]{24}$/)
    assert.deepEqual(
      impact,
      shapes.map((shape: { id: string }) => shape.id),
    )
    assert.ok(weight > 0 && weight <= 100, String(weight))
    const [{ count, operations, inefficiencyScore }] = shapes
    assert.equal(count, 1)
    const [{ predicates, raw, stats }] = operations
    assert.deepEqual(predicates, [{ find: compound }, { sort: { name: 1 } }])
    assert.match(raw, /Slow query.*COLLSCAN/)
    assert.equal(stats.nScanned, DOCUMENTS)
    assert.equal(inefficiencyScore, Math.round(DOCUMENTS / stats.nReturned))

    const key = { city: 1, name: 1, age: 1 }
    await deployment.command('shop', {
      createIndexes: 'people',
      indexes: [{ key, name: 'suggested' }],
    })
    const later = await search(compound, { name: 1 })
    assert.deepEqual(await app.get(`${at}/suggestedIndexes?${later}`), {
      shapes: [],
      suggestedIndexes: [],
    })
    // What was slow before is still told, and served by now.
    assert.deepEqual((await app.get(`${at}/suggestedIndexes?${since}`)).suggestedIndexes, [])
  })

  test('names collections and shows what the log says, by host and port too', async () => {
    await deployment.insert('shop', 'orders', { _id: 1 })
    const since = await search({ total: 3 }, undefined, 'orders')
    await search({ age: 3 })
    const byName = `/groups/${group}/hosts/127.0.0.1:27017/performanceAdvisor`
    const { namespaces } = await app.get(`${byName}/namespaces?${since}`)
    assert.deepEqual(namespaces, [
      { namespace: 'shop.orders', type: 'COLLECTION' },
      { namespace: 'shop.people', type: 'COLLECTION' },
    ])
    // On a busy machine the insertion may be slow, too.
    const all = (await app.get(`${at}/slowQueryLogs?${since}`)).slowQueries
    const [orders, people] = all.slice(-2)
    assert.deepEqual([orders.namespace, people.namespace], ['shop.orders', 'shop.people'])
    assert.equal(JSON.parse(orders.line).attr.command.filter.total, 3)
    const one = await app.get(`${at}/slowQueryLogs?${since}&namespaces=shop.people`)
    assert.deepEqual(one.slowQueries, [people])
    assert.deepEqual((await app.get(`${at}/slowQueryLogs?${since}&nLogs=1`)).slowQueries, [people])
    const before = await app.get(`${at}/slowQueryLogs?since=0&duration=1000`)
    assert.deepEqual(before.slowQueries, [])
  })

  test('reads the profile of a database where it is on', async () => {
    await deployment.command('shop', { profile: 2 })
    try {
      const since = await search({ name: 'name 1', age: 3 })
      const { slowQueries } = await app.get(`${at}/slowQueryLogs?${since}`)
      assert.equal(slowQueries.length, 1, 'it is in the profile and in the log')
      assert.equal(JSON.parse(slowQueries[0].line).op, 'query')
      const { suggestedIndexes } = await app.get(`${at}/suggestedIndexes?${since}`)
      assert.deepEqual(suggestedIndexes[0].index, [{ age: 1 }, { name: 1 }])
    } finally {
      await deployment.command('shop', { profile: 0 })
      await deployment.command('shop', { drop: 'system.profile' })
    }
  })

  test('shows data only to those who may see them', async () => {
    const since = await search({ secret: 'of Ada' })
    const keyWith = async (...roles: string[]) =>
      (await app.call('POST', `/groups/${group}/apiKeys`, { body: { desc: 'k', roles } }))
        .json as Credentials
    const reader = await keyWith('GROUP_READ_ONLY')
    const refused = await app.call('GET', `${at}/slowQueryLogs`, { as: reader })
    assert.equal(refused.status, 401)
    const path = `${at}/suggestedIndexes?${since}`
    const seen = await app.call('GET', path, { as: reader, status: 200 })
    assert.doesNotMatch(seen.text, /Ada/)
    assert.deepEqual(seen.json.suggestedIndexes[0].index, [{ secret: 1 }])
    assert.deepEqual(seen.json.shapes[0].operations, [])
    const analyst = await keyWith('GROUP_DATA_ACCESS_READ_ONLY')
    assert.match((await app.call('GET', path, { as: analyst, status: 200 })).text, /Ada/)
    await app.call('GET', `${at}/slowQueryLogs`, { as: analyst, status: 200 })
  })

  test('refuses what is no period or number, and hosts that there are not', async () => {
    const refused = async (path: string, status: number, code: string) => {
      const reply = await app.call('GET', path)
      assert.equal(reply.status, status, reply.text)
      assert.equal(reply.json.errorCode, code)
    }
    await refused(`${at}/slowQueryLogs?nLogs=0`, 400, 'INVALID_QUERY_PARAMETER')
    await refused(`${at}/namespaces?since=-1`, 400, 'INVALID_QUERY_PARAMETER')
    await refused(`${at}/namespaces?since=${app.clock.now + 60_000}`, 400, 'INVALID_DATE_RANGE')
    const nowhere = `/groups/${group}/hosts/${'0'.repeat(32)}/performanceAdvisor/namespaces`
    await refused(nowhere, 404, 'HOST_NOT_FOUND')
    // Nobody listens there: that is no empty list, and the client may try again.
    const body = { hostname: '127.0.0.1', port: 1 }
    const { id } = (await app.call('POST', `/groups/${group}/hosts`, { body, status: 201 })).json
    const silent = `/groups/${group}/hosts/${id}/performanceAdvisor/namespaces`
    await refused(silent, 503, 'UNEXPECTED_ERROR')
  })
})
