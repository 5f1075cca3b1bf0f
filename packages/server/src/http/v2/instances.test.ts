import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openV2App, type V2App } from '../../testing/v2-app.js'

type Document = Record<string, unknown> & { readonly id: string; readonly api_key: string }

const order = {
  name: 'Test123',
  plan: 5,
  service: 'mongodb',
  type: 'mongodb_sharded',
  version: '2.4.6',
  zone: 'AP-Sydney',
}

describe('instances of API v2', () => {
  let app: V2App
  before(async () => {
    app = await openV2App()
  })
  after(() => app.close())

  async function made(change: Partial<typeof order> = {}): Promise<Document> {
    return app.data<Document>('POST', '/instances/', { ...order, ...change })
  }

  test('the first is there, as a replica set', async () => {
    const [first, ...rest] = await app.data<Document[]>('GET', '/instances/')
    assert.deepEqual(rest, [])
    assert.equal(first.name, 'default')
    assert.equal(first.api_key, app.credentials.apiKey)
    assert.match(String(first.connect_string), /^\w+\/127\.0\.0\.1:\d+$/)
    assert.match(String(first.created), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
    assert.equal(first.state, 'ACTIVE')
    assert.deepEqual(await app.data('GET', '/instances/default/'), first)
    await app.json('GET', '/instances/none/', undefined, 404)
  })

  test('one is made, answered as an instance and as its order, renamed and deleted', async () => {
    const build = await made()
    assert.match(String(build.connect_string), /^127\.0\.0\.1:\d+$/)
    assert.deepEqual(build._id, { $oid: build.id })
    assert.equal(build.mongodb_version, '2.4.6')
    assert.equal(build.login, 'admin@localhost')
    for (const name of ['ansible_group', 'instance_name_prior', 'login_prior', 'caster']) {
      assert.equal(build[name], null, name)
    }
    const shown = await app.data<Document>('GET', '/instances/Test123/')
    const { state: _, ...same } = shown
    for (const [name, value] of Object.entries(same)) assert.deepEqual(build[name], value, name)
    // Scripts look for the lines with this word in the list.
    const text = (await app.send('GET', '/instances/')).payload
    assert.equal(text.match(/name/g)?.length, 2)

    assert.equal(
      await app.data('POST', '/instances/Test123/rename/', { name: 'Test456' }),
      'Successfully renamed instance from "Test123" to "Test456".',
    )
    await app.json('GET', '/instances/Test123/', undefined, 404)
    const renamed = await app.data<Document>('GET', '/instances/Test456/')
    const kept = [renamed.id, renamed.api_key, renamed.connect_string]
    assert.deepEqual(kept, [build.id, build.api_key, build.connect_string])
    await app.json('POST', '/instances/Test456/rename/', { name: 'default' }, 409)
    await app.json('POST', '/instances/Test456/rename/', { name: 'a b' }, 400)
    await app.data('POST', '/instances/Test456/acls/', { cidr_mask: '10.0.0.0/8' })
    assert.equal(
      await app.data('DELETE', '/instances/Test456/'),
      'Successfully deleted Instance "Test456".',
    )
    await app.json('GET', '/instances/Test456/', undefined, 404)
    const payload = `api_key=${build.api_key}`
    const v1 = await app.inject({ method: 'POST', url: '/instance', payload })
    assert.equal(v1.statusCode, 403)
    // Its name is free, and its ACLs have gone with it.
    await made({ name: 'Test456' })
    assert.deepEqual(await app.data('GET', '/instances/Test456/acls/'), [])
  })

  const refused: { name: string; change: object; status: number; message: RegExp }[] = [
    { name: 'a plan', change: { plan: 3 }, status: 400, message: /^no plan "3"/ },
    { name: 'a type', change: { type: 'redis_ha_instance' }, status: 400, message: /^no type/ },
    { name: 'a version', change: { version: '9' }, status: 400, message: /^no version "9"/ },
    { name: 'a zone', change: { zone: 'Moon' }, status: 400, message: /^no zone "Moon"/ },
    { name: 'a service', change: { service: 'mysql' }, status: 400, message: /service/ },
    { name: 'a name with a blank', change: { name: 'a b' }, status: 400, message: /name/ },
    { name: 'a name with a line', change: { name: '-a' }, status: 400, message: /name/ },
    { name: 'a name that is long', change: { name: 'a'.repeat(64) }, status: 400, message: /name/ },
    { name: 'a name that is taken', change: { name: 'default' }, status: 409, message: /default/ },
    { name: 'a field', change: { color: 1 }, status: 400, message: /^unknown field: color$/ },
    { name: 'no plan', change: { plan: undefined }, status: 400, message: /^missing field: plan$/ },
    { name: 'a plan that is text', change: { plan: 'x' }, status: 400, message: /plan/ },
    { name: 'an engine', change: { storage_engine: 'x' }, status: 400, message: /storage_engine/ },
  ]
  for (const { name, change, status, message } of refused) {
    test(`one with ${name} that cannot be is ${status}`, async () => {
      const reply = await app.send('POST', '/instances/', { ...order, name: 'new', ...change })
      assert.equal(reply.statusCode, status, reply.payload)
      assert.match(reply.json().message, message)
    })
  }

  test('a plan may be text, and an engine is kept', async () => {
    const body = { ...order, name: 'text', plan: '5', storage_engine: 'wiredTiger' }
    const build = await app.data<Document>('POST', '/instances/', body)
    assert.equal(build.plan, 5)
    assert.equal(build.storage_engine, 'wiredTiger')
  })

  test('who may not add instances is 403', async () => {
    const body = { login: 'few@example.com', password: 'x', add_instance_enabled: false }
    await app.data('POST', '/accounts/', body)
    const few = await app.signIn('few@example.com', 'x')
    await few.json('POST', '/instances/', order, 403)
    assert.deepEqual(await few.data('GET', '/instances/'), [])
  })

  test('graphs want a time, and an instance that there is', async () => {
    const times = 'start_time=2015-09-01+02:00:00&end_time=2015-09-01+03:00:00'
    const stat = { instance: 'default', host: 'h.example.com:1', name: 'mongodb.opcounters.query' }
    const answer = [{ text: 'h', 'legend-item': { text: 'h' }, values: [] }]
    for (const path of ['/graphs/ad_hoc', '/graphs', '/graph/ad_hoc/']) {
      const url = `${path}?${times}&granularity=minute`
      assert.deepEqual(await app.json('POST', url, { stats: [stat] }), answer)
    }
    const wrong = [
      `${times}&granularity=year`,
      `${times}`,
      `${times}&granularity=hour&format=png`,
      'start_time=2015-09-01+02:00:00&granularity=hour',
      'start_time=2015-02-30+02:00:00&end_time=2015-09-01+03:00:00&granularity=hour',
      'start_time=2015-09-02+02:00:00&end_time=2015-09-01+03:00:00&granularity=hour',
    ]
    for (const query of wrong) {
      await app.json('POST', `/graphs/ad_hoc/?${query}`, { stats: [stat] }, 400)
    }
    const url = `/graphs/ad_hoc/?${times}&granularity=hour&format=zingchart`
    await app.json('POST', url, { stats: [{ ...stat, instance: 'none' }] }, 404)
    await app.json('POST', url, {}, 400)
  })

  test('a graph shows what was sampled', async () => {
    const [instance] = app.control.instances.all()
    await app.control.metrics.sample(instance)
    const [host] = await app.control.metrics.hosts(instance)
    const text = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', '+')
    const times = `start_time=${text(Date.now() - 60_000)}&end_time=${text(Date.now() + 60_000)}`
    const stats = [{ instance: instance.name, host, name: 'mongodb.connections.current' }]
    const url = `/graphs/ad_hoc/?${times}&granularity=minute`
    const [{ values }] = await app.json<{ values: number[][] }[]>('POST', url, { stats })
    assert.ok(values.length > 0)
    for (const [at, value] of values) assert.ok(at % 60_000 === 0 && value >= 0)
  })
})
