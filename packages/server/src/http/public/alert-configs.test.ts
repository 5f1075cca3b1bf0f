import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

const email = {
  typeName: 'EMAIL',
  emailAddress: 'ops@example.com',
  delayMin: 0,
  intervalMin: 5,
}
const down = { eventTypeName: 'HOST_DOWN', enabled: true, notifications: [email] }
const connections = {
  metricName: 'CONNECTIONS',
  mode: 'AVERAGE',
  operator: 'GREATER_THAN',
  threshold: 500,
  units: 'RAW',
}
const metric = {
  eventTypeName: 'OUTSIDE_METRIC_THRESHOLD',
  metricThreshold: connections,
  notifications: [email],
}
const elections = {
  eventTypeName: 'TOO_MANY_ELECTIONS',
  threshold: { operator: 'GREATER_THAN', threshold: 3, units: 'RAW' },
  notifications: [email],
}
const matcher = { fieldName: 'HOSTNAME', operator: 'EQUALS', value: 'db1.example.com' }

describe('alert configurations of the Public API', () => {
  let app: PublicApp
  let group: string
  let at: string
  before(async () => {
    app = await openPublicApp()
    group = (await app.get('/groups')).results[0].id
    at = `/groups/${group}/alertConfigs`
  })
  after(() => app.close())

  const make = async (body: object) => (await app.call('POST', at, { body, status: 201 })).json

  async function refused(body: object, code: string, ...parameters: string[]) {
    const reply = await app.call('POST', at, { body })
    assert.equal(reply.status, 400, reply.text)
    assert.equal(reply.json.errorCode, code, reply.text)
    assert.deepEqual(reply.json.parameters, parameters)
  }

  const events = async () =>
    (await app.control.events.list({ groupId: group }, 0, 100)).map(
      ({ eventTypeName, facts }) => `${eventTypeName} ${facts.alertConfigId}`,
    )

  test('are made, listed, answered and deleted', async () => {
    const reply = await app.call('POST', at, {
      body: { ...down, groupId: group, matchers: [matcher] },
      status: 201,
    })
    const { id, created, updated, notifications, links, ...rest } = reply.json
    assert.deepEqual(rest, {
      enabled: true,
      eventTypeName: 'HOST_DOWN',
      groupId: group,
      matchers: [matcher],
      typeName: 'HOST',
    })
    assert.equal(created, updated)
    assert.equal(notifications[0].emailAddress, 'ops@example.com')
    const rels = links.map(({ rel }: { rel: string }) => rel.split('/').at(-1))
    assert.deepEqual(rels, ['self', 'group', 'alerts'])
    assert.equal(reply.headers.location, `${app.base}${at}/${id}`)
    assert.deepEqual(await app.get(`${at}/${id}`), reply.json)
    assert.equal((await app.get(at)).results.at(-1).id, id)
    assert.deepEqual((await app.get(`${at}/${id}/alerts`)).results, [])
    assert.equal((await app.call('DELETE', `${at}/${id}`, { status: 200 })).text, '{}')
    const gone = await app.call('GET', `${at}/${id}`, { status: 404 })
    assert.equal(gone.json.errorCode, 'ALERT_CONFIG_NOT_FOUND')
    assert.deepEqual((await events()).slice(0, 2), [
      `ALERT_CONFIG_DELETED_AUDIT ${id}`,
      `ALERT_CONFIG_ADDED_AUDIT ${id}`,
    ])
  })

  test('ids are looked at, and those of other groups are not there', async () => {
    const { id } = await make(down)
    const wrong = await app.call('GET', `${at}/xyz`, { status: 404 })
    assert.equal(wrong.json.errorCode, 'INVALID_ALERT_CONFIG_ID')
    const other = (await app.call('POST', '/groups', { body: { name: 'ids' } })).json
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      const body = method === 'PUT' ? down : {}
      const path = `/groups/${other.id}/alertConfigs/${id}`
      const reply = await app.call(method, path, { body })
      assert.equal(reply.json.errorCode, 'ALERT_CONFIG_NOT_FOUND', method)
    }
  })

  test('R1 PATCH changes what is named; PUT with the same body lacks the rest', async () => {
    const before = await make({ ...down, matchers: [matcher] })
    const path = `${at}/${before.id}`
    app.clock.now += 1000
    const off = (await app.call('PATCH', path, { body: { enabled: false }, status: 200 })).json
    assert.deepEqual({ ...off, enabled: true, updated: before.updated }, before)
    const put = await app.call('PUT', path, { body: { enabled: false } })
    assert.equal(put.status, 400)
    assert.equal(put.json.errorCode, 'MISSING_ATTRIBUTE')
    const whole = (await app.call('PUT', path, { body: down, status: 200 })).json
    assert.deepEqual(whole.matchers, [])
    assert.deepEqual((await events()).slice(0, 3), [
      `ALERT_CONFIG_ENABLED_AUDIT ${before.id}`,
      `ALERT_CONFIG_CHANGED_AUDIT ${before.id}`,
      `ALERT_CONFIG_DISABLED_AUDIT ${before.id}`,
    ])
  })

  test('PUT without enabled turns off, and takes a whole entity back', async () => {
    const before = await make({ ...metric, enabled: true })
    const path = `${at}/${before.id}`
    const echoed = (await app.call('PUT', path, { body: before, status: 200 })).json
    assert.deepEqual({ ...echoed, updated: before.updated }, before)
    const { enabled: _enabled, ...rest } = before
    assert.equal((await app.call('PUT', path, { body: rest, status: 200 })).json.enabled, false)
    const other = { ...before, id: '0'.repeat(24) }
    const wrong = await app.call('PUT', path, { body: other })
    assert.equal(wrong.json.errorCode, 'ATTRIBUTE_READ_ONLY')
    const elsewhere = await app.call('PUT', path, { body: { ...before, groupId: '0'.repeat(24) } })
    assert.equal(elsewhere.json.errorCode, 'GROUP_MISMATCH')
  })

  test('PATCH to another event leaves the threshold of the former behind', async () => {
    const { id } = await make(metric)
    const body = { eventTypeName: 'NO_PRIMARY' }
    const changed = (await app.call('PATCH', `${at}/${id}`, { body, status: 200 })).json
    assert.equal(changed.typeName, 'REPLICA_SET')
    assert.ok(!('metricThreshold' in changed))
    const back = { eventTypeName: 'OUTSIDE_METRIC_THRESHOLD' }
    const reply = await app.call('PATCH', `${at}/${id}`, { body: back })
    assert.equal(reply.json.errorCode, 'MISSING_METRIC_THRESHOLD')
  })

  test('names count in any case and come out as they are spelled', async () => {
    const made = await make({
      ...metric,
      eventTypeName: 'outside_metric_threshold',
      typeName: 'host_metric',
      matchers: [{ fieldName: 'hostname', operator: 'equals', value: 'DB1.EXAMPLE.COM' }],
      metricThreshold: {
        ...connections,
        metricName: 'connections',
        mode: 'average',
        operator: 'greater_than',
        units: 'raw',
      },
    })
    assert.equal(made.eventTypeName, 'OUTSIDE_METRIC_THRESHOLD')
    assert.equal(made.enabled, false)
    assert.deepEqual(made.metricThreshold, connections)
    assert.deepEqual(made.matchers, [
      { fieldName: 'HOSTNAME', operator: 'EQUALS', value: 'DB1.EXAMPLE.COM' },
    ])
  })

  test('what is left out of thresholds is as it must be', async () => {
    const { mode: _mode, units: _units, ...short } = connections
    assert.deepEqual(
      (await make({ ...metric, metricThreshold: short })).metricThreshold,
      connections,
    )
    const bytes = { ...short, metricName: 'CACHE_USED_BYTES' }
    assert.equal((await make({ ...metric, metricThreshold: bytes })).metricThreshold.units, 'BYTES')
    const made = await make({ ...elections, threshold: { threshold: 3 } })
    assert.deepEqual(made.threshold, elections.threshold)
  })

  test('every error code of what they say', async () => {
    const { notifications: _none, ...silent } = down
    await refused(silent, 'MISSING_NOTIFICATIONS')
    await refused({ ...down, notifications: [] }, 'MISSING_NOTIFICATIONS')
    await refused({ notifications: [email] }, 'MISSING_ATTRIBUTE', 'eventTypeName')
    const unknown = { ...down, eventTypeName: 'HOST_SAD' }
    await refused(unknown, 'INVALID_EVENT_TYPE_FOR_ALERT', 'HOST_SAD')
    const proto = { ...down, eventTypeName: 'constructor' }
    await refused(proto, 'INVALID_EVENT_TYPE_FOR_ALERT', 'constructor')
    await refused({ ...down, typeName: 'AGENT' }, 'INVALID_ENUM_VALUE', 'typeName', 'AGENT')
    const present = { ...down, metricThreshold: connections }
    await refused(present, 'METRIC_THRESHOLD_PRESENT', 'HOST_DOWN')
    const { metricThreshold: _metricThreshold, ...bare } = metric
    await refused(bare, 'MISSING_METRIC_THRESHOLD')
    const withMetric = (more: object) => ({
      ...metric,
      metricThreshold: { ...connections, ...more },
    })
    await refused(withMetric({ mode: 'TOTAL' }), 'TOTAL_MODE_DEPRECATED')
    await refused(
      withMetric({ mode: 'MEAN' }),
      'INVALID_ENUM_VALUE',
      'metricThreshold.mode',
      'MEAN',
    )
    const metricName = 'MOOD'
    const at = 'metricThreshold.metricName'
    await refused(withMetric({ metricName }), 'INVALID_ENUM_VALUE', at, metricName)
    await refused(withMetric({ units: 'GIGABYTES' }), 'UNITS_MISMATCH', 'GIGABYTES', 'CONNECTIONS')
    const inTime = withMetric({ metricName: 'MEMORY_RESIDENT', units: 'HOURS' })
    await refused(inTime, 'UNITS_MISMATCH', 'HOURS', 'MEMORY_RESIDENT')
    await refused(
      withMetric({ threshold: undefined }),
      'MISSING_ATTRIBUTE',
      'metricThreshold.threshold',
    )
    const { threshold: _threshold, ...without } = elections
    await refused(without, 'MISSING_THRESHOLD', 'TOO_MANY_ELECTIONS')
    const surplus = { ...down, threshold: elections.threshold }
    await refused(surplus, 'THRESHOLD_PRESENT', 'HOST_DOWN')
    const less = { ...elections, threshold: { ...elections.threshold, operator: 'LESS_THAN' } }
    await refused(less, 'INVALID_OPERATOR_FOR_EVENT_TYPE', 'LESS_THAN', 'TOO_MANY_ELECTIONS')
    const units = { ...elections, threshold: { threshold: 1, units: 'BYTES' } }
    await refused(units, 'UNITS_MISMATCH', 'BYTES', 'TOO_MANY_ELECTIONS')
  })

  test('matchers that can not be are refused, by their place', async () => {
    const withMatcher = (more: object) => ({
      ...down,
      matchers: [matcher, { ...matcher, ...more }],
    })
    const value = 'matchers[1].value'
    await refused(withMatcher({ value: undefined }), 'MISSING_ATTRIBUTE', value)
    await refused(
      withMatcher({ fieldName: 'COLOUR' }),
      'INVALID_ENUM_VALUE',
      'matchers[1].fieldName',
      'COLOUR',
    )
    await refused(
      withMatcher({ operator: 'LIKE' }),
      'INVALID_ENUM_VALUE',
      'matchers[1].operator',
      'LIKE',
    )
    for (const pattern of ['(', '(?=a)', 'a{1,1000}{1,1000}', 'x'.repeat(1001)]) {
      const more = { operator: 'REGEX', value: pattern }
      await refused(withMatcher(more), 'INVALID_JSON_ATTRIBUTE', value)
    }
    await make(withMatcher({ operator: 'REGEX', value: '^db\\d+\\.' }))
    const many = { ...down, matchers: new Array(101).fill(matcher) }
    await refused(many, 'INVALID_JSON_ATTRIBUTE', 'matchers')
  })

  test('every error code of whom they tell', async () => {
    const to = (...notifications: object[]) => ({ ...down, notifications })
    const member = { typeName: 'USER', username: 'admin@localhost', emailEnabled: true }
    const everybody = { typeName: 'GROUP', emailEnabled: true }
    await refused(to({ typeName: 'SNMP' }), 'UNSUPPORTED_NOTIFICATION_TYPE', 'SNMP')
    await refused(to({ ...email, intervalMin: 4 }), 'NOTIFICATION_INTERVAL_OUT_OF_RANGE', '4')
    await refused(to(everybody, everybody), 'TOO_MANY_GROUP_NOTIFICATIONS')
    const neither = 'EMAIL_OR_SMS_REQUIRED_FOR_'
    const silent = { emailEnabled: false }
    await refused(to({ ...everybody, ...silent }), `${neither}GROUP_NOTIFICATION`)
    await refused(to({ ...member, ...silent }), `${neither}USER_NOTIFICATION`)
    const nobody = 'nobody@example.com'
    await refused(to({ ...member, username: nobody }), 'BAD_USERNAME_REF', nobody)
    const stranger = {
      username: 'stranger@example.com',
      password: 'a good password',
      firstName: 'S',
      lastName: 'T',
    }
    await app.call('POST', '/users', { body: stranger, status: 201 })
    const { username } = stranger
    await refused(to({ ...member, username }), 'BAD_USERNAME_IN_GROUP_REF', username)
    await refused(to({ typeName: 'WEBHOOK' }), 'WEBHOOK_URL_NOT_SET')
    await refused(to({ ...email, colour: 'red' }), 'INVALID_ATTRIBUTE', 'notifications[0].colour')
    await make(to(member, everybody))
  })

  test('secrets come out starred, and go in starred as unchanged', async () => {
    const webhook = {
      typeName: 'WEBHOOK',
      webhookUrl: 'https://hooks.example.com/gantry',
      webhookSecret: 'a secret of ours',
    }
    const made = await app.call('POST', at, {
      body: { ...down, notifications: [webhook] },
      status: 201,
    })
    assert.doesNotMatch(made.text, /a secret of/)
    const path = `${at}/${made.json.id}`
    const [shown] = made.json.notifications
    assert.match(shown.webhookSecret, /^\*+ours$/)
    const echoed = (await app.call('PUT', path, { body: made.json, status: 200 })).json
    assert.deepEqual(echoed.notifications, made.json.notifications)
    const [kept] = app.control.alertConfigs.get(group, made.json.id)?.notifications ?? []
    assert.ok(kept.sealed.webhookSecret)
    assert.doesNotMatch(kept.sealed.webhookSecret.toString('latin1'), /secret of ours/)
  })

  test('members read them, owners change them', async () => {
    const { id } = await make(down)
    const body = { desc: 'm', roles: ['GROUP_MONITORING_ADMIN'] }
    const key = (await app.call('POST', `/groups/${group}/apiKeys`, { body, status: 201 })).json
    const as = { publicKey: key.publicKey, privateKey: key.privateKey }
    assert.equal((await app.get(`${at}/${id}`, as)).id, id)
    for (const [method, path, sent] of [
      ['POST', at, down],
      ['PUT', `${at}/${id}`, down],
      ['PATCH', `${at}/${id}`, { enabled: false }],
      ['DELETE', `${at}/${id}`, {}],
    ] as const) {
      const reply = await app.call(method, path, { body: sent, as })
      assert.equal(reply.status, 401)
      assert.equal(reply.json.errorCode, 'USER_UNAUTHORIZED', method)
    }
    assert.deepEqual(await app.get('/alertConfigs/matchers/fieldNames', as), [
      'HOSTNAME',
      'PORT',
      'HOSTNAME_AND_PORT',
      'REPLICA_SET_NAME',
      'TYPE_NAME',
      'SHARD_NAME',
      'CLUSTER_NAME',
    ])
  })

  test('a new group has some, unless it wants none; they go with it', async () => {
    const create = async (more: object) =>
      (await app.call('POST', '/groups', { body: { name: `g${Date.now()}`, ...more } })).json
    const usual = await create({})
    assert.equal(usual.withDefaultAlertsSettings, true)
    const path = `/groups/${usual.id}/alertConfigs`
    const { results } = await app.get(path)
    const names = results.map(({ eventTypeName }: { eventTypeName: string }) => eventTypeName)
    assert.ok(names.includes('HOST_DOWN') && names.includes('NO_PRIMARY'), String(names))
    assert.ok(results.every(({ enabled }: { enabled: boolean }) => enabled))
    const none = await create({ name: 'none', withDefaultAlertsSettings: false })
    assert.deepEqual((await app.get(`/groups/${none.id}/alertConfigs`)).results, [])
    await app.call('DELETE', `/groups/${usual.id}`, { status: 200 })
    assert.deepEqual(app.control.alertConfigs.ofProject(usual.id), [])
  })
})
