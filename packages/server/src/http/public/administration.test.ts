import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Credentials } from '../../testing/digest-client.js'
import { openPublicApp, type PublicApp, refused } from '../../testing/public-app.js'

const UNKNOWN = '5c8100bcf2a30b12ff88258f'

describe('organizations, groups, users and keys of the Public API', () => {
  let app: PublicApp
  let org: string
  let group: string
  let admin: { id: string; username: string; roles: { roleName: string }[] }
  let adminKey: Credentials
  before(async () => {
    app = await openPublicApp()
    const [mine] = (await app.get('/groups')).results
    org = mine.orgId
    group = mine.id
    admin = await app.get('/users/byName/admin@localhost')
    const made = await app.call('POST', `/users/${admin.id}/apiKeys`, { body: { desc: 'k' } })
    adminKey = made.json
  })
  after(() => app.close())

  let count = 0
  async function makeUser(...roles: object[]) {
    const username = `user${count++}@example.com`
    const body = { username, password: 'correct horse', firstName: 'Ada', lastName: 'L', roles }
    const user = (await app.call('POST', '/users', { body, status: 201 })).json
    const key = await app.call('POST', `/users/${user.id}/apiKeys`, { body: { desc: 'k' } })
    return { ...user, key: key.json as Credentials }
  }

  test('an account has an organization and a group, and the first one owns everything', () => {
    const roles = admin.roles.map(({ roleName }) => roleName)
    assert.deepEqual(roles, ['ORG_OWNER', 'GROUP_OWNER', 'GLOBAL_OWNER'])
    const [account] = app.control.instances.all()
    assert.equal(app.control.projects.get(group)?.account, account.account)
    assert.equal(admin.id, account.account)
  })

  test('an account that API v2 makes is a user with an organization and a group at once', async () => {
    const { accounts, members } = app.control
    const by = await accounts.byId(admin.id)
    assert.ok(by)
    const login = 'v2@example.com'
    const { id } = await accounts.create(by, { login, password: 'correct horse' })
    assert.equal((await app.get(`/groups/byName/${login}`)).name, login)
    assert.equal((await app.get(`/users/byName/${login}`)).id, id)
    const roles = members.rolesOf(id).map(({ roleName }) => roleName)
    assert.deepEqual(roles, ['ORG_OWNER', 'GROUP_OWNER'])
  })

  test('organizations: made by users, renamed, listed, deleted when empty', async () => {
    const body = { name: 'Acme' }
    refused(await app.call('POST', '/orgs', { body }), 401, 'API_KEY_CANNOT_CREATE_ORG')
    const as = adminKey
    const made = (await app.call('POST', '/orgs', { body, as, status: 201 })).json
    refused(await app.call('POST', '/orgs', { body: { name: ' ' }, as }), 400, 'INVALID_ORG_NAME')
    const path = `/orgs/${made.id}`
    assert.equal((await app.call('PATCH', path, { body: { name: 'Acme 2' } })).json.name, 'Acme 2')
    assert.equal((await app.get('/orgs?name=aCM')).totalCount, 1)
    const inside = { name: 'inside', orgId: made.id }
    const project = (await app.call('POST', '/groups', { body: inside, status: 201 })).json
    assert.equal((await app.get(`${path}/groups`)).results[0].id, project.id)
    refused(await app.call('DELETE', path), 409, 'ORG_NOT_EMPTY')
    await app.call('DELETE', `/groups/${project.id}`, { status: 200 })
    await app.call('DELETE', path, { status: 200 })
    assert.equal((await app.get('/orgs?name=acme')).totalCount, 0)
    assert.equal((await app.get('/orgs?name=acme&includeDeletedOrgs=true')).totalCount, 1)
    refused(await app.call('GET', `${path}/groups`), 404, 'ORG_NOT_FOUND')
  })

  test('groups: names, tags, those without an organization, those that cannot be closed', async () => {
    const post = (body: object, as?: Credentials) => app.call('POST', '/groups', { body, as })
    refused(await post({ name: 'x'.repeat(65) }), 400, 'INVALID_GROUP_NAME')
    refused(await post({ name: 'x', tags: ['a b'] }), 400, 'INVALID_GROUP_TOKEN')
    const many = Array.from({ length: 11 }, (_, i) => `t${i}`)
    refused(await post({ name: 'x', tags: many }), 400, 'TOO_MANY_GROUP_TOKENS')
    refused(await post({ name: 'x', orgId: UNKNOWN }), 404, 'ORG_NOT_FOUND')
    refused(await post({ name: 'x', orgId: 'x' }), 404, 'INVALID_ORG_ID')
    const own = await post({ name: 'with its own', tags: ['a', 'b'] }, adminKey)
    assert.equal(own.status, 201, own.text)
    assert.notEqual(own.json.orgId, org)
    assert.equal((await app.get(`/orgs/${own.json.orgId}`, adminKey)).name, 'with its own')
    assert.equal((await app.get('/groups?tag=a&tag=b')).totalCount, 1)
    assert.equal((await app.get('/groups?tag=a&tag=c')).totalCount, 0)
    const byKey = await app.get(`/groups/byAgentApiKey/${own.json.agentApiKey}`)
    assert.equal(byKey.id, own.json.id)
    refused(await app.call('GET', '/groups/byAgentApiKey/x'), 404, 'GROUP_API_KEY_NOT_FOUND')
    refused(await app.call('GET', '/groups/byName/x'), 404, 'GROUP_NAME_NOT_FOUND')
    refused(
      await app.call('DELETE', `/groups/${group}`),
      409,
      'CANNOT_CLOSE_GROUP_ACTIVE_INSTANCES',
    )
    const member = await makeUser({ roleName: 'ORG_MEMBER', orgId: org })
    refused(await post({ name: 'y', orgId: org }, member.key), 401, 'NOT_ORG_GROUP_CREATOR')
    const creator = await makeUser({ roleName: 'ORG_GROUP_CREATOR', orgId: org })
    const made = await post({ name: 'z', orgId: org }, creator.key)
    assert.equal(made.status, 201)
    assert.deepEqual((await app.get(`/groups/${made.json.id}/users`)).results[0].id, creator.id)
    refused(
      await app.call('GET', `/groups/${made.json.id}`, { as: member.key }),
      401,
      'NOT_IN_GROUP',
    )
  })

  test('users: they are accounts of API v2, and what they cannot be', async () => {
    const user = await makeUser({ roleName: 'GROUP_READ_ONLY', groupId: group })
    const account = await app.control.accounts.signIn(user.username, 'correct horse')
    assert.equal(account.id, user.id)
    assert.ok(!JSON.stringify(user).includes('correct horse'))
    const valid = {
      username: 'a@example.com',
      password: 'correct horse',
      firstName: 'A',
      lastName: 'B',
    }
    const role = (assignment: object) => ({ ...valid, roles: [assignment] })
    for (const [body, code] of [
      [{ ...valid, username: 'nobody' }, 'INVALID_USERNAME'],
      [{ ...valid, password: 'short' }, 'WEAK_PASSWORD'],
      [{ ...valid, emailAddress: 'x' }, 'INVALID_EMAIL_ADDRESS'],
      [role({ roleName: 'GROUP_OWNER' }), 'ROLE_NEEDS_GROUP_ID'],
      [role({ roleName: 'ORG_OWNER' }), 'ROLE_NEEDS_ORG_ID'],
      [role({ roleName: 'GLOBAL_OWNER', groupId: group }), 'ROLE_NEEDS_NO_GROUP_ID'],
      [role({ roleName: 'KING' }), 'INVALID_ENUM_VALUE'],
    ] as const) {
      refused(await app.call('POST', '/users', { body }), 400, code)
    }
    const again = { ...valid, username: user.username }
    refused(await app.call('POST', '/users', { body: again }), 409, 'USER_ALREADY_EXISTS')
    const first = { ...valid, username: 'first@example.com' }
    const url = { body: first }
    refused(
      await app.call('POST', '/unauth/users?whitelist=10.0.0.1', url),
      403,
      'CANNOT_CREATE_FIRST_USER_USERS_ALREADY_EXIST',
    )
  })

  test('users: who may see and change whom', async () => {
    const reader = await makeUser({ roleName: 'GROUP_READ_ONLY', groupId: group })
    const userAdmin = await makeUser({ roleName: 'GROUP_USER_ADMIN', groupId: group })
    const path = `/users/${reader.id}`
    assert.equal((await app.get(path, reader.key)).username, reader.username)
    assert.equal((await app.get(path, userAdmin.key)).username, reader.username)
    refused(
      await app.call('GET', `/users/${userAdmin.id}`, { as: reader.key }),
      401,
      'NOT_USER_ADMIN',
    )
    refused(await app.call('GET', `/users/${UNKNOWN}`), 404, 'USER_NOT_FOUND')
    const patch = (id: string, body: object, as: Credentials) =>
      app.call('PATCH', `/users/${id}`, { body, as })
    assert.equal(
      (await patch(reader.id, { lastName: 'Lovelace' }, reader.key)).json.lastName,
      'Lovelace',
    )
    const owner = [{ roleName: 'GROUP_OWNER', groupId: group }]
    refused(await patch(reader.id, { roles: owner }, reader.key), 401, 'NOT_GROUP_USER_ADMIN')
    const global = [{ roleName: 'GLOBAL_OWNER' }]
    refused(await patch(reader.id, { roles: global }, userAdmin.key), 403, 'CANNOT_ADD_GLOBAL_ROLE')
    // Whoever could set this password would own everything.
    const stolen = { password: 'stolen password' }
    refused(await patch(admin.id, stolen, userAdmin.key), 401, 'NOT_USER_ADMIN')
    const roles = admin.roles.slice(0, 2)
    refused(await patch(admin.id, { roles }, app.owner), 403, 'CANNOT_DEMOTE_LAST_OWNER')
    refused(await app.call('DELETE', path, { as: userAdmin.key }), 401, 'NOT_GLOBAL_USER_ADMIN')
    refused(
      await app.call('DELETE', `/users/${admin.id}`),
      409,
      'CANNOT_DELETE_USER_WITH_INSTANCES',
    )
    await app.call('DELETE', path, { status: 200 })
    refused(await app.call('GET', path), 404, 'USER_NOT_FOUND')
    assert.equal((await app.call('GET', '/groups', { as: reader.key })).status, 401)
  })

  test('members of a group come, change and go; the last owner stays', async () => {
    const user = await makeUser({ roleName: 'ORG_MEMBER', orgId: org })
    const users = `/groups/${group}/users`
    const body = [{ id: user.id, roles: [{ roleName: 'GROUP_READ_ONLY' }] }]
    const joined = await app.call('POST', users, { body })
    assert.equal(joined.status, 200)
    assert.equal(joined.json.results[0].id, user.id)
    const wrong = [{ id: user.id, roles: [{ roleName: 'ORG_OWNER' }] }]
    refused(await app.call('POST', users, { body: wrong }), 400, 'INVALID_ROLE_FOR_GROUP')
    const nobody = [{ id: UNKNOWN, roles: [] }]
    refused(await app.call('POST', users, { body: nobody }), 404, 'USER_NOT_FOUND')
    const roles = `${users}/${user.id}/roles`
    const changed = await app.call('PUT', roles, { body: [{ roleName: 'GROUP_BACKUP_ADMIN' }] })
    assert.deepEqual(changed.json.roles.at(-1), { roleName: 'GROUP_BACKUP_ADMIN', groupId: group })
    await app.call('DELETE', `${users}/${user.id}`, { status: 200 })
    refused(await app.call('DELETE', `${users}/${user.id}`), 404, 'USER_NOT_IN_GROUP')
    const orgUsers = `/orgs/${org}/users`
    refused(await app.call('DELETE', `${orgUsers}/${admin.id}`), 403, 'CANNOT_DELETE_LAST_OWNER')
    const demote = { body: [{ roleName: 'ORG_MEMBER' }] }
    refused(
      await app.call('PUT', `${orgUsers}/${admin.id}/roles`, demote),
      403,
      'CANNOT_DEMOTE_LAST_ORG_OWNER',
    )
    await app.call('DELETE', `${orgUsers}/${user.id}`, { status: 200 })
    refused(await app.call('DELETE', `${orgUsers}/${user.id}`), 404, 'USER_NOT_IN_ORG')
  })

  test('keys: their private half is told once, and their roles are those of the organization', async () => {
    const keys = `/orgs/${org}/apiKeys`
    const post = (body: object) => app.call('POST', keys, { body })
    refused(await post({ desc: 'x', roles: [] }), 400, 'MISSING_API_KEY_ROLES')
    refused(await post({ desc: '', roles: ['ORG_MEMBER'] }), 400, 'INVALID_API_KEY_DESC')
    refused(await post({ desc: 'x', roles: ['GROUP_OWNER'] }), 400, 'INVALID_ROLE_FOR_ORG')
    const made = (await post({ desc: 'x', roles: ['ORG_MEMBER'] })).json
    assert.match(made.publicKey, /^[a-z]{8}$/)
    assert.match(made.privateKey, /^[0-9a-f-]{36}$/)
    assert.deepEqual(made.roles, [{ roleName: 'ORG_MEMBER', orgId: org }])
    const path = `${keys}/${made.id}`
    const shown = await app.get(path)
    assert.equal(shown.privateKey, `********-****-****-${made.privateKey.slice(-12)}`)
    const body = { ...shown, desc: 'y', roles: ['ORG_READ_ONLY'] }
    assert.equal((await app.call('PATCH', path, { body })).json.desc, 'y')
    const group1 = `/groups/${group}/apiKeys/${made.id}`
    await app.call('PATCH', group1, { body: { roles: ['GROUP_BACKUP_ADMIN'] }, status: 200 })
    assert.equal((await app.get(path)).roles.length, 2)
    await app.call('DELETE', group1, { status: 200 })
    refused(await app.call('DELETE', group1), 404, 'API_KEY_NOT_FOUND')
    await app.call('DELETE', path, { status: 200 })
    refused(await app.call('GET', path), 404, 'API_KEY_NOT_FOUND')
    refused(await app.call('GET', `${keys}/xyz`), 404, 'INVALID_KEY_ID')
    assert.equal((await app.call('GET', '/groups', { as: made })).status, 401)
  })

  test('keys of agents are told once, and redacted in lists', async () => {
    const path = `/groups/${group}/agentapikeys`
    const made = (await app.call('POST', path, { body: { desc: 'd' }, status: 201 })).json
    const listed = (await app.get(path)).at(-1)
    assert.equal(listed._id, made._id)
    assert.match(listed.key, /^\*+[0-9a-f]{4}$/)
    assert.ok(Number.isInteger(listed.createdTime))
    await app.call('DELETE', `${path}/${made._id}`, { status: 200 })
    refused(await app.call('DELETE', `${path}/${made._id}`), 404, 'AGENT_API_KEY_NOT_FOUND')
  })

  test('what was changed, by whom and from where is written down', async () => {
    const { results } = await listEvents('API_KEY_CREATED')
    assert.ok(results.length > 0)
    const { facts } = results[0]
    assert.equal(facts.remoteAddress, '127.0.0.1')
    assert.ok(facts.publicKey ?? facts.username)
  })

  async function listEvents(type: string) {
    const results = await app.control.events.list({ orgId: org, types: [type] }, 0, 10)
    return { results }
  }
})
