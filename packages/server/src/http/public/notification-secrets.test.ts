import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

interface Shown {
  readonly typeName: string
  readonly notifierId: string
  readonly webhookSecret?: string
  readonly apiToken?: string
}

describe('notifications of alert configurations, as the Public API takes and answers them', () => {
  let app: PublicApp
  let group: string
  let configs: string
  let teamId: string
  before(async () => {
    app = await openPublicApp()
    const [{ id, orgId }] = (await app.get('/groups')).results
    group = id
    configs = `/groups/${id}/alertConfigs`
    const body = { name: 'night shift', usernames: ['admin@localhost'] }
    teamId = (await app.call('POST', `/orgs/${orgId}/teams`, { body, status: 201 })).json.id
  })
  after(() => app.close())

  /** The secrets of an entry as they are kept, sealed. */
  const kept = (configId: string, place: number) =>
    app.control.alertConfigs.get(group, configId)?.notifications[place].sealed

  test('what was read can be written back whole, and nothing has changed', async () => {
    const notifications = [
      { typeName: 'GROUP', emailEnabled: true, roles: ['GROUP_OWNER'] },
      { typeName: 'TEAM', teamId },
      { typeName: 'USER', username: 'admin@localhost', emailEnabled: true },
      { typeName: 'WEBHOOK', webhookUrl: 'https://a.example.com/', webhookSecret: 'first-secret' },
      { typeName: 'WEBHOOK', webhookUrl: 'https://b.example.com/', webhookSecret: 'other-secret' },
      { typeName: 'SLACK', apiToken: 'xoxb-12345678', channelName: 'ops', intervalMin: 5 },
    ]
    const body = { eventTypeName: 'NO_PRIMARY', enabled: true, notifications }
    const made = (await app.call('POST', configs, { body, status: 201 })).json
    const path = `${configs}/${made.id}`
    const shown: Shown[] = made.notifications
    assert.deepEqual(shown[1], {
      delayMin: 0,
      emailEnabled: true,
      intervalMin: 60,
      notifierId: shown[1].notifierId,
      smsEnabled: false,
      teamId,
      teamName: 'night shift',
      typeName: 'TEAM',
    })
    assert.equal(shown[3].webhookSecret, '********cret')
    assert.equal(shown[5].apiToken, '*********5678')
    const before = kept(made.id, 4)
    const again = (await app.call('PUT', path, { body: made, status: 200 })).json
    assert.deepEqual(again.notifications, made.notifications)
    assert.deepEqual(kept(made.id, 4), before)

    // The first webhook goes; the second, whose secret looks the same, is known by its id.
    const fewer = { ...made, notifications: [shown[0], shown[4]] }
    const left = (await app.call('PUT', path, { body: fewer, status: 200 })).json
    assert.deepEqual(left.notifications, [shown[0], shown[4]])
    assert.deepEqual(kept(made.id, 1), before)

    const other = { ...shown[4], webhookSecret: 'a new one' }
    const changed = await app.call('PUT', path, {
      body: { ...made, notifications: [other] },
      status: 200,
    })
    assert.equal(changed.json.notifications[0].webhookSecret, '***** one')
    assert.notDeepEqual(kept(made.id, 0), before)
  })

  test('stars for a secret that nobody knows are refused, and no secret is in what is answered', async () => {
    const notification = { typeName: 'SLACK', apiToken: '*********5678', channelName: 'ops' }
    const body = { eventTypeName: 'NO_PRIMARY', notifications: [notification] }
    const { json } = await app.call('POST', configs, { body, status: 400 })
    assert.equal(json.errorCode, 'INVALID_JSON_ATTRIBUTE')
    assert.deepEqual(json.parameters, ['notifications[0].apiToken'])
    const secret = { ...notification, apiToken: 'xoxb-very-secret', serviceKey: 'secret-too' }
    const wrong = { body: { ...body, notifications: [secret] }, status: 400 }
    const { text } = await app.call('POST', configs, wrong)
    assert.doesNotMatch(text, /secret/)
  })
})
