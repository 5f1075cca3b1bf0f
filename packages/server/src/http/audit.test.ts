import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Audit, eventTypes, publicApi, v1, v2 } from '@gantry/api'
import { addressSet, parseRanges } from '../addresses/address-range.js'
import type { AuditEvent } from '../control/events/event.js'
import { openV2App, type V2App } from '../testing/v2-app.js'

interface Told {
  readonly method?: string
  readonly path: string
  readonly audit?: Audit
}

const isTold = (value: unknown): value is Told =>
  typeof value === 'object' && value !== null && 'path' in value && 'summary' in value

describe('the audit log of all APIs', () => {
  test('every call that may change something says what is recorded, or why nothing is', () => {
    const calls = [v1, v2, publicApi].map((all) => Object.values(all).filter(isTold))
    assert.ok(calls.every(({ length }) => length > 10))
    for (const { method, path, audit } of calls.flat()) {
      if (audit === undefined) assert.equal(method, 'GET', path)
      else if (typeof audit === 'object' && 'none' in audit) assert.ok(audit.none, path)
      else for (const type of [audit].flat()) assert.ok(type in eventTypes, `${path}: ${type}`)
    }
  })

  let app: V2App
  let group: string
  let org: string
  before(async () => {
    app = await openV2App({ app: { proxies: addressSet(parseRanges('127.0.0.1') ?? []) } })
    await app.control.members.meet([app.uid])
    const project = app.control.projects.ofAccount(app.uid)
    group = project?.id ?? ''
    org = project?.org ?? ''
  })
  after(() => app.close())

  const forwarded = { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' }
  const latest = async (): Promise<AuditEvent> => {
    const { events } = app.control
    const found = [
      ...(await events.list({ groupId: group }, 0, 10)),
      ...(await events.list({ orgId: org }, 0, 10)),
    ]
    // What Gantry does by itself comes in between.
    const done = found.filter(({ facts }) => facts.userId !== undefined)
    return done.sort((a, b) => (a.id < b.id ? 1 : -1))[0]
  }
  const who = {
    userId: () => app.uid,
    username: () => 'admin@localhost',
    remoteAddress: () => '203.0.113.9',
    isGlobalAdmin: () => true,
  }

  function check({ eventTypeName, facts }: AuditEvent, type: string, expected: object): void {
    assert.equal(eventTypeName, type)
    for (const [name, value] of Object.entries(who)) assert.equal(facts[name], value(), name)
    for (const [name, value] of Object.entries(expected)) {
      assert.deepEqual(facts[name], value, `${type}: ${name}`)
    }
  }

  const v1Call = async (path: string, doc: object) => {
    const headers = { ...forwarded, 'content-type': 'application/x-www-form-urlencoded' }
    const payload = `api_key=${app.credentials.apiKey}&doc=${encodeURIComponent(JSON.stringify(doc))}`
    const reply = await app.inject({ method: 'POST', url: path, headers, payload })
    assert.equal(reply.statusCode, 200, reply.payload)
    return reply.json() as { rc: number; msg: string }
  }

  test('changes by API v1 say who, what and from where', async () => {
    for (const [path, doc, type, facts] of [
      [
        '/acl/add',
        { cidr_mask: '192.0.2.0/24', description: 'd' },
        'NETWORK_PERMISSION_ENTRY_ADDED',
        { whitelistEntry: '192.0.2.0/24' },
      ],
      [
        '/acl/delete',
        { cidr_mask: '192.0.2.0/24' },
        'NETWORK_PERMISSION_ENTRY_REMOVED',
        { whitelistEntry: '192.0.2.0/24' },
      ],
      [
        '/db/shop/add',
        { anna: 'secret of anna' },
        'DATABASE_CREATED',
        { database: 'shop', targetUsername: 'anna' },
      ],
      [
        '/db/shop/collection/orders/index/add',
        { index: { key: 'day', sort: -1 } },
        'INDEX_CREATED',
        { database: 'shop', collection: 'orders', index: 'day_-1' },
      ],
      [
        '/profiling_level/set',
        { db: 'shop', level: 1, slowms: 50 },
        'PROFILING_LEVEL_CHANGED',
        { database: 'shop', level: 1, slowMs: 50 },
      ],
    ] as const) {
      const { rc, msg } = await v1Call(path, doc)
      assert.equal(rc, 0, msg)
      const event = await latest()
      check(event, type, { groupId: group, clusterName: 'default', ...facts })
      assert.ok(!JSON.stringify(event).includes('secret'))
    }
  })

  test('what reads, what fails and documents are not in it', async () => {
    const before = await latest()
    for (const [path, doc, rc] of [
      ['/acl/get', {}, 0],
      ['/acl/add', { cidr_mask: 'none' }, 1],
      ['/db/shop/collection/orders/add', { n: 1 }, 0],
      ['/db/shop/collection/orders/delete', { n: 1 }, 0],
    ] as const) {
      assert.equal((await v1Call(path, doc)).rc, rc, path)
    }
    await app.json('POST', '/instances/default/rename/', { name: 'no name' }, 400)
    await app.data('GET', '/instances/')
    assert.equal((await latest()).id, before.id)
  })

  type Sent = readonly [method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object]
  async function v2Call([method, path, body]: Sent) {
    const reply = await app.inject({
      method,
      url: `/v2${path}`,
      headers: { ...forwarded, 'x-auth-token': app.token },
      ...(body && { payload: JSON.stringify(body) }),
    })
    assert.equal(reply.statusCode, 200, `${path}: ${reply.payload}`)
    return reply.json().data
  }

  test('changes by API v2, with which gantry works as well, say the same', async () => {
    const on = '/instances/second'
    const order = {
      ...{ name: 'first', plan: 5, service: 'mongodb', type: 'mongodb_replica_set' },
      ...{ version: '3.0.5', zone: 'local' },
    }
    let acl = ''
    let dashboard = ''
    const rows: readonly (readonly [() => Sent, string, object, ((data: never) => void)?])[] = [
      [
        () => ['POST', '/instances/', order],
        'INSTANCE_CREATED',
        { clusterName: 'first', service: 'mongodb', plan: 5 },
      ],
      [
        () => ['POST', '/instances/first/rename/', { name: 'second' }],
        'INSTANCE_RENAMED',
        { clusterName: 'second', formerName: 'first' },
      ],
      [
        () => ['POST', `${on}/acls/`, { cidr_mask: '192.0.2.7' }],
        'NETWORK_PERMISSION_ENTRY_ADDED',
        { whitelistEntry: '192.0.2.7', clusterName: 'second' },
        (data: { _id: { $oid: string } }) => {
          acl = data._id.$oid
        },
      ],
      [
        () => ['DELETE', `${on}/acls/${acl}/`],
        'NETWORK_PERMISSION_ENTRY_REMOVED',
        { whitelistEntry: '192.0.2.7' },
      ],
      [() => ['PUT', `${on}/acl_sync/`, { aws_acl_sync_enabled: true }], 'ACL_SYNC_CHANGED', {}],
      [
        () => [
          'POST',
          '/mongodb/second/databases/',
          { name: 'shop', username: 'ben', password: 'secret of ben' },
        ],
        'DATABASE_CREATED',
        { database: 'shop', targetUsername: 'ben', clusterName: 'second' },
      ],
      [
        () => ['POST', '/mongodb/second/databases/shop/collections/', { name: 'orders' }],
        'COLLECTION_CREATED',
        { database: 'shop', collection: 'orders' },
      ],
      [
        () => ['DELETE', '/mongodb/second/databases/shop/'],
        'DATABASE_DROPPED',
        { database: 'shop' },
      ],
      [
        () => ['PUT', `${on}/backup_schedule/`, { enabled: true, at: '03:00' }],
        'SNAPSHOT_SCHEDULE_UPDATED_AUDIT',
        { clusterName: 'second' },
      ],
      [() => ['POST', `${on}/backups/`, {}], 'SNAPSHOT_STARTED', { clusterName: 'second' }],
      [
        () => ['POST', '/mongodb/second/stepdown/', { start: 0, end: 3600, enabled: false }],
        'STEPDOWN_WINDOW_CHANGED',
        { enabled: false },
      ],
      [() => ['POST', '/mongodb/second/compaction/'], 'COMPACTION_STARTED', {}],
      [
        () => ['POST', '/dashboards/', { name: 'mine' }],
        'DASHBOARD_CREATED',
        { dashboard: 'mine', groupId: group },
        (data: { id: string }) => {
          dashboard = data.id
        },
      ],
      [
        () => ['PUT', `/dashboards/${dashboard}/`, { name: 'ours' }],
        'DASHBOARD_CHANGED',
        { dashboard: 'ours' },
      ],
      [() => ['DELETE', `/dashboards/${dashboard}/`], 'DASHBOARD_DELETED', { dashboard: 'ours' }],
      [() => ['DELETE', `${on}/`], 'INSTANCE_DELETED', { clusterName: 'second', groupId: group }],
      [
        () => ['POST', `/accounts/${app.uid}/contact/`, { phone: '1' }],
        'ACCOUNT_CONTACT_CHANGED',
        { orgId: org, groupId: undefined },
      ],
    ]
    for (const [sent, type, facts, then] of rows) {
      const data = await v2Call(sent())
      const event = await latest()
      check(event, type, facts)
      assert.ok(!JSON.stringify(event).includes('secret'))
      then?.(data as never)
    }
  })

  test('an account that is made is told of in its own organization', async () => {
    await v2Call(['POST', '/accounts/', { login: 'new@example.com', password: 'secret of new' }])
    const made = await app.control.members.byUsername('new@example.com')
    const orgId = app.control.projects.ofAccount(made?.id ?? '')?.org
    const [event] = await app.control.events.list({ orgId }, 0, 1)
    check(event, 'USER_CREATED', { targetUsername: 'new@example.com' })
  })
})
