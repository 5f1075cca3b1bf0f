import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Credentials } from '../../testing/digest-client.js'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

const UNKNOWN = '5c8100bcf2a30b12ff88258f'

describe('maintenance windows of the Public API', () => {
  let app: PublicApp
  let group: string
  let windows: string
  before(async () => {
    app = await openPublicApp()
    const [mine] = (await app.get('/groups')).results
    group = mine.id
    windows = `/groups/${group}/maintenanceWindows`
  })
  after(() => app.close())

  const given = {
    startDate: '2026-01-05T13:00:00Z',
    endDate: '2026-01-05T15:00+01:00',
    alertTypeNames: ['HOST', 'BACKUP'],
    description: 'new disks',
  }
  const post = (body: object, status = 201) => app.call('POST', windows, { body, status })

  async function keyWith(role: string): Promise<Credentials> {
    const body = { desc: 'k', roles: [role] }
    return (await app.call('POST', `/groups/${group}/apiKeys`, { body, status: 201 })).json
  }

  test('one is made, read, changed and deleted, and each change is an event', async () => {
    const made = await post(given)
    const { id } = made.json
    const { links, ...shown } = made.json
    const date = '2026-01-05T12:00:01Z'
    assert.deepEqual(shown, {
      alertTypeNames: ['HOST', 'BACKUP'],
      created: date,
      description: 'new disks',
      endDate: '2026-01-05T14:00:00Z',
      groupId: group,
      id,
      startDate: '2026-01-05T13:00:00Z',
      updated: date,
    })
    assert.deepEqual(links, [
      { href: `${app.base}${windows}/${id}`, rel: 'self' },
      { href: `${app.base}/groups/${group}`, rel: 'http://mms.mongodb.com/group' },
    ])
    assert.equal(made.headers.location, links[0].href)
    assert.deepEqual(await app.get(`${windows}/${id}`), made.json)
    app.clock.now += 60_000
    const body = { ...made.json, description: '', endDate: '2026-01-06' }
    const changed = await app.call('PATCH', `${windows}/${id}`, { body, status: 200 })
    assert.equal(changed.json.endDate, '2026-01-06T00:00:00Z')
    assert.equal(changed.json.description, '')
    assert.deepEqual(changed.json.alertTypeNames, ['HOST', 'BACKUP'])
    assert.equal(changed.json.updated, '2026-01-05T12:01:01Z')
    assert.equal(changed.json.created, date)
    // A client that has read it before the change may send it back.
    await app.call('PATCH', `${windows}/${id}`, { body: made.json, status: 200 })
    assert.deepEqual((await app.call('DELETE', `${windows}/${id}`, { status: 200 })).json, {})
    const gone = await app.call('GET', `${windows}/${id}`, { status: 404 })
    assert.equal(gone.json.errorCode, 'MAINTENANCE_WINDOW_NOT_FOUND')
    const { results } = await app.get(`/groups/${group}/events`)
    const types = results.map(({ eventTypeName }: { eventTypeName: string }) => eventTypeName)
    assert.deepEqual(types.slice(0, 4), [
      'MAINTENANCE_WINDOW_DELETED_AUDIT',
      'MAINTENANCE_WINDOW_CHANGED_AUDIT',
      'MAINTENANCE_WINDOW_CHANGED_AUDIT',
      'MAINTENANCE_WINDOW_ADDED_AUDIT',
    ])
  })

  test('those are listed whose end lies ahead', async () => {
    app.clock.now = Date.UTC(2026, 0, 5, 12)
    const ends = [11, 12, 13, 14].map((hour) => `2026-01-05T${hour}:00:00Z`)
    const startDate = '2026-01-05T10:00:00Z'
    for (const endDate of ends) await post({ ...given, startDate, endDate })
    const listed = await app.get(`${windows}?itemsPerPage=1&pageNum=2`)
    assert.equal(listed.totalCount, 2)
    assert.equal(listed.results[0].endDate, ends[3])
    assert.deepEqual(
      listed.results[0].links.map(({ rel }: { rel: string }) => rel),
      ['self'],
    )
    app.clock.now = Date.UTC(2026, 0, 5, 14)
    assert.deepEqual((await app.get(windows)).results, [])
    const [over] = app.control.maintenanceWindows.ahead(group, 0)
    assert.equal((await app.get(`${windows}/${over.id}`)).endDate, ends[0])
  })

  const { startDate: _start, ...withoutStart } = given
  const { endDate: _end, ...withoutEnd } = given
  const { alertTypeNames: _types, ...withoutTypes } = given
  const mistakes: [string, object, string, ...string[]][] = [
    ['no start', withoutStart, 'MISSING_MAINTENANCE_WINDOW_START_DATE'],
    ['a start of null', { ...given, startDate: null }, 'MISSING_MAINTENANCE_WINDOW_START_DATE'],
    ['no end', withoutEnd, 'MISSING_MAINTENANCE_WINDOW_END_DATE'],
    ['no types', withoutTypes, 'MISSING_MAINTENANCE_WINDOW_ALERT_TYPE_NAME'],
    [
      'an empty list of types',
      { ...given, alertTypeNames: [] },
      'MISSING_MAINTENANCE_WINDOW_ALERT_TYPE_NAME',
    ],
    [
      'an end at the start',
      { ...given, endDate: given.startDate },
      'MAINTENANCE_WINDOW_START_DATE_AFTER_END_DATE',
      '2026-01-05T13:00:00Z',
      '2026-01-05T13:00:00Z',
    ],
    [
      'a type that there is not',
      { ...given, alertTypeNames: ['HOST', 'USER'] },
      'INVALID_ENUM_VALUE',
      'alertTypeNames[1]',
      'USER',
    ],
    ['no date', { ...given, startDate: 'soon' }, 'INVALID_DATE_FORMAT', 'startDate'],
    ['something else', { ...given, color: 'red' }, 'INVALID_ATTRIBUTE', 'color'],
    ['an id of its own', { ...given, id: UNKNOWN }, 'ATTRIBUTE_READ_ONLY', 'id'],
    ["another group's id", { ...given, groupId: UNKNOWN }, 'GROUP_MISMATCH', UNKNOWN],
  ]
  for (const [what, body, code, ...parameters] of mistakes) {
    test(`${what}: ${code}`, async () => {
      const { json } = await post(body, 400)
      assert.deepEqual([json.errorCode, json.parameters], [code, parameters])
    })
  }

  test('a change that leaves an end before the start is refused, and changes nothing', async () => {
    const { id } = (await post(given)).json
    const path = `${windows}/${id}`
    const before = await app.get(path)
    const body = { startDate: '2026-01-07' }
    const { json } = await app.call('PATCH', path, { body, status: 400 })
    assert.equal(json.errorCode, 'MAINTENANCE_WINDOW_START_DATE_AFTER_END_DATE')
    const none = { alertTypeNames: [] }
    await app.call('PATCH', path, { body: none, status: 400 })
    assert.deepEqual(await app.get(path), before)
  })

  test('ids are checked, and those of another group are not there', async () => {
    const { id } = (await post(given)).json
    const [{ orgId }] = (await app.get('/groups')).results
    const other = (await app.call('POST', '/groups', { body: { name: 'other', orgId } })).json.id
    for (const [path, code] of [
      [`${windows}/x`, 'INVALID_WINDOW_ID'],
      [`${windows}/${UNKNOWN}`, 'MAINTENANCE_WINDOW_NOT_FOUND'],
      [`/groups/${other}/maintenanceWindows/${id}`, 'MAINTENANCE_WINDOW_NOT_FOUND'],
    ]) {
      for (const method of ['GET', 'PATCH', 'DELETE']) {
        const body = method === 'PATCH' ? {} : undefined
        const { json } = await app.call(method, path, { body, status: 404 })
        assert.equal(json.errorCode, code, `${method} ${path}`)
      }
    }
  })

  test('members read, those who monitor change', async () => {
    const reader = await keyWith('GROUP_READ_ONLY')
    const admin = await keyWith('GROUP_MONITORING_ADMIN')
    const refused = await app.call('POST', windows, { body: given, as: reader, status: 401 })
    assert.equal(refused.json.errorCode, 'USER_UNAUTHORIZED')
    const made = await app.call('POST', windows, { body: given, as: admin, status: 201 })
    const path = `${windows}/${made.json.id}`
    await app.call('GET', path, { as: reader, status: 200 })
    for (const method of ['PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? {} : undefined
      await app.call(method, path, { body, as: reader, status: 401 })
      await app.call(method, path, { body, as: admin, status: 200 })
    }
  })

  test('while one is open, alerts of its types are muted, metrics of hosts with the hosts', async () => {
    const { id } = (await post({ ...given, startDate: '2030-01-01', endDate: '2030-01-02' })).json
    const mutes = (type: string, date: string, project = group) =>
      app.control.maintenanceWindows.mutes(project, type, Date.parse(date))
    assert.equal(mutes('HOST', '2030-01-01T00:00:00Z'), true)
    assert.equal(mutes('HOST_METRIC', '2030-01-01T23:59:59Z'), true)
    assert.equal(mutes('BACKUP', '2030-01-01T12:00:00Z'), true)
    assert.equal(mutes('CLUSTER', '2030-01-01T12:00:00Z'), false)
    assert.equal(mutes('HOST', '2029-12-31T23:59:59Z'), false)
    assert.equal(mutes('HOST', '2030-01-02T00:00:00Z'), false)
    assert.equal(mutes('HOST', '2030-01-01T12:00:00Z', UNKNOWN), false)
    await app.call('DELETE', `${windows}/${id}`, { status: 200 })
    assert.equal(mutes('HOST', '2030-01-01T12:00:00Z'), false)
  })

  test('a group that is deleted takes its windows along', async () => {
    const [{ orgId }] = (await app.get('/groups')).results
    const { id } = (await app.call('POST', '/groups', { body: { name: 'gone', orgId } })).json
    await app.call('POST', `/groups/${id}/maintenanceWindows`, { body: given, status: 201 })
    await app.call('DELETE', `/groups/${id}`, { status: 200 })
    assert.deepEqual(app.control.maintenanceWindows.ahead(id, 0), [])
  })
})
