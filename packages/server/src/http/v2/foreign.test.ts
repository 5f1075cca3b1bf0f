import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openV2App, type V2App, type V2Caller } from '../../testing/v2-app.js'
import { v2Routes } from './routes.js'

/** What a second account might ask for, by the parameters of the first account's paths. */
const bodies: Readonly<Record<string, object>> = {
  'POST /v2/accounts/{uid}/set_card/': {},
  'POST /v2/accounts/{uid}/contact/': {},
  'PUT /v2/dashboards/{id}/': { name: 'x' },
  'POST /v2/instances/{instance}/rename/': { name: 'mine' },
  'POST /v2/instances/{instance}/acls/': { cidr_mask: '0.0.0.0/0' },
  'PUT /v2/instances/{instance}/acl_sync/': {},
  'POST /v2/instances/{instance}/acl_sync/': {},
  'POST /v2/mongodb/{instance}/databases/': { name: 'd', username: 'u', password: 'p' },
  'POST /v2/mongodb/{instance}/databases/{database}/collections/': { name: 'c' },
  'POST /v2/mongodb/{instance}/stepdown/': { start: 1, end: 3600 },
  'POST /v2/remote_instances/{name}/rename/': { name: 'mine' },
  'POST /v2/redis/{instance}/resize/': { new_plan: 1000 },
  'POST /v2/elasticsearch/{instance}/users/': { username: 'u', password: 'p', role: 'admin' },
  'DELETE /v2/elasticsearch/{instance}/users/': { username: 'u' },
}

/** Plans are the same for everybody. */
const forEverybody = ['/v2/plans/{id}/']

describe("a second account at the first one's paths", () => {
  let app: V2App
  let other: V2Caller
  let ids: Readonly<Record<string, string>>
  before(async () => {
    app = await openV2App()
    other = await app.addAccount('other@example.com')
    const payload = `api_key=${app.credentials.apiKey}&doc={"a":1}`
    await app.inject({ method: 'POST', url: '/db/shop/collection/things/add', payload })
    const acl = { cidr_mask: '10.0.0.0/8' }
    const { _id } = await app.data<{ _id: { $oid: string } }>(
      'POST',
      '/instances/default/acls/',
      acl,
    )
    const [{ name: shard }] = await app.data<{ name: string }[]>('GET', '/mongodb/default/shards/')
    const dashboard = await app.data<{ id: string }>('POST', '/dashboards/', { name: 'one' })
    const { label } = await app.data<{ label: string }>('POST', '/instances/default/backups/', {})
    ids = {
      backup: label,
      uid: app.uid,
      instance: 'default',
      database: 'shop',
      collection: 'things',
      shard,
      id: _id.$oid,
      dashboard: dashboard.id,
      name: 'default',
    }
  })
  after(() => app.close())

  const paths = v2Routes
    .map(({ endpoint }) => endpoint)
    .filter(({ path }) => path.includes('{') && !forEverybody.includes(path))
  for (const { method, path } of paths) {
    test(`${method} ${path} is 404, for both forms`, async () => {
      const filled = path.replace(/^\/v2/, '').replaceAll(/\{(\w+)\}/g, (_, name: string) => {
        const known = path.startsWith('/v2/dashboards') && name === 'id' ? 'dashboard' : name
        return ids[known] ?? assert.fail(`no id for ${name}`)
      })
      const body = bodies[`${method} ${path}`]
      for (const form of [filled, filled.slice(0, -1)]) {
        const reply = await other.send(method, form, body)
        assert.equal(reply.statusCode, 404, reply.payload)
        assert.deepEqual(Object.keys(reply.json()), ['message'])
      }
    })
  }

  test('lists show nothing, and nothing has changed', async () => {
    for (const path of ['/instances/', '/dashboards/']) {
      assert.deepEqual(await other.data('GET', path), [])
    }
    const stats = [{ instance: 'default', host: 'h', name: 'mongodb.opcounters.query' }]
    const times = 'start_time=2015-09-01+02:00:00&end_time=2015-09-01+03:00:00&granularity=hour'
    await other.json('POST', `/graphs/ad_hoc/?${times}`, { stats }, 404)
    const acls = await app.data<unknown[]>('GET', '/instances/default/acls/')
    assert.equal(acls.length, 1)
    assert.deepEqual(await app.data('GET', '/mongodb/default/databases/shop/collections/'), [
      'things',
    ])
    await app.data('GET', `/dashboards/${ids.dashboard}/`)
  })
})
