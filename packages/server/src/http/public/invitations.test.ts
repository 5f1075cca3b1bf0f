import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Credentials, sendRequest } from '../../testing/digest-client.js'
import { openPublicApp, type PublicApp, refused } from '../../testing/public-app.js'

const DAY_MS = 24 * 3_600_000

describe('invitations of the Public API', () => {
  let app: PublicApp
  let org: string
  let group: string
  before(async () => {
    app = await openPublicApp()
    const [mine] = (await app.get('/groups')).results
    org = mine.orgId
    group = mine.id
  })
  after(() => app.close())

  const invite = (path: string, body: object, as?: Credentials) =>
    app.call('POST', `${path}/invites`, { body, as })

  /** Nobody signs in for this. */
  const accept = (body: object) =>
    sendRequest(`${app.base}/unauth/invites`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  const ada = { firstName: 'Ada', lastName: 'L', password: 'correct horse' }

  test('into an organization, by somebody who becomes a user and comes into a team', async () => {
    const team = { body: { name: 'invited' }, status: 201 }
    const { id: teamId } = (await app.call('POST', `/orgs/${org}/teams`, team)).json
    const username = 'ada@example.com'
    const wanted = { username, roles: ['ORG_MEMBER'], teamIds: [teamId] }
    const made = await invite(`/orgs/${org}`, wanted)
    assert.equal(made.status, 201, made.text)
    const { acceptToken, links, ...shown } = made.json
    assert.equal(made.headers.location, links[0].href)
    assert.equal(Date.parse(shown.expiresAt) - Date.parse(shown.createdAt), 30 * DAY_MS)
    assert.equal(shown.orgId, org)
    assert.ok(shown.inviterUsername)
    const at = `/orgs/${org}/invites`
    // A plain array, in which each has a link to itself alone, and the token is not in it.
    const self = links.slice(0, 1)
    assert.deepEqual(await app.get(`${at}?username=${username}`), [{ ...shown, links: self }])
    assert.deepEqual(await app.get(`${at}?username=nobody@example.com`), [])
    assert.equal((await app.get(`${at}/${shown.id}`)).username, username)
    refused(await invite(`/orgs/${org}`, wanted), 409, 'INVITATION_ALREADY_EXISTS')

    refused(await accept({ token: 'x', ...ada }), 404, 'INVITATION_TOKEN_NOT_FOUND')
    refused(await accept({ token: acceptToken }), 400, 'MISSING_ATTRIBUTE')
    const weak = { token: acceptToken, ...ada, password: 'short' }
    refused(await accept(weak), 400, 'WEAK_PASSWORD')
    const accepted = await accept({ token: acceptToken, ...ada })
    assert.equal(accepted.status, 200, accepted.text)
    assert.equal(accepted.json.username, username)
    assert.deepEqual(accepted.json.roles, [{ roleName: 'ORG_MEMBER', orgId: org }])
    assert.deepEqual(accepted.json.teamIds, [teamId])
    assert.ok(await app.control.accounts.signIn(username, ada.password))
    assert.deepEqual(await app.get(`${at}?username=${username}`), [])
    refused(await accept({ token: acceptToken, ...ada }), 404, 'INVITATION_TOKEN_NOT_FOUND')
    refused(await invite(`/orgs/${org}`, wanted), 409, 'USER_ALREADY_IN_ORG')
    const types = (await app.control.events.list({ orgId: org }, 0, 4)).map(
      ({ eventTypeName }) => eventTypeName,
    )
    assert.deepEqual(types, ['JOINED_TEAM', 'JOINED_ORG', 'USER_CREATED', 'INVITED_TO_ORG'])
  })

  test('into a group, by somebody who is a user and keeps password and roles', async () => {
    const username = 'bob@example.com'
    const roles = [{ roleName: 'ORG_MEMBER', orgId: org }]
    const body = { username, ...ada, roles }
    const user = (await app.call('POST', '/users', { body, status: 201 })).json
    const made = await invite(`/groups/${group}`, { username, roles: ['GROUP_READ_ONLY'] })
    assert.equal(made.status, 201, made.text)
    assert.equal(made.json.groupId, group)
    const { id, acceptToken } = made.json
    const at = `/groups/${group}/invites`
    const change = { body: { roles: ['GROUP_BACKUP_ADMIN', 'GROUP_BACKUP_ADMIN'] }, status: 200 }
    const changed = (await app.call('PATCH', `${at}/${id}`, change)).json
    assert.deepEqual(changed.roles, ['GROUP_BACKUP_ADMIN'])
    const stranger = { body: { username: 'c@example.com', roles: ['GROUP_READ_ONLY'] } }
    refused(await app.call('PATCH', at, stranger), 404, 'INVITATION_NOT_FOUND')
    const byName = { body: { username, roles: ['GROUP_USER_ADMIN'] }, status: 200 }
    await app.call('PATCH', at, byName)
    const accepted = await accept({ token: acceptToken, ...ada, password: 'another password' })
    assert.deepEqual(accepted.json.roles, [
      ...user.roles,
      { roleName: 'GROUP_USER_ADMIN', groupId: group },
    ])
    assert.ok(await app.control.accounts.signIn(username, ada.password))
    const again = { username, roles: ['GROUP_READ_ONLY'] }
    refused(await invite(`/groups/${group}`, again), 409, 'USER_ALREADY_IN_GROUP')
  })

  test('are over after thirty days, when they are taken back, and with what they are for', async () => {
    const username = 'late@example.com'
    const wanted = { username, roles: ['ORG_READ_ONLY'] }
    const { acceptToken } = (await invite(`/orgs/${org}`, wanted)).json
    app.clock.now += 30 * DAY_MS
    refused(await accept({ token: acceptToken, ...ada }), 404, 'INVITATION_TOKEN_NOT_FOUND')
    const second = (await invite(`/orgs/${org}`, wanted)).json
    assert.ok(second.id)
    await app.call('DELETE', `/orgs/${org}/invites/${second.id}`, { status: 200 })
    refused(await accept({ token: second.acceptToken, ...ada }), 404, 'INVITATION_TOKEN_NOT_FOUND')
    const gone = `/orgs/${org}/invites/${second.id}`
    refused(await app.call('DELETE', gone), 404, 'INVITATION_NOT_FOUND')
    const project = { body: { name: 'not for long', orgId: org }, status: 201 }
    const { id } = (await app.call('POST', '/groups', project)).json
    const third = await invite(`/groups/${id}`, { username, roles: ['GROUP_OWNER'] })
    await app.call('DELETE', `/groups/${id}`, { status: 200 })
    const token = third.json.acceptToken
    refused(await accept({ token, ...ada }), 404, 'INVITATION_TOKEN_NOT_FOUND')
  })

  test('have roles that there are, and come from who may', async () => {
    const post = (body: object) => invite(`/orgs/${org}`, body)
    const username = 'd@example.com'
    refused(await post({ username, roles: ['GROUP_OWNER'] }), 400, 'INVALID_ROLE_FOR_ORG')
    refused(await post({ username, roles: [] }), 400, 'MISSING_ATTRIBUTE')
    refused(await post({ username: 'd', roles: ['ORG_MEMBER'] }), 400, 'INVALID_USERNAME')
    const team = { username, roles: ['ORG_MEMBER'], teamIds: ['5c8100bcf2a30b12ff88258f'] }
    refused(await post(team), 404, 'TEAM_NOT_FOUND')
    const inGroup = { username, roles: ['ORG_OWNER'] }
    refused(await invite(`/groups/${group}`, inGroup), 400, 'INVALID_ROLE_FOR_GROUP')
    refused(await app.call('GET', `/orgs/${org}/invites/x`), 404, 'INVALID_INVITATION_ID')
    const key = { body: { desc: 'k', roles: ['GROUP_READ_ONLY'] }, status: 201 }
    const reader = (await app.call('POST', `/groups/${group}/apiKeys`, key)).json
    const read = (path: string) => app.call('GET', `${path}/invites`, { as: reader })
    refused(await read(`/orgs/${org}`), 401, 'NOT_ORG_USER_ADMIN')
    refused(await read(`/groups/${group}`), 401, 'NOT_GROUP_USER_ADMIN')
  })
})
