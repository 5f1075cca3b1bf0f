import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Credentials, sendRequest } from '../../testing/digest-client.js'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

describe('what else the Public API answers, and what it does not', () => {
  let app: PublicApp
  let group: string
  before(async () => {
    app = await openPublicApp()
    group = (await app.get('/groups')).results[0].id
  })
  after(() => app.close())

  test('the version is told to everybody, as text and as a header', async () => {
    const url = `${app.origin}/api/private/unauth/version`
    const reply = await sendRequest(url, {})
    assert.equal(reply.status, 200)
    assert.match(reply.text, /^gitHash=\w+; versionString=\d+\.\d+\.\d+$/)
    assert.equal(reply.headers['x-mongodb-service-version'], reply.text)
    const head = await sendRequest(url, { method: 'HEAD' })
    assert.equal(head.headers['content-length'], reply.headers['content-length'])
    const refused = await sendRequest(url, { method: 'POST' })
    assert.equal(refused.status, 405)
    assert.equal(refused.headers.allow, 'GET, HEAD')
    const nowhere = await sendRequest(`${app.origin}/api/private/unauth/other`, {})
    assert.equal(nowhere.json.errorCode, 'RESOURCE_NOT_FOUND')
  })

  test('a system outside says what is left to it, and replaces it', async () => {
    const path = `/groups/${group}/controlledFeature`
    assert.deepEqual(await app.get(path), { policies: [] })
    const body = {
      externalManagementSystem: { name: 'operator', systemId: 'k1', version: '1.2' },
      policies: [
        { policy: 'EXTERNALLY_MANAGED_LOCK' },
        { policy: 'DISABLE_SET_MONGOD_CONFIG', disabledParams: ['net.port'] },
      ],
    }
    const put = (await app.call('PUT', path, { body, status: 200 })).json
    assert.deepEqual(await app.get(path), put)
    const { created, updated, ...rest } = put
    assert.deepEqual(rest, body)
    assert.equal(created, updated)
    app.clock.now += 5_000
    const empty = (await app.call('PUT', path, { body: { ...put, policies: [] } })).json
    assert.deepEqual(empty.policies, [])
    assert.equal(empty.created, created)
    assert.notEqual(empty.updated, updated)
    const unknown = await app.call('PUT', path, { body: { policies: [{ policy: 'X' }] } })
    assert.equal(unknown.json.errorCode, 'INVALID_ENUM_VALUE')
    const { policies } = await app.get('/groups/availablePolicies')
    assert.ok(policies.some(({ policy }: { policy: string }) => policy === body.policies[0].policy))
    const [event] = await app.control.events.list({ groupId: group }, 0, 1)
    assert.equal(event.eventTypeName, 'CONTROLLED_FEATURE_CHANGED')
  })

  test('alerts of all groups are for who owns everything, and only they are led there', async () => {
    const body = { desc: 'k', roles: ['GROUP_OWNER'] }
    const made = await app.call('POST', `/groups/${group}/apiKeys`, { body, status: 201 })
    const refused = await app.call('GET', '/globalAlerts', { as: made.json })
    assert.equal(refused.status, 401)
    const leads = async (as?: Credentials) =>
      (await app.get('', as)).links.some(({ rel }: { rel: string }) =>
        rel.endsWith('/globalAlerts'),
      )
    assert.equal(await leads(made.json), false)
    assert.equal(await leads(), true)
    const wrong = await app.call('GET', '/globalAlerts?status=LOUD')
    assert.equal(wrong.json.errorCode, 'INVALID_ALERT_STATUS')
  })

  test('what is left out answers 404 and no empty list', async () => {
    for (const path of [
      '/versionManifest',
      '/usage/groups',
      '/admin/apiKeys',
      '/admin/backup/snapshot/s3Configs',
      '/globalAlertConfigs',
      `/groups/${group}/serverPool`,
      `/groups/${group}/diagnostics`,
      `/groups/${group}/liveMigrations`,
      `/orgs/${group}/invoices`,
    ]) {
      const reply = await app.call('GET', path)
      assert.equal(reply.status, 404, path)
      assert.equal(reply.json.errorCode, 'RESOURCE_NOT_FOUND', path)
    }
  })
})
