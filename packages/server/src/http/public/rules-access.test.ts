import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { addressSet, parseRanges } from '../../addresses/address-range.js'
import {
  authorization,
  type Credentials,
  challengeIn,
  sendRequest,
} from '../../testing/digest-client.js'
import { openPublicApp, PREFIX, type PublicApp, refused } from '../../testing/public-app.js'
import { checkTransport, transportOf } from './transport.js'

const UNKNOWN = '5c8100bcf2a30b12ff88258f'

describe('the Public API: who may call, from where, how often', () => {
  let app: PublicApp
  let org: string
  let group: string
  before(async () => {
    app = await openPublicApp({}, addressSet(parseRanges('127.0.0.1') ?? []))
    const [mine] = (await app.get('/groups')).results
    org = mine.orgId
    group = mine.id
  })
  after(() => app.close())

  async function keyWith(...roles: string[]): Promise<Credentials & { id: string }> {
    const path = roles[0].startsWith('ORG_') ? `/orgs/${org}/apiKeys` : `/groups/${group}/apiKeys`
    return (await app.call('POST', path, { body: { desc: 'test', roles }, status: 201 })).json
  }

  const from = (address: string) => ({ 'x-forwarded-for': address })

  describe('R28', () => {
    const proxies = addressSet(parseRanges('10.0.0.5') ?? [])
    const request = (
      localAddress: string,
      headers: Record<string, string> = {},
      more: object = {},
    ) =>
      ({
        headers: { host: 'mgr.example.com', ...headers },
        socket: { localAddress, localPort: 80, remoteAddress: '10.0.0.9', ...more },
      }) as unknown as IncomingMessage
    const https = { 'x-forwarded-proto': 'https' }

    test('R28 plain HTTP from elsewhere is refused, and what is not is told apart', () => {
      const options = { proxies, plainHttp: false }
      assert.throws(() => checkTransport(request('10.0.0.1'), options), /HTTPS/)
      assert.throws(() => checkTransport(request('10.0.0.1', https), options), /HTTPS/)
      checkTransport(request('127.0.0.1'), options)
      checkTransport(request('::ffff:127.0.0.1'), options)
      checkTransport(request('10.0.0.1', {}, { encrypted: true }), options)
      checkTransport(request('10.0.0.1', https, { remoteAddress: '10.0.0.5' }), options)
      checkTransport(request('10.0.0.1'), { proxies, plainHttp: true })
      const plain = { 'x-forwarded-proto': 'http' }
      const peer = { remoteAddress: '10.0.0.5' }
      assert.throws(() => checkTransport(request('10.0.0.1', plain, peer), options), /HTTPS/)
    })

    test('R27 R28 links have the scheme that the client used', () => {
      const options = { proxies, plainHttp: true }
      const base = (...args: Parameters<typeof request>) =>
        transportOf(request(...args), options).base
      assert.equal(base('10.0.0.1'), `http://mgr.example.com${PREFIX}`)
      assert.equal(base('10.0.0.1', {}, { encrypted: true }), `https://mgr.example.com${PREFIX}`)
      const proxy = { remoteAddress: '10.0.0.5' }
      assert.equal(base('10.0.0.1', https, proxy), `https://mgr.example.com${PREFIX}`)
      assert.equal(base('10.0.0.1', { host: '' }), `http://10.0.0.1:80${PREFIX}`)
    })
  })

  test('R29 no credentials, wrong ones, and unknown names', async () => {
    const url = `${app.base}/groups`
    const none = await sendRequest(url, {})
    refused(none, 401, 'NO_CURRENT_USER')
    assert.match(
      String(none.headers['www-authenticate']),
      /^Digest realm="MMS Public API", domain="", nonce="[\w-]+", algorithm=MD5, qop="auth", stale=false$/,
    )
    const answers = [
      { ...app.owner, privateKey: 'wrong' },
      { ...app.owner, publicKey: 'nobodyxx' },
    ].map(async (who) => {
      const challenge = challengeIn(await sendRequest(url, {}))
      const header = authorization(who, challenge, 'GET', `${PREFIX}/groups`)
      return sendRequest(url, { headers: { authorization: header } })
    })
    const [wrong, unknown] = await Promise.all(answers)
    refused(wrong, 401, 'USER_UNAUTHORIZED')
    assert.deepEqual(unknown.json, wrong.json)
    assert.equal(challengeIn(unknown).stale, 'false')
    refused(
      await sendRequest(url, { headers: { authorization: 'Basic YTpi' } }),
      401,
      'USER_UNAUTHORIZED',
    )
  })

  test('R29 a client that never reuses a nonce, sends its body with both legs, and says nc=1', async () => {
    const body = '{"name":"R29"}'
    const headers = { 'content-type': 'application/json' }
    const url = `${app.base}/groups`
    const first = await sendRequest(url, { method: 'POST', headers, body })
    refused(first, 401, 'NO_CURRENT_USER')
    const header = authorization(app.owner, challengeIn(first), 'POST', `${PREFIX}/groups`, '1')
    const sent = { method: 'POST', headers: { ...headers, authorization: header }, body }
    assert.equal((await sendRequest(url, sent)).status, 201)
    const again = await sendRequest(url, sent)
    refused(again, 401, 'USER_UNAUTHORIZED')
    const { stale, nonce } = challengeIn(again)
    assert.equal(stale, 'true')
    assert.notEqual(nonce, challengeIn(first).nonce)
  })

  test('R29 a nonce is good for 300 seconds, and then stale', async () => {
    const url = `${app.base}/groups`
    const challenge = challengeIn(await sendRequest(url, {}))
    const call = (nc: string) => {
      const header = authorization(app.owner, challenge, 'GET', `${PREFIX}/groups`, nc)
      return sendRequest(url, { headers: { authorization: header } })
    }
    app.clock.now += 299_000
    assert.equal((await call('00000001')).status, 200)
    app.clock.now += 1_000
    const late = await call('00000002')
    assert.equal(late.status, 401)
    assert.equal(challengeIn(late).stale, 'true')
  })

  test('R29 a body of a megabyte without credentials is taken in, and the connection lives on', async () => {
    const reply = await sendRequest(`${app.base}/groups`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.alloc(1 << 20, 0x20),
    })
    refused(reply, 401, 'NO_CURRENT_USER')
    assert.notEqual(reply.headers.connection, 'close')
  })

  test('R30 roles decide: strangers, readers, administrators', async () => {
    const body = { name: 'R30' }
    const other = (await app.call('POST', '/groups', { body, status: 201 })).json.id
    const reader = await keyWith('GROUP_READ_ONLY')
    refused(await app.call('GET', `/groups/${other}`, { as: reader }), 401, 'NOT_IN_GROUP')
    assert.equal((await app.call('GET', `/groups/${group}`, { as: reader })).status, 200)
    const tags = { body: { tags: [] } }
    refused(
      await app.call('PATCH', `/groups/${group}`, { ...tags, as: reader }),
      401,
      'USER_UNAUTHORIZED',
    )
    const users = `/groups/${group}/users`
    refused(await app.call('POST', users, { body: [], as: reader }), 401, 'NOT_GROUP_USER_ADMIN')
    const admin = await keyWith('GROUP_USER_ADMIN')
    assert.equal((await app.call('POST', users, { body: [], as: admin })).status, 200)
    refused(
      await app.call('PATCH', `/groups/${group}`, { ...tags, as: admin }),
      401,
      'USER_UNAUTHORIZED',
    )
    const owner = await keyWith('GROUP_OWNER')
    assert.equal((await app.call('PATCH', `/groups/${group}`, { ...tags, as: owner })).status, 200)
    // An owner of the organization owns its projects, a member of a project is one of the organization.
    const orgOwner = await keyWith('ORG_OWNER')
    assert.equal(
      (await app.call('PATCH', `/groups/${other}`, { ...tags, as: orgOwner })).status,
      200,
    )
    assert.equal((await app.call('GET', `/orgs/${org}`, { as: reader })).status, 200)
    refused(
      await app.call('PATCH', `/orgs/${org}`, { body: { name: 'x' }, as: reader }),
      401,
      'NOT_ORG_OWNER',
    )
    const listed = (await app.get('/groups', reader)).results
    assert.deepEqual(
      listed.map(({ id }: { id: string }) => id),
      [group],
    )
  })

  test('R31 checks come in their order', async () => {
    const reader = await keyWith('GROUP_READ_ONLY')
    const anonymous = (path: string, method = 'GET') => sendRequest(app.base + path, { method })
    refused(await anonymous('/nowhere'), 404, 'RESOURCE_NOT_FOUND')
    refused(await anonymous(`/groups/${UNKNOWN}`, 'PUT'), 405, 'METHOD_NOT_ALLOWED')
    refused(await anonymous('/groups/xyz'), 401, 'NO_CURRENT_USER')
    const access = `/orgs/${org}/apiKeys/${reader.id}/accessList`
    await app.call('POST', access, { body: [{ cidrBlock: '10.1.2.0/24' }], status: 201 })
    const inside = from('10.1.2.9')
    refused(
      await app.call('GET', '/groups/xyz', { as: reader }),
      403,
      'IP_ADDRESS_NOT_ON_ACCESS_LIST',
    )
    const as = reader
    refused(await app.call('GET', '/groups/xyz', { as, headers: inside }), 404, 'INVALID_GROUP_ID')
    refused(
      await app.call('GET', `/groups/${UNKNOWN}`, { as, headers: inside }),
      404,
      'GROUP_NOT_FOUND',
    )
    const body = { nonsense: 1 }
    const patch = await app.call('PATCH', `/groups/${group}`, { as, headers: inside, body })
    refused(patch, 401, 'USER_UNAUTHORIZED')
  })

  test('R31 after the role come the access list of the endpoint, the rate and at last the body', async () => {
    const limited = await openPublicApp({ rateLimit: 1 })
    try {
      const { id } = (await limited.get('/groups')).results[0]
      const body = { nonsense: 1 }
      const backups = `/groups/${id}/backupConfigs/${'0'.repeat(24)}`
      // What is refused for its address does not count.
      for (let i = 0; i < 2; i++) {
        const listless = await limited.call('PATCH', backups, { body })
        refused(listless, 403, 'RESOURCE_REQUIRES_ACCESS_LIST')
      }
      const patch = () => limited.call('PATCH', `/groups/${id}`, { body })
      refused(await patch(), 400, 'INVALID_ATTRIBUTE')
      refused(await patch(), 429, 'RATE_LIMITED')
      const stranger = { desc: 'k', roles: ['ORG_MEMBER'] }
      const home = (await limited.get('/orgs')).results[0].id
      const made = await limited.call('POST', `/orgs/${home}/apiKeys`, { body: stranger })
      const outside = await limited.call('PATCH', backups, { body, as: made.json })
      refused(outside, 401, 'NOT_IN_GROUP')
    } finally {
      await limited.close()
    }
  })

  test('R32 an access list lets in whom it names, an empty one everybody', async () => {
    const key = await keyWith('GROUP_READ_ONLY')
    const call = (address: string) =>
      app.call('GET', `/groups/${group}`, { as: key, headers: from(address) })
    assert.equal((await call('10.9.9.9')).status, 200)
    const access = `/orgs/${org}/apiKeys/${key.id}/accessList`
    await app.call('POST', access, { body: [{ cidrBlock: '10.1.2.0/24' }], status: 201 })
    const out = await call('10.9.9.9')
    refused(out, 403, 'IP_ADDRESS_NOT_ON_ACCESS_LIST')
    assert.deepEqual(out.json.parameters, ['10.9.9.9'])
    assert.equal((await call('10.1.2.255')).status, 200)
    assert.equal((await call('::ffff:10.1.2.3')).status, 200)
    const [entry] = (await app.get(access)).results
    assert.equal(entry.count, 2)
    assert.equal(entry.lastUsedAddress, '10.1.2.3')
    assert.equal(entry.cidrBlock, '10.1.2.0/24')
  })

  test('R32 entries: one address or a block, in one form, each once; the alias of old', async () => {
    const { id } = await keyWith('GROUP_READ_ONLY')
    const path = `/orgs/${org}/apiKeys/${id}/accessList`
    const add = (...body: object[]) => app.call('POST', path, { body })
    refused(await add({}), 400, 'MISSING_ONE_OF_ATTRIBUTES')
    refused(
      await add({ ipAddress: '1.2.3.4', cidrBlock: '1.2.3.4/32' }),
      400,
      'BAD_ACCESS_LIST_ADD_REQUEST',
    )
    for (const wrong of ['1.2.3', '1.2.3.4/33', 'x', '::/129']) {
      refused(await add({ cidrBlock: wrong }), 400, 'INVALID_IP_ADDRESS_OR_CIDR_NOTATION')
    }
    const twice = await add({ ipAddress: '1.2.3.4' }, { cidrBlock: '1.2.3.4/32' })
    refused(twice, 400, 'DUPLICATE_ADDRESSES_IN_INPUT')
    const made = await add(
      { ipAddress: '1.2.3.4', comment: 'one' },
      { cidrBlock: '10.1.2.9/24' },
      { ipAddress: '2001:db8:0:0::1' },
      { ipAddress: '::ffff:1.1.1.1' },
      { cidrBlock: '2001:db8::/32' },
    )
    assert.equal(made.status, 201)
    const shown = made.json.results.map((entry: { [name: string]: unknown }) => [
      entry.cidrBlock,
      entry.ipAddress,
    ])
    assert.deepEqual(shown, [
      ['1.2.3.4/32', '1.2.3.4'],
      ['10.1.2.0/24', undefined],
      ['2001:db8::1/128', '2001:db8::1'],
      ['1.1.1.1/32', '1.1.1.1'],
      ['2001:db8::/32', undefined],
    ])
    assert.equal((await add({ cidrBlock: '1.2.3.4/32' })).json.totalCount, 5)
    const block = await app.get(`/orgs/${org}/apiKeys/${id}/whitelist/10.1.2.0%2F24`)
    assert.equal(block.links[0].href, `${app.base}${path}/10.1.2.0%2F24`)
    assert.equal((await app.get(`${path}/1.2.3.4`)).comment, 'one')
    refused(await app.call('GET', `${path}/9.9.9.9`), 404, 'API_KEY_ACCESS_LIST_NOT_FOUND')
    assert.equal((await app.call('DELETE', `${path}/10.1.2.0%2F24`)).text, '{}')
    refused(await app.call('DELETE', `${path}/10.1.2.0%2F24`), 404, 'API_KEY_ACCESS_LIST_NOT_FOUND')
  })

  async function userWithKey(username: string, roles: object[]) {
    const body = { username, password: 'correct horse', firstName: 'A', lastName: 'B', roles }
    const user = (await app.call('POST', '/users', { body, status: 201 })).json
    const made = await app.call('POST', `/users/${user.id}/apiKeys`, { body: { desc: 'k' } })
    assert.equal(made.status, 201, made.text)
    const { publicKey, privateKey } = made.json
    assert.equal(publicKey, username)
    return { id: user.id as string, key: { publicKey, privateKey } as Credentials }
  }

  test('R33 calls that demand an entry, proxies, and one who would lock itself out', async () => {
    const roles = [{ roleName: 'GROUP_READ_ONLY', groupId: group }]
    const { id, key } = await userWithKey('r33@example.com', roles)
    const path = `/users/${id}/accessList`
    const add = (address: string, entry: string) =>
      app.call('POST', path, { as: key, headers: from(address), body: [{ cidrBlock: entry }] })
    refused(await add('10.1.2.3', '10.1.2.0/24'), 403, 'RESOURCE_REQUIRES_ACCESS_LIST')
    await app.control.accessLists.add(id, [{ cidrBlock: '10.1.2.0/24' }])
    assert.equal((await add('10.1.2.3', '10.5.0.0/16')).status, 201)
    refused(await add('10.9.9.9', '10.6.0.0/16'), 403, 'IP_ADDRESS_NOT_ON_ACCESS_LIST')
    const remove = (entry: string) =>
      app.call('DELETE', `${path}/${entry}`, { as: key, headers: from('10.1.2.3') })
    refused(await remove('10.1.2.0%2F24'), 400, 'CANNOT_REMOVE_CALLER_FROM_ACCESS_LIST')
    assert.equal((await remove('10.5.0.0%2F16')).status, 200)
    const stranger = await userWithKey('other@example.com', roles)
    refused(await app.call('GET', path, { as: stranger.key }), 401, 'NOT_SELF')
  })

  test('R33 a setting switches the demand off, and X-Forwarded-For counts from proxies only', async () => {
    const free = await openPublicApp({ requireAccessList: false })
    try {
      const { id } = await free.get('/users/byName/admin@localhost')
      const body = [{ ipAddress: '127.0.0.1' }]
      await free.call('POST', `/users/${id}/accessList`, { body, status: 201 })
      const made = await free.call('POST', `/users/${id}/apiKeys`, { body: { desc: 'k' } })
      // Nobody is trusted there, so that this is from 127.0.0.1 all the same.
      const reply = await free.call('GET', '/groups', { as: made.json, headers: from('10.9.9.9') })
      assert.equal(reply.status, 200)
    } finally {
      await free.close()
    }
  })

  test('R34 R35 a project has a hundred calls a minute of the clock, whoever makes them', async () => {
    const limited = await openPublicApp({ rateLimit: 100 })
    try {
      const { clock } = limited
      const make = async (name: string) =>
        (await limited.call('POST', '/groups', { body: { name }, status: 201 })).json
      const [x, y] = [await make('X'), await make('Y')]
      const keyOf = async (roles: string[]) => {
        const path = `/orgs/${x.orgId}/apiKeys`
        return (await limited.call('POST', path, { body: { desc: 'k', roles } })).json
      }
      const [a, b] = [await keyOf(['ORG_OWNER']), await keyOf(['ORG_READ_ONLY'])]
      const stranger = await limited.call('GET', `/groups/${x.id}`, {
        as: await keyOf(['ORG_MEMBER']),
      })
      refused(stranger, 401, 'NOT_IN_GROUP')
      clock.now = Date.UTC(2026, 0, 5, 12, 0, 0)
      const call = async (as: Credentials, id: string) =>
        limited.call('GET', `/groups/${id}`, { as })
      for (let i = 0; i < 50; i++) assert.equal((await call(a, x.id)).status, 200)
      clock.now = Date.UTC(2026, 0, 5, 12, 0, 30)
      for (let i = 0; i < 50; i++) assert.equal((await call(b, x.id)).status, 200)
      clock.now = Date.UTC(2026, 0, 5, 12, 0, 43)
      for (let i = 0; i < 10; i++) {
        const reply = await call(b, x.id)
        refused(reply, 429, 'RATE_LIMITED')
        assert.equal(reply.headers['retry-after'], '17')
        assert.deepEqual(reply.json.parameters, [x.id])
      }
      assert.equal((await call(b, y.id)).status, 200)
      assert.equal((await limited.call('GET', '/groups', { as: b })).status, 200)
      clock.now = Date.UTC(2026, 0, 5, 12, 0, 59) + 999
      assert.equal((await call(a, x.id)).headers['retry-after'], '1')
      clock.now += 1
      assert.equal((await call(a, x.id)).status, 200)
    } finally {
      await limited.close()
    }
  })

  test('R36 of two writers the last one wins', async () => {
    const path = `/groups/${group}`
    const [a, b] = [await app.get(path), await app.get(path)]
    await app.call('PATCH', path, { body: { ...a, tags: ['from-a'] }, status: 200 })
    await app.call('PATCH', path, { body: { tags: ['from-b'], name: b.name }, status: 200 })
    const both = await Promise.all(
      ['one', 'two'].map((tag) => app.call('PATCH', path, { body: { tags: [tag] } })),
    )
    assert.deepEqual(
      both.map(({ status }) => status),
      [200, 200],
    )
    const { tags } = await app.get(path)
    assert.ok(['one', 'two'].includes(tags[0]) && tags.length === 1, String(tags))
  })
})
