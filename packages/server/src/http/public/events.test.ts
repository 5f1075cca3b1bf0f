import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { EventType } from '@gantry/api'
import type { Credentials } from '../../testing/digest-client.js'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

interface Shown {
  readonly id: string
  readonly created: string
  readonly eventTypeName: string
  readonly [field: string]: unknown
}

describe('events of the Public API', () => {
  let app: PublicApp
  let org: string
  let group: string
  let other: string
  before(async () => {
    app = await openPublicApp()
    org = (await app.get('/orgs')).results[0].id
    group = (await app.call('POST', '/groups', { body: { name: 'one', orgId: org } })).json.id
    other = (await app.call('POST', '/groups', { body: { name: 'two', orgId: org } })).json.id
  })
  after(() => app.close())

  const list = async (path: string): Promise<Shown[]> => (await app.get(path)).results
  const record = (type: EventType, facts = {}) =>
    app.control.events.record(type, { groupId: group, ...facts })

  /** A key of the organisation with these roles. */
  async function keyWith(roles: readonly string[]): Promise<Credentials> {
    const body = { desc: 'k', roles }
    const { json } = await app.call('POST', `/orgs/${org}/apiKeys`, { body, status: 201 })
    return { publicKey: json.publicKey, privateKey: json.privateKey }
  }

  test('an event says who did what to what, and from where', async () => {
    const [made] = await list(`/groups/${group}/events?eventType=GROUP_CREATED`)
    const { json } = await app.call('GET', `/groups/${group}/events/${made.id}`, { status: 200 })
    assert.deepEqual(Object.keys(json), [
      'apiKeyId',
      'created',
      'eventTypeName',
      'groupId',
      'id',
      'isGlobalAdmin',
      'links',
      'orgId',
      'publicKey',
      'remoteAddress',
    ])
    assert.equal(json.publicKey, app.owner.publicKey)
    assert.equal(json.remoteAddress, '127.0.0.1')
    assert.equal(json.isGlobalAdmin, true)
    assert.deepEqual([json.groupId, json.orgId], [group, org])
    const rels = json.links.map(({ rel }: { rel: string }) => rel.split('/').at(-1))
    assert.deepEqual(rels, ['self', 'group'])
    const { links, ...fields } = made
    assert.deepEqual({ ...fields, links: json.links }, json)
    assert.equal((links as unknown[]).length, 1)
  })

  test('what a user did links to the user', async () => {
    const user = (await app.get('/users/byName/admin@localhost')).id
    const call = { body: { desc: 'k' }, status: 201 }
    const { json } = await app.call('POST', `/users/${user}/apiKeys`, call)
    const as = { publicKey: 'admin@localhost', privateKey: json.privateKey }
    await app.call('PATCH', `/groups/${group}`, { as, body: { tags: ['T'] }, status: 200 })
    const [changed] = await list(`/groups/${group}/events?eventType=GROUP_CHANGED`)
    const event = await app.get(`/groups/${group}/events/${changed.id}`)
    assert.equal(event.username, 'admin@localhost')
    assert.equal(event.userId, user)
    assert.equal(event.apiKeyId, undefined)
    assert.equal(event.links.at(-1).href, `${app.base}/users/${user}`)
  })

  test('an organization has its own events, not those of its groups alone', async () => {
    const own = await record('HOST_DOWN', { hostname: 'db.example.com', port: 27017 })
    const ofOrg = await list(`/orgs/${org}/events`)
    assert.ok(ofOrg.some(({ eventTypeName }) => eventTypeName === 'GROUP_CREATED'))
    assert.ok(!ofOrg.some(({ id }) => id === own.id))
    await app.call('GET', `/orgs/${org}/events/${own.id}`, { status: 404 })
    const [shown] = await list(`/groups/${group}/events`)
    assert.equal(shown.id, own.id)
    assert.deepEqual([shown.hostname, shown.port], ['db.example.com', 27017])
    const one = await app.get(`/orgs/${org}/events/${ofOrg[0].id}`)
    assert.equal(one.links[1].href, `${app.base}/orgs/${org}`)
  })

  test('types are found whatever the case, any of several, and unknown ones are not there', async () => {
    const { id } = await record('HOST_UP')
    const down = await record('HOST_DOWN')
    const query = 'eventType=host_up&eventType=HOST_DOWN&itemsPerPage=2'
    const found = await list(`/groups/${group}/events?${query}`)
    assert.deepEqual(
      found.map((event) => event.id),
      [down.id, id],
    )
    for (const path of [`/groups/${group}`, `/orgs/${org}`]) {
      const none = await app.get(`${path}/events?eventType=NO_SUCH_TYPE`)
      assert.deepEqual([none.results, none.totalCount], [[], 0])
    }
  })

  test('dates are inclusive, to the second in which they are answered', async () => {
    const { id } = await record('VERSION_BEHIND')
    const { created } = await app.get(`/groups/${group}/events/${id}`)
    const shifted = (ms: number) => new Date(Date.parse(created) + ms).toISOString()
    const count = async (query: string) =>
      (await list(`/groups/${group}/events?eventType=VERSION_BEHIND&${query}`)).length
    assert.equal(await count(`minDate=${created}&maxDate=${created}`), 1)
    assert.equal(await count(`minDate=${shifted(1000)}`), 0)
    assert.equal(await count(`maxDate=${shifted(-1000)}`), 0)
    assert.equal(await count(`minDate=${shifted(-1000)}&maxDate=${shifted(1000)}`), 1)
    assert.equal(await count('minDate=1960-01-01&maxDate=2999-01-01'), 1)
    for (const path of [`/groups/${group}`, `/orgs/${org}`]) {
      const wrong = `${path}/events?minDate=${shifted(1000)}&maxDate=${created}`
      const range = await app.call('GET', wrong, { status: 400 })
      assert.equal(range.json.errorCode, 'INVALID_DATE_RANGE')
      const text = await app.call('GET', `${path}/events?minDate=yesterday`, { status: 400 })
      assert.equal(text.json.errorCode, 'INVALID_DATE_FORMAT')
    }
  })

  test('events of clusters, and the raw document', async () => {
    await record('INSTANCE_RESIZED', { clusterName: 'a' })
    await record('INSTANCE_RESIZED', { clusterName: 'b' })
    await record('INSTANCE_RESIZED', { clusterName: 'c' })
    const events = await list(
      `/groups/${group}/events?clusterNames=a&clusterNames=c&includeRaw=true`,
    )
    const raw = events.map((event) => event.raw as { clusterName: string; groupId: string })
    assert.deepEqual(
      raw.map(({ clusterName }) => clusterName),
      ['c', 'a'],
    )
    assert.equal(raw[0].groupId, group)
    const [plain] = await list(`/groups/${group}/events?clusterNames=b`)
    assert.equal('raw' in plain, false)
    assert.equal('clusterName' in plain, false)
  })

  test('a number with its units comes back as it was', async () => {
    const value = { number: 12.5, units: 'RAW' }
    await record('OUTSIDE_METRIC_THRESHOLD', { currentValue: value, metricName: 'CONNECTIONS' })
    const [shown] = await list(`/groups/${group}/events`)
    assert.deepEqual(shown.currentValue, value)
    assert.equal(shown.metricName, 'CONNECTIONS')
  })

  test('what is not there, or elsewhere', async () => {
    const { id } = await record('HOST_DOWN')
    for (const [path, code] of [
      [`/groups/${group}/events/${'0'.repeat(24)}`, 'EVENT_NOT_FOUND'],
      [`/groups/${group}/events/x`, 'EVENT_NOT_FOUND'],
      [`/groups/${other}/events/${id}`, 'EVENT_NOT_FOUND'],
      [`/orgs/${org}/events/${'0'.repeat(24)}`, 'ORG_EVENT_NOT_FOUND'],
      [`/orgs/${org}/events/x`, 'ORG_EVENT_NOT_FOUND'],
      [`/groups/${'0'.repeat(24)}/events`, 'GROUP_NOT_FOUND'],
    ]) {
      const reply = await app.call('GET', path, { status: 404 })
      assert.equal(reply.json.errorCode, code, path)
    }
    const empty = await app.get(`/groups/${other}/events?eventType=HOST_DOWN`)
    assert.deepEqual([empty.results, empty.totalCount], [[], 0])
  })

  test('members read the events of where they are members', async () => {
    const member = await keyWith(['ORG_MEMBER'])
    await app.call('GET', `/orgs/${org}/events`, { as: member, status: 200 })
    const refused = await app.call('GET', `/groups/${group}/events`, { as: member, status: 401 })
    assert.equal(refused.json.errorCode, 'NOT_IN_GROUP')
    const reader = await keyWith(['ORG_READ_ONLY'])
    await app.call('GET', `/groups/${group}/events`, { as: reader, status: 200 })
    const elsewhere = (await app.control.organisations.create('elsewhere')).id
    const stranger = await app.call('GET', `/orgs/${elsewhere}/events`, { as: reader })
    assert.equal(stranger.json.errorCode, 'USER_CANNOT_ACCESS_ORG')
  })

  test('pages neither overlap nor leave anything out while events come', async () => {
    const still = new Set<string>()
    for (let i = 0; i < 23; i++)
      still.add((await record('PRIMARY_ELECTED', { opType: String(i) })).id)
    const found: string[] = []
    let pages = 0
    let path: string | undefined =
      `/groups/${group}/events?eventType=PRIMARY_ELECTED&itemsPerPage=4`
    while (path !== undefined) {
      const page = await app.get(path)
      found.push(...page.results.map(({ id }: Shown) => id))
      const next = page.links.find(({ rel }: { rel: string }) => rel === 'next')
      path = next?.href.slice(app.base.length)
      pages++
      for (let i = 0; i < pages; i++) await record('PRIMARY_ELECTED')
    }
    assert.deepEqual(found, [...still].reverse())
    assert.equal(pages, 6)
  })
})
