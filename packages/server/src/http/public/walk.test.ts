import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'
import { createRouter, segmentsOf } from './router.js'
import { publicRoutes } from './routes.js'

describe('the Public API, walked through by links alone', () => {
  let app: PublicApp
  before(async () => {
    app = await openPublicApp()
    const [group] = (await app.get('/groups')).results
    const [instance] = app.control.instances.all()
    await app.control.instances.reachedAt(instance, { host: '127.0.0.1', port: 27017 })
    const user = (await app.get('/users/byName/admin@localhost')).id
    await app.call('POST', `/users/${user}/apiKeys`, { body: { desc: 'k' }, status: 201 })
    const keys = `/orgs/${group.orgId}/apiKeys`
    const body = { desc: 'k', roles: ['ORG_MEMBER'] }
    const key = (await app.call('POST', keys, { body, status: 201 })).json
    const access = [{ cidrBlock: '10.0.0.0/8' }]
    await app.call('POST', `${keys}/${key.id}/accessList`, { body: access, status: 201 })
    const team = { name: 'walkers', usernames: ['admin@localhost'] }
    const { id: teamId } = (
      await app.call('POST', `/orgs/${group.orgId}/teams`, { body: team, status: 201 })
    ).json
    const roles = [{ teamId, roleNames: ['GROUP_READ_ONLY'] }]
    await app.call('POST', `/groups/${group.id}/teams`, { body: roles, status: 200 })
    const alert = {
      eventTypeName: 'OPLOG_BEHIND',
      enabled: true,
      notifications: [{ typeName: 'GROUP', emailEnabled: true }],
    }
    await app.call('POST', `/groups/${group.id}/alertConfigs`, { body: alert, status: 201 })
    // The instance is there since now, so that its first backup is overdue some days later.
    app.clock.now = Date.now() + 7 * 24 * 3_600_000
    await app.control.alerts.evaluate()
    for (const path of [`/orgs/${group.orgId}`, `/groups/${group.id}`]) {
      const invited = {
        username: 'walker@example.com',
        roles: [path.startsWith('/orgs') ? 'ORG_MEMBER' : 'GROUP_READ_ONLY'],
      }
      await app.call('POST', `${path}/invites`, { body: invited, status: 201 })
    }
    const window = { startDate: '2020-01-01', endDate: '2099-01-01', alertTypeNames: ['HOST'] }
    await app.call('POST', `/groups/${group.id}/maintenanceWindows`, { body: window, status: 201 })
    const mine = { desc: 'k', roles: ['GROUP_READ_ONLY'] }
    await app.call('POST', `/groups/${group.id}/apiKeys`, { body: mine, status: 201 })
  })
  after(() => app.close())

  test('from the root every collection is reached, each self answers, and HEAD is GET', async () => {
    const find = createRouter(publicRoutes)
    const seen = new Set<string>()
    const patterns = new Set<string>()
    const waiting = ['']
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (seen.has(path)) continue
      seen.add(path)
      const reply = await app.call('GET', path, { status: 200 })
      const head = await app.call('HEAD', path, { status: 200 })
      assert.equal(head.text, '', path)
      assert.equal(head.headers['content-type'], reply.headers['content-type'], path)
      patterns.add(find(segmentsOf(path.split('?')[0]).map(decodeURIComponent))?.pattern ?? '?')
      if (!String(reply.headers['content-type']).startsWith('application/json')) continue
      for (const { href } of linksIn(reply.json)) {
        assert.ok(href.startsWith(app.base), href)
        waiting.push(href.slice(app.base.length))
      }
    }
    const collections = publicRoutes
      .map(({ endpoint }) => endpoint)
      .filter(({ method, returns }) => method === 'GET' && ['list', 'array'].includes(returns))
      .map(({ path }) => path)
    assert.deepEqual(
      collections.filter((path) => !patterns.has(path) && !unreachable.has(path)),
      [],
    )
  })
})

/** Those below entities of which there is none here. */
const unreachable = new Set<string>([])

function linksIn(value: unknown): { href: string }[] {
  if (Array.isArray(value)) return value.flatMap(linksIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, field]) =>
    name === 'links' ? (field as { href: string }[]) : linksIn(field),
  )
}
