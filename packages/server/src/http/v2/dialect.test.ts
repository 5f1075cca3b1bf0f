import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { openV2App, type V2App } from '../../testing/v2-app.js'

describe('the dialect of API v2', () => {
  let app: V2App
  let own: string
  before(async () => {
    app = await openV2App()
    own = `/accounts/${app.uid}/`
  })
  after(() => app.close())

  test('both forms of a path are the same, and neither redirects', async () => {
    const without = own.slice(0, -1)
    assert.deepEqual(await app.data('GET', without), await app.data('GET', own))
    await app.json('POST', '/tokens/verify', { token: app.token })
    await app.json('POST', '/tokens/verify/', { token: app.token })
  })

  const bodies: {
    name: string
    type?: string
    payload: string
    status: number
    message: RegExp
  }[] = [
    { name: 'nothing', payload: '', status: 400, message: /^missing field: token$/ },
    { name: 'an empty object', payload: '{}', status: 400, message: /^missing field: token$/ },
    { name: 'text', payload: 'token=x', status: 400, message: /not JSON/ },
    { name: 'half of an object', payload: '{"token"', status: 400, message: /not JSON/ },
    { name: 'an array', payload: '[]', status: 400, message: /not a JSON object/ },
    { name: 'null', payload: 'null', status: 400, message: /not a JSON object/ },
    {
      name: 'a field too many',
      payload: '{"token":"a","more":1}',
      status: 400,
      message: /^unknown field: more$/,
    },
    {
      name: 'a field of another type',
      payload: '{"token":1}',
      status: 400,
      message: /^invalid field: token must be string$/,
    },
    {
      name: 'more than a mebibyte',
      payload: `{"token":"${'a'.repeat(1024 * 1024)}"}`,
      status: 413,
      message: /too large/,
    },
    {
      name: 'a form, by its type',
      type: 'application/x-www-form-urlencoded',
      payload: '{"token":"a"}',
      status: 401,
      message: /^invalid token$/,
    },
    {
      name: 'no type that there is',
      type: 'no type;;=',
      payload: '{"token":"a"}',
      status: 401,
      message: /^invalid token$/,
    },
  ]
  for (const { name, type, payload, status, message } of bodies) {
    test(`a body that is ${name} is status ${status}`, async () => {
      const headers = type === undefined ? {} : { 'content-type': type }
      const url = '/v2/tokens/verify/'
      const reply = await app.inject({ method: 'POST', url, headers, payload })
      assert.equal(reply.statusCode, status)
      assert.deepEqual(Object.keys(reply.json()), ['message'])
      assert.match(reply.json().message, message)
    })
  }

  test('a GET may say that it has JSON when it has no body', async () => {
    const headers = { 'x-auth-token': ` ${app.token} `, 'content-type': 'application/json' }
    const reply = await app.inject({ url: `/v2${own}`, headers })
    assert.equal(reply.statusCode, 200)
  })

  test('a path that there is not is 404, and a method that it has not is 405 with those it has', async () => {
    assert.deepEqual(await app.json('GET', '/nowhere/', undefined, 404), { message: 'not found' })
    const reply = await app.send('DELETE', '/tokens/verify')
    assert.equal(reply.statusCode, 405)
    assert.equal(reply.headers.allow, 'POST')
    assert.deepEqual(reply.json(), { message: 'method not allowed' })
    const put = await app.send('PUT', '/plans/')
    assert.equal(put.headers.allow, 'GET, HEAD')
    assert.equal((await app.inject({ url: '/v2/%zz' })).statusCode, 404)
    assert.equal((await app.inject({ url: '/v2' })).statusCode, 404)
  })

  test('every answer has an id and says how it counts', async () => {
    const ids = new Set<unknown>()
    for (const path of [own, '/nowhere/', '/tokens/', '/%zz']) {
      const { headers } = await app.send('GET', path)
      assert.match(String(headers['x-request-id']), /^[0-9a-f]{32}$/)
      ids.add(headers['x-request-id'])
      assert.match(String(headers['content-type']), /^application\/json/)
      const counted = path === own
      assert.equal(headers['x-ratelimit-limit'], counted ? '100000' : '1', path)
      if (!counted) assert.equal(headers['x-ratelimit-reset'], '-1')
    }
    assert.equal(ids.size, 4)
  })

  test('an answer is compressed for those who take it', async () => {
    const headers = { 'x-auth-token': app.token, 'accept-encoding': 'deflate, gzip;q=0.5' }
    const reply = await app.inject({ url: '/v2/plans/', headers })
    assert.equal(reply.headers['content-encoding'], 'gzip')
    assert.equal(JSON.parse(gunzipSync(reply.rawPayload).toString()).data.length, 59)
    const refused = { ...headers, 'accept-encoding': 'gzip;q=0, *' }
    const plain = await app.inject({ url: '/v2/plans/', headers: refused })
    assert.equal(plain.headers['content-encoding'], undefined)
    assert.equal(plain.json().data.length, 59)
  })
})

describe('the rate limit of API v2', () => {
  let app: V2App
  before(async () => {
    app = await openV2App({ app: { rateLimit: 3 } })
  })
  after(() => app.close())

  test('what is over the limit is 429 with the headers, for this account alone', async () => {
    const other = await app.addAccount('other@example.com')
    const path = '/plans/5286929405533c1306c1cf79/'
    for (;;) {
      const replies = await Promise.all([1, 2, 3, 4, 5].map(() => app.send('GET', path)))
      const resets = new Set(replies.map(({ headers }) => headers['x-ratelimit-reset']))
      // A second that ended in between has let more pass.
      if (resets.size > 1) continue
      const counts = replies.map(({ statusCode }) => statusCode).sort()
      if (counts[0] !== 200) continue
      assert.equal(counts.at(-1), 429)
      const refused = replies.filter(({ statusCode }) => statusCode === 429)
      assert.match(refused[0].json().message, /^more than 3 requests in a second/)
      assert.equal(refused[0].headers['x-ratelimit-limit'], '3')
      assert.equal(refused[0].headers['x-ratelimit-remaining'], '0')
      break
    }
    assert.equal((await other.send('GET', path)).statusCode, 200)
    const reply = await app.inject({ url: '/v2/tokens/' })
    assert.equal(reply.headers['x-ratelimit-remaining'], '1')
  })
})
