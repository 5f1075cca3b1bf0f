import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Credentials } from '../../testing/digest-client.js'
import { openPublicApp, type PublicApp, refused } from '../../testing/public-app.js'

const UNKNOWN = '5c8100bcf2a30b12ff88258f'

describe('teams of the Public API', () => {
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

  let count = 0
  async function makeUser(...roles: object[]) {
    const username = `member${count++}@example.com`
    const body = { username, password: 'correct horse', firstName: 'A', lastName: 'B', roles }
    const user = (await app.call('POST', '/users', { body, status: 201 })).json
    const key = await app.call('POST', `/users/${user.id}/apiKeys`, { body: { desc: 'k' } })
    return { id: user.id as string, username, key: key.json as Credentials }
  }
  const orgMember = () => makeUser({ roleName: 'ORG_MEMBER', orgId: org })

  async function makeTeam(name: string, ...usernames: string[]) {
    const made = await app.call('POST', `/orgs/${org}/teams`, { body: { name, usernames } })
    assert.equal(made.status, 201, made.text)
    return made.json as { id: string; name: string; usernames: string[] }
  }

  const idsIn = (list: { results: { id?: string; teamId?: string }[] }) =>
    list.results.map(({ id, teamId }) => id ?? teamId)

  test('are made of users of the organization, renamed and deleted', async () => {
    const [a, b] = [await orgMember(), await orgMember()]
    const team = await makeTeam('makers', a.username)
    assert.deepEqual(team.usernames, [a.username])
    const teams = `/orgs/${org}/teams`
    const at = `${teams}/${team.id}`
    assert.deepEqual(await app.get(at), await app.get(`${teams}/byName/makers`))
    assert.equal((await app.get(at)).name, 'makers')
    assert.ok(idsIn(await app.get(teams)).includes(team.id))
    const added = await app.call('POST', `${at}/users`, { body: [{ id: b.id }, { id: a.id }] })
    assert.equal(added.status, 200, added.text)
    assert.deepEqual(idsIn(added.json), [a.id, b.id])
    assert.deepEqual((await app.get(`/users/${b.id}`)).teamIds, [team.id])
    await app.call('DELETE', `${at}/users/${b.id}`, { status: 200 })
    assert.deepEqual(idsIn(await app.get(`${at}/users`)), [a.id])
    refused(await app.call('DELETE', `${at}/users/${b.id}`), 404, 'USER_NOT_IN_TEAM')

    await makeTeam('others')
    const post = (body: object) => app.call('POST', teams, { body })
    refused(await post({ name: 'others' }), 409, 'TEAM_NAME_NOT_AVAILABLE')
    refused(await post({ name: ' ' }), 400, 'INVALID_TEAM_NAME')
    refused(await post({ name: 'x', usernames: ['nobody'] }), 404, 'USERNAME_NOT_FOUND')
    const elsewhere = await makeUser()
    const stranger = { name: 'x', usernames: [elsewhere.username] }
    refused(await post(stranger), 404, 'USER_NOT_IN_ORG')
    const addStranger = { body: [{ id: elsewhere.id }] }
    refused(await app.call('POST', `${at}/users`, addStranger), 404, 'USER_NOT_IN_ORG')
    const taken = { body: { name: 'others' } }
    refused(await app.call('PATCH', at, taken), 409, 'TEAM_NAME_NOT_AVAILABLE')
    const renamed = await app.call('PATCH', at, { body: { name: 'builders' }, status: 200 })
    assert.equal(renamed.json.name, 'builders')
    refused(await app.call('GET', `${teams}/byName/makers`), 404, 'TEAM_NAME_NOT_FOUND')
    await app.call('DELETE', at, { status: 200 })
    refused(await app.call('GET', at), 404, 'TEAM_NOT_FOUND')
    refused(await app.call('GET', `${teams}/xyz`), 404, 'INVALID_TEAM_ID')
    assert.deepEqual((await app.get(`/users/${a.id}`)).teamIds, [])
  })

  test('give their members roles in a group, as long as they are in the team and it has them', async () => {
    const user = await orgMember()
    const team = await makeTeam('readers', user.username)
    const see = () => app.call('GET', `/groups/${group}`, { as: user.key })
    const retag = () => app.call('PATCH', `/groups/${group}`, { as: user.key, body: { tags: [] } })
    refused(await see(), 401, 'NOT_IN_GROUP')
    const at = `/groups/${group}/teams`
    const give = (roleNames: string[]) =>
      app.call('POST', at, { body: [{ teamId: team.id, roleNames }] })
    const given = await give(['GROUP_READ_ONLY'])
    assert.equal(given.status, 200, given.text)
    assert.deepEqual(given.json.results[0].roleNames, ['GROUP_READ_ONLY'])
    assert.equal((await see()).status, 200)
    assert.deepEqual(idsIn(await app.get('/groups', user.key)), [group])
    refused(await retag(), 401, 'USER_UNAUTHORIZED')
    const one = `${at}/${team.id}`
    const body = { roleNames: ['GROUP_OWNER', 'GROUP_OWNER'] }
    const changed = await app.call('PATCH', one, { body, status: 200 })
    assert.deepEqual(changed.json.results[0].roleNames, ['GROUP_OWNER'])
    assert.deepEqual((await app.get(one)).roleNames, ['GROUP_OWNER'])
    assert.equal((await retag()).status, 200)
    await app.call('DELETE', one, { status: 200 })
    refused(await see(), 401, 'NOT_IN_GROUP')
    refused(await app.call('GET', one), 404, 'TEAM_NOT_IN_GROUP')
    refused(await give(['ORG_OWNER']), 400, 'INVALID_ROLE_FOR_GROUP')
    refused(await give([]), 400, 'MISSING_ATTRIBUTE')
    const nobody = { body: [{ teamId: UNKNOWN, roleNames: ['GROUP_OWNER'] }] }
    refused(await app.call('POST', at, nobody), 404, 'TEAM_NOT_FOUND')
    await give(['GROUP_READ_ONLY'])
    await app.call('DELETE', `/orgs/${org}/teams/${team.id}/users/${user.id}`, { status: 200 })
    refused(await see(), 401, 'NOT_IN_GROUP')
  })

  test('are flattened in lists of users when somebody asks for it', async () => {
    const user = await orgMember()
    const team = await makeTeam('flat', user.username)
    const body = [{ teamId: team.id, roleNames: ['GROUP_BACKUP_ADMIN'] }]
    await app.call('POST', `/groups/${group}/teams`, { body, status: 200 })
    const users = `/groups/${group}/users`
    assert.ok(!idsIn(await app.get(users)).includes(user.id))
    assert.ok(!idsIn(await app.get(`${users}?flattenTeams=false`)).includes(user.id))
    assert.ok(idsIn(await app.get(`${users}?flattenTeams=true`)).includes(user.id))
    // Through the organization, and not through a team.
    const owner = await makeUser({ roleName: 'ORG_OWNER', orgId: org })
    assert.ok(!idsIn(await app.get(`${users}?flattenTeams=true`)).includes(owner.id))
    assert.ok(idsIn(await app.get(`${users}?includeOrgUsers=true`)).includes(owner.id))
  })

  test('who is in a team that may more cannot be taken over by who may less', async () => {
    const user = await orgMember()
    const team = await makeTeam('mighty', user.username)
    const other = (await app.call('POST', '/groups', { body: { name: 'mighty', orgId: org } })).json
    const roles = (roleNames: string[]) => ({ body: [{ teamId: team.id, roleNames }] })
    await app.call('POST', `/groups/${other.id}/teams`, roles(['GROUP_OWNER']))
    await app.call('POST', `/groups/${group}/teams`, roles(['GROUP_READ_ONLY']))
    const admin = await makeUser({ roleName: 'GROUP_USER_ADMIN', groupId: group })
    const at = `/users/${user.id}`
    assert.equal((await app.get(at, admin.key)).username, user.username)
    const stolen = { body: { password: 'stolen password' }, as: admin.key }
    refused(await app.call('PATCH', at, stolen), 401, 'NOT_USER_ADMIN')
    refused(
      await app.call('POST', `/orgs/${org}/teams`, { body: { name: 'n' }, as: admin.key }),
      401,
      'NOT_ORG_OWNER',
    )
    const reader = await makeUser({ roleName: 'GROUP_READ_ONLY', groupId: group })
    const give = { ...roles(['GROUP_OWNER']), as: reader.key }
    refused(await app.call('POST', `/groups/${group}/teams`, give), 401, 'NOT_GROUP_USER_ADMIN')
  })

  test('forget who leaves and what is deleted', async () => {
    const user = await orgMember()
    const gone = await orgMember()
    const team = await makeTeam('forgetful', user.username, gone.username)
    const project = (await app.call('POST', '/groups', { body: { name: 'short', orgId: org } }))
      .json
    const body = [{ teamId: team.id, roleNames: ['GROUP_READ_ONLY'] }]
    await app.call('POST', `/groups/${project.id}/teams`, { body, status: 200 })
    await app.call('DELETE', `/users/${gone.id}`, { status: 200 })
    assert.deepEqual(app.control.teams.members(team.id), [user.id])
    await app.call('DELETE', `/groups/${project.id}`, { status: 200 })
    assert.equal(app.control.teams.get(team.id)?.roles.size, 0)
    await app.call('DELETE', `/orgs/${org}/users/${user.id}`, { status: 200 })
    assert.deepEqual(app.control.teams.members(team.id), [])
  })

  test('lose none of several who join at the same time', async () => {
    const users = [await orgMember(), await orgMember(), await orgMember()]
    const team = await makeTeam('crowd')
    const join = ({ id }: { id: string }) =>
      app.call('POST', `/orgs/${org}/teams/${team.id}/users`, { body: [{ id }], status: 200 })
    await Promise.all(users.map(join))
    const ids = idsIn(await app.get(`/orgs/${org}/teams/${team.id}/users`))
    assert.deepEqual(
      ids,
      users.map(({ id }) => id),
    )
  })

  test('what is done to them is written down', async () => {
    const user = await orgMember()
    const team = await makeTeam('noted', user.username)
    const found = await app.control.events.list({ orgId: org }, 0, 2)
    const told = found.map(({ eventTypeName, facts }) => [eventTypeName, facts.teamId])
    assert.deepEqual(told, [
      ['JOINED_TEAM', team.id],
      ['TEAM_CREATED', team.id],
    ])
    assert.equal(found[0].facts.targetUsername, user.username)
  })
})
