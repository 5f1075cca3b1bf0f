import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { addressSet } from '../../addresses/address-range.js'
import { createGateway, type Gateway } from '../../gateway/gateway.js'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

const MINUTE = 60_000
const YEAR = 365 * 24 * 60 * MINUTE

interface Shown {
  readonly id: string
  readonly status: string
  readonly [name: string]: unknown
}

describe('alerts of the Public API', () => {
  let app: PublicApp
  let group: string
  let at: string
  let gateway: Gateway | undefined
  let port: number
  let host: string
  let receiver: Server
  const received: { kind: string; alert: string }[] = []
  let hook: object

  before(async () => {
    app = await openPublicApp()
    app.clock.now = Date.now()
    group = (await app.get('/groups')).results[0].id
    at = `/groups/${group}`
    await openGateway(0)
    const body = { hostname: '127.0.0.1', port }
    host = (await app.call('POST', `${at}/hosts`, { body, status: 201 })).json.id
    receiver = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        const alert = JSON.parse(Buffer.concat(parts).toString())
        received.push({ kind: alert.status, alert: alert.id })
        response.end()
      })
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    const { port: hookPort } = receiver.address() as AddressInfo
    hook = { typeName: 'WEBHOOK', webhookUrl: `http://127.0.0.1:${hookPort}/hook` }
  })
  after(async () => {
    await gateway?.close(0)
    receiver.closeAllConnections()
    await new Promise((resolve) => receiver.close(resolve))
    await app.close()
  })

  /** A port at which the first instance answers drivers; closed, its process is down. */
  async function openGateway(wanted: number): Promise<void> {
    const [instance] = app.control.instances.all()
    gateway = createGateway({
      host: '127.0.0.1',
      allows: () => true,
      proxies: addressSet([]),
      service: () => app.control.instances.service(instance),
    })
    port = (await gateway.open('plain', wanted)).port
    await lookAnew()
  }

  async function closeGateway(): Promise<void> {
    await gateway?.close(0)
    gateway = undefined
    await lookAnew()
  }

  /** What is known of the host is some seconds old at most; a change of it is looked at at once. */
  async function lookAnew(): Promise<void> {
    if (host) await app.call('PATCH', `${at}/hosts/${host}`, { body: {}, status: 200 })
  }

  const configure = async (more: object) => {
    const body = { eventTypeName: 'HOST_DOWN', enabled: true, notifications: [hook], ...more }
    return (await app.call('POST', `${at}/alertConfigs`, { body, status: 201 })).json
  }

  async function evaluate(minutes = 0): Promise<void> {
    app.clock.now += minutes * MINUTE
    await app.control.alerts.evaluate()
    await app.control.notifications.work()
  }

  const alertsOf = async ({ id }: { id: string }): Promise<Shown[]> =>
    (await app.get(`${at}/alerts`)).results.filter(
      ({ alertConfigId }: { alertConfigId: string }) => alertConfigId === id,
    )
  const only = async (config: { id: string }) => {
    const found = await alertsOf(config)
    assert.equal(found.length, 1, JSON.stringify(found))
    return found[0]
  }
  const drop = ({ id }: { id: string }) =>
    app.call('DELETE', `${at}/alertConfigs/${id}`, { status: 200 })
  const eventsOf = async ({ id }: Shown) =>
    (await app.control.events.list({ groupId: group }, 0, 200))
      .filter(({ facts }) => facts.alertId === id)
      .map(({ eventTypeName }) => eventTypeName)
      .reverse()

  test('a process that is down is told of after the delay, again, and when it is up', async () => {
    const config = await configure({ notifications: [{ ...hook, delayMin: 2, intervalMin: 5 }] })
    const mine = async () => {
      const { id } = await only(config)
      return received.filter(({ alert }) => alert === id).map(({ kind }) => kind)
    }
    await evaluate()
    assert.deepEqual(await alertsOf(config), [])
    await closeGateway()
    await evaluate()
    const tracking = await only(config)
    assert.equal(tracking.status, 'TRACKING')
    assert.ok(!('lastNotified' in tracking))
    await evaluate(2)
    const open = await only(config)
    const { links, ...shown } = await app.get(`${at}/alerts/${open.id}`)
    assert.deepEqual(shown, {
      alertConfigId: config.id,
      created: tracking.created,
      eventTypeName: 'HOST_DOWN',
      groupId: group,
      hostId: host,
      hostnameAndPort: `127.0.0.1:${port}`,
      id: tracking.id,
      lastNotified: open.updated,
      status: 'OPEN',
      typeName: 'HOST',
      updated: open.updated,
    })
    const rels = links.map(({ rel }: { rel: string }) => rel.split('/').at(-1))
    assert.deepEqual(rels.sort(), ['alertConfigs', 'group', 'host', 'self'])
    assert.deepEqual(await mine(), ['OPEN'])
    const everywhere: { results: Shown[] } = await app.get('/globalAlerts?status=OPEN')
    assert.deepEqual(
      everywhere.results.map(({ id }) => id),
      [open.id],
    )
    assert.equal((await app.get('/globalAlerts?status=CLOSED')).totalCount, 0)
    await evaluate(4)
    assert.deepEqual(await mine(), ['OPEN'])
    await evaluate(1)
    assert.deepEqual(await mine(), ['OPEN', 'OPEN'])
    assert.equal((await app.get(`${at}/alertConfigs/${config.id}/alerts`)).totalCount, 1)
    await openGateway(port)
    await evaluate(1)
    const closed = await only(config)
    assert.equal(closed.status, 'CLOSED')
    assert.equal(closed.resolved, closed.updated)
    assert.deepEqual(await mine(), ['OPEN', 'OPEN', 'CLOSED'])
    assert.deepEqual(await eventsOf(closed), ['HOST_DOWN', 'HOST_UP'])
    await evaluate(20)
    assert.deepEqual(await mine(), ['OPEN', 'OPEN', 'CLOSED'])
    await drop(config)
    assert.deepEqual((await app.get(`${at}/alerts/${closed.id}/alertConfigs`)).results, [])
  })

  test('somebody takes care of it: until a date, forever, and no longer', async () => {
    const config = await configure({})
    await closeGateway()
    await evaluate()
    const { id } = await only(config)
    const path = `${at}/alerts/${id}`
    const patch = async (body: object) =>
      (await app.call('PATCH', path, { body, status: 200 })).json
    const until = (ms: number) => new Date(app.clock.now + ms).toISOString()
    const acknowledgedUntil = until(90 * MINUTE)
    const acknowledged = await patch({ acknowledgedUntil, acknowledgementComment: 'on it' })
    assert.equal(acknowledged.acknowledgedUntil, acknowledgedUntil.replace(/\.\d+/, ''))
    assert.equal(acknowledged.acknowledgementComment, 'on it')
    assert.equal(acknowledged.acknowledgingUsername, app.owner.publicKey)
    await app.control.notifications.work()
    const before = received.length
    await evaluate(61)
    assert.equal(received.length, before)
    await evaluate(30)
    assert.equal(received.length, before + 1)
    assert.ok(!('acknowledgedUntil' in (await app.get(path))))
    const forever = await patch({ acknowledgedUntil: until(100 * YEAR) })
    assert.match(forever.acknowledgedUntil, /^21\d\d-/)
    const whole = await app.get(path)
    assert.deepEqual(await patch(whole), whole)
    for (const none of [{ acknowledgedUntil: '' }, { acknowledgedUntil: until(-1) }, {}]) {
      await patch({ acknowledgedUntil: until(YEAR), acknowledgementComment: 'x' })
      const back = await patch(none)
      const names = Object.keys(back).filter((name) => name.startsWith('acknowledg'))
      assert.deepEqual(names, [], JSON.stringify(none))
    }
    const told = (await eventsOf({ id, status: '' })).length
    await patch(await app.get(path))
    assert.equal((await eventsOf({ id, status: '' })).length, told, 'nothing was taken back')
    const wrong = await app.call('PATCH', path, { body: { acknowledgedUntil: 'soon' } })
    assert.equal(wrong.json.errorCode, 'INVALID_DATE_FORMAT')
    const comment = { acknowledgedUntil, acknowledgementComment: 'x'.repeat(201) }
    const long = await app.call('PATCH', path, { body: comment })
    assert.equal(long.json.errorCode, 'ACKNOWLEDGEMENT_COMMENT_TOO_LONG')
    const read = await app.call('PATCH', path, { body: { status: 'CLOSED', hostId: 'x' } })
    assert.equal(read.json.errorCode, 'ATTRIBUTE_READ_ONLY')
    const types = await eventsOf({ id, status: '' })
    assert.deepEqual(types.slice(0, 3), [
      'HOST_DOWN',
      'ALERT_ACKNOWLEDGED_AUDIT',
      'ALERT_ACKNOWLEDGED_AUDIT',
    ])
    assert.ok(types.includes('ALERT_UNACKNOWLEDGED_AUDIT'))
    await drop(config)
  })

  test('members may take care of it, readers may not', async () => {
    const config = await configure({})
    await evaluate()
    const { id } = await only(config)
    for (const [role, status] of [
      ['GROUP_READ_ONLY', 401],
      ['GROUP_DATA_ACCESS_READ_ONLY', 200],
      ['GROUP_MONITORING_ADMIN', 200],
    ] as const) {
      const body = { desc: role, roles: [role] }
      const as = (await app.call('POST', `${at}/apiKeys`, { body, status: 201 })).json
      assert.equal((await app.get(`${at}/alerts/${id}`, as)).id, id)
      const reply = await app.call('PATCH', `${at}/alerts/${id}`, { body: {}, as })
      assert.equal(reply.status, status, role)
    }
    await drop(config)
  })

  test('it is cancelled when its configuration is off, looks elsewhere or is gone, and when its host is', async () => {
    for (const change of ['off', 'other', 'matcher', 'gone', 'silent', 'host'] as const) {
      const config = await configure({})
      await evaluate()
      const { id } = await only(config)
      const path = `${at}/alertConfigs/${config.id}`
      const patch = (body: object) => app.call('PATCH', path, { body, status: 200 })
      if (change === 'off') await patch({ enabled: false })
      if (change === 'other') await patch({ eventTypeName: 'HOST_RECOVERING' })
      if (change === 'gone') await drop(config)
      if (change === 'matcher') {
        const matchers = [{ fieldName: 'PORT', operator: 'NOT_EQUALS', value: String(port) }]
        await patch({ matchers })
      }
      const hostPath = `${at}/hosts/${host}`
      if (change === 'silent') {
        await app.call('PATCH', hostPath, { body: { alertsEnabled: false }, status: 200 })
      }
      if (change === 'host') await app.call('DELETE', hostPath, { status: 200 })
      await evaluate()
      const cancelled = await app.get(`${at}/alerts/${id}`)
      assert.equal(cancelled.status, 'CANCELLED', change)
      assert.ok(!('resolved' in cancelled))
      assert.deepEqual(received.at(-1), { kind: 'CANCELLED', alert: id }, change)
      if (change !== 'gone') await drop(config)
      const body = { hostname: '127.0.0.1', port, alertsEnabled: true }
      await app.call('POST', `${at}/hosts`, { body })
      await app.get(`${at}/hosts`)
    }
  })

  test('they are listed newest first, by status, in pages that hold together', async () => {
    const configs = [await configure({}), await configure({}), await configure({})]
    await evaluate()
    const open = await app.get(`${at}/alerts?status=OPEN`)
    assert.equal(open.totalCount, 3)
    const created = open.results.map((alert: { created: string }) => alert.created)
    assert.deepEqual(created, created.toSorted().reverse())
    assert.match(open.links[0].href, /alerts\?status=OPEN&pageNum=1&itemsPerPage=100$/)
    const all = (await app.get(`${at}/alerts`)).results.map(({ id }: Shown) => id)
    const first = await app.get(`${at}/alerts?itemsPerPage=2`)
    const config = await configure({})
    await evaluate(1)
    const second = await app.get(`${at}/alerts?itemsPerPage=2&pageNum=2`)
    const ids = [...first.results, ...second.results].map(({ id }: Shown) => id)
    assert.deepEqual(ids, all.slice(0, 4))
    for (const one of [...configs, config]) await drop(one)
    assert.equal((await app.get(`${at}/alerts?status=OPEN`)).totalCount, 0)
    assert.equal((await app.get(`${at}/alerts?status=CANCELLED`)).totalCount > 3, true)
    assert.equal((await app.get(`${at}/alerts?status=TRACKING`)).totalCount, 0)
    const wrong = await app.call('GET', `${at}/alerts?status=LOUD`, { status: 400 })
    assert.equal(wrong.json.errorCode, 'INVALID_ALERT_STATUS')
    const id = await app.call('GET', `${at}/alerts/xyz`, { status: 404 })
    assert.equal(id.json.errorCode, 'INVALID_ALERT_ID')
    const gone = await app.call('GET', `${at}/alerts/${'0'.repeat(24)}`, { status: 404 })
    assert.equal(gone.json.errorCode, 'ALERT_NOT_FOUND')
  })

  test('a set without a primary, and too few or too many members', async () => {
    await openGateway(port)
    const few = { operator: 'LESS_THAN', threshold: 1 }
    const many = { operator: 'GREATER_THAN', threshold: 0 }
    const [primary, healthy, unhealthy] = [
      await configure({ eventTypeName: 'NO_PRIMARY' }),
      await configure({ eventTypeName: 'TOO_FEW_HEALTHY_MEMBERS', threshold: few }),
      await configure({ eventTypeName: 'TOO_MANY_UNHEALTHY_MEMBERS', threshold: many }),
    ]
    await evaluate()
    for (const one of [primary, healthy, unhealthy]) assert.deepEqual(await alertsOf(one), [])
    // What is known of it stays known, so that it has to be waited for.
    await gateway?.close(0)
    gateway = undefined
    while ((await alertsOf(primary)).length === 0) await evaluate()
    const alert = await only(primary)
    assert.equal(alert.typeName, 'REPLICA_SET')
    assert.ok(alert.replicaSetName && alert.clusterId)
    assert.deepEqual((await only(healthy)).currentValue, { number: 0, units: 'RAW' })
    assert.deepEqual((await only(unhealthy)).currentValue, { number: 1, units: 'RAW' })
    const counted: { clusterId: string; alertCount: number }[] = (
      await app.get('/clusters')
    ).results.flatMap(({ clusters }: { clusters: object[] }) => clusters)
    assert.deepEqual(
      counted.map(({ clusterId, alertCount }) => [clusterId, alertCount]),
      [[alert.clusterId, 3]],
    )
    await openGateway(port)
    await evaluate()
    for (const one of [primary, healthy, unhealthy]) {
      const closed = await only(one)
      assert.equal(closed.status, 'CLOSED')
      await drop(one)
    }
    assert.deepEqual(await eventsOf(alert), ['NO_PRIMARY', 'ONE_PRIMARY'])
  })

  test('measurements beyond a threshold, in its units, of hosts, disks and databases', async () => {
    const [instance] = app.control.instances.all()
    await app.control.instances.reachedAt(instance, { host: '127.0.0.1', port: 27017 })
    const deployment = await app.control.instances.mongodb(instance)
    await deployment.insert('shop', 'people', { name: 'A' })
    await app.control.metrics.tick()
    await app.control.metrics.sample(instance)
    const outside = (metricName: string, threshold: number, more = {}) =>
      configure({
        eventTypeName: 'OUTSIDE_METRIC_THRESHOLD',
        metricThreshold: { metricName, operator: 'GREATER_THAN', threshold, ...more },
      })
    const memory = await outside('MEMORY_RESIDENT', 1, { units: 'KILOBYTES' })
    const much = await outside('MEMORY_RESIDENT', 1024, { units: 'TERABYTES' })
    const objects = await outside('DATABASE_OBJECT_COUNT', 0)
    await evaluate()
    const alert = await only(memory)
    assert.equal(alert.metricName, 'MEMORY_RESIDENT')
    assert.equal(alert.typeName, 'HOST_METRIC')
    const { number, units } = alert.currentValue as { number: number; units: string }
    assert.ok(units === 'KILOBYTES' && number > 1024, JSON.stringify(alert.currentValue))
    assert.deepEqual(await alertsOf(much), [])
    const inShop = (await alertsOf(objects)).filter(({ status }) => status === 'OPEN')
    assert.ok(inShop.length >= 1)
    const body = { metricThreshold: { ...memory.metricThreshold, units: 'PETABYTES' } }
    await app.call('PATCH', `${at}/alertConfigs/${memory.id}`, { body, status: 200 })
    await evaluate()
    assert.equal((await only(memory)).status, 'CLOSED')
    assert.deepEqual(await eventsOf(alert), ['OUTSIDE_METRIC_THRESHOLD', 'INSIDE_METRIC_THRESHOLD'])
    for (const one of [memory, much, objects]) await drop(one)
  })

  test('who came into the group and who left, once each, and not those before', async () => {
    const user = {
      username: 'joiner@example.com',
      password: 'a good password',
      firstName: 'J',
      lastName: 'K',
    }
    const { id } = (await app.call('POST', '/users', { body: user, status: 201 })).json
    const join = () =>
      app.call('POST', `${at}/users`, {
        body: [{ id, roles: [{ roleName: 'GROUP_READ_ONLY' }] }],
        status: 200,
      })
    const leave = () => app.call('DELETE', `${at}/users/${id}`, { status: 200 })
    await join()
    await leave()
    app.clock.now = Date.now() + 1
    const joined = await configure({ eventTypeName: 'JOINED_GROUP' })
    const left = await configure({ eventTypeName: 'REMOVED_FROM_GROUP' })
    await evaluate()
    assert.deepEqual(await alertsOf(joined), [])
    // Events have the time of the machine, which has to be later than when it was configured.
    while (Date.now() <= app.clock.now) await new Promise(setImmediate)
    await join()
    app.clock.now = Date.now()
    await evaluate()
    await evaluate(1)
    const alert = await only(joined)
    assert.deepEqual([alert.status, alert.typeName], ['CLOSED', 'USER'])
    assert.equal(received.filter((one) => one.alert === alert.id).length, 1)
    assert.deepEqual(await alertsOf(left), [])
    await leave()
    app.clock.now = Date.now()
    await evaluate()
    await only(left)
    for (const one of [joined, left]) await drop(one)
  })

  test('L4 a new group has none', async () => {
    const { id } = (await app.call('POST', '/groups', { body: { name: 'L4' } })).json
    const list = await app.get(`/groups/${id}/alerts`)
    assert.deepEqual([list.results, list.totalCount], [[], 0])
  })
})
