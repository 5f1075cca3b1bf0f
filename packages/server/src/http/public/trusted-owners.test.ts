import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Credentials, type Reply, sendRequest } from '../../testing/digest-client.js'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

describe('for whose organizations the server runs programs', () => {
  let app: PublicApp
  let org: string
  let group: string
  let admin: string
  let tenant: Credentials
  let acceptToken: string
  before(async () => {
    app = await openPublicApp()
    const [{ orgId, id }] = (await app.get('/groups')).results
    const own = (await app.get(`/orgs/${orgId}/users`)).results
    admin = own[0].id
    assert.ok(own[0].roles.some(({ roleName }: { roleName: string }) => /^GLOBAL_/.test(roleName)))
    assert.ok(id)
    org = (await make('/orgs', { name: 'of a tenant' }, await personalKeyOf(admin))).id
    const roles = [{ roleName: 'ORG_OWNER', orgId: org }]
    const user = await make('/users', {
      username: 'tenant@example.com',
      emailAddress: 'tenant@example.com',
      firstName: 'T',
      lastName: 'N',
      password: 'correct horse',
      roles,
    })
    tenant = await personalKeyOf(user.id)
    group = (await make('/groups', { name: 'of a tenant', orgId: org }, tenant)).id
    const taken = await app.call('DELETE', `/orgs/${org}/users/${admin}`, { as: tenant })
    assert.equal(taken.status, 200, taken.text)
    const { username } = await app.get(`/users/${admin}`)
    const invitation = { username, roles: ['ORG_OWNER'] }
    ;({ acceptToken } = await make(`/orgs/${org}/invites`, invitation, tenant))
    await make(
      `/groups/${group}/users`,
      [{ id: admin, roles: [{ roleName: 'GROUP_READ_ONLY' }] }],
      tenant,
      200,
    )
  })
  after(() => app.close())

  async function make(path: string, body: object, as?: Credentials, status = 201) {
    const made = await app.call('POST', path, { body, as })
    assert.equal(made.status, status, made.text)
    return made.json
  }

  async function personalKeyOf(user: string): Promise<Credentials> {
    const { publicKey, privateKey } = await make(`/users/${user}/apiKeys`, { desc: 'key' })
    return { publicKey, privateKey }
  }

  function refused(reply: Reply): void {
    assert.equal(reply.status, 401, reply.text)
    assert.equal(reply.json.errorCode, 'NOT_GLOBAL_USER_ADMIN')
  }

  test('its owners do not make one with a global role an owner of it', async () => {
    const owner = { roleName: 'ORG_OWNER', orgId: org }
    const { roles } = await app.get(`/users/${admin}`)
    const change = { body: { roles: [...roles, owner] } }
    refused(await app.call('PATCH', `/users/${admin}`, { ...change, as: tenant }))
    const place = `/orgs/${org}/users/${admin}/roles`
    refused(await app.call('PUT', place, { body: [owner], as: tenant }))
    refused(
      await sendRequest(`${app.base}/unauth/invites`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token: acceptToken }),
      }),
    )
    assert.deepEqual((await app.get(`/users/${admin}`)).roles, roles)
    // Any other role is theirs to give, and who owns everything may do this too.
    const member = { body: [{ roleName: 'ORG_READ_ONLY' }], as: tenant }
    assert.equal((await app.call('PUT', place, member)).status, 200)
    assert.equal((await app.call('PUT', place, { body: [owner] })).status, 200)
  })
})
