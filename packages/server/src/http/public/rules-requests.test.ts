import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { readDate, readQueryDate } from '../../dates.js'
import { type Reply, sendRequest } from '../../testing/digest-client.js'
import { openPublicApp, PREFIX, type PublicApp } from '../../testing/public-app.js'
import { jsonText } from './json-text.js'

const UNKNOWN = '5c8100bcf2a30b12ff88258f'

describe('the Public API: methods, errors, JSON in and out', () => {
  let app: PublicApp
  let group: { id: string; name: string; orgId: string }
  before(async () => {
    app = await openPublicApp()
    group = (await app.get('/groups')).results[0]
  })
  after(() => app.close())

  function isError(reply: Reply, status: number, code: string, ...parameters: string[]): void {
    assert.equal(reply.status, status, reply.text)
    const { detail, ...rest } = reply.json
    assert.equal(typeof detail, 'string')
    const reasons: Record<number, string> = {
      400: 'Bad Request',
      401: 'Unauthorized',
      404: 'Not Found',
      405: 'Method Not Allowed',
      409: 'Conflict',
      415: 'Unsupported Media Type',
    }
    assert.deepEqual(rest, {
      error: status,
      errorCode: code,
      parameters,
      reason: reasons[status],
    })
  }

  test('R1 PATCH changes the named fields only, PUT replaces', async () => {
    const before = await app.get(`/groups/${group.id}`)
    const patched = (await app.call('PATCH', `/groups/${group.id}`, { body: { tags: ['a'] } })).json
    assert.deepEqual(patched, { ...before, tags: ['a'] })
    const user = await app.get('/users/byName/admin@localhost')
    const roles = `/groups/${group.id}/users/${user.id}/roles`
    isError(await app.call('PUT', roles, { body: [{}] }), 400, 'MISSING_ATTRIBUTE', '[0].roleName')
    const configs = `/groups/${group.id}/alertConfigs`
    const notifications = [{ typeName: 'GROUP', emailEnabled: true }]
    const body = { eventTypeName: 'HOST_DOWN', enabled: true, notifications }
    const config = (await app.call('POST', configs, { body, status: 201 })).json
    const path = `${configs}/${config.id}`
    const off = { body: { enabled: false } }
    const { updated: _was, ...changed } = (await app.call('PATCH', path, off)).json
    const { updated: _is, ...made } = config
    assert.deepEqual(changed, { ...made, enabled: false })
    isError(await app.call('PUT', path, off), 400, 'MISSING_ATTRIBUTE', 'eventTypeName')
  })

  test('R2 HEAD is GET without a body', async () => {
    for (const path of ['', '/groups', `/groups/${group.id}`, `/groups/${UNKNOWN}`]) {
      const got = await app.call('GET', path)
      const head = await app.call('HEAD', path)
      assert.equal(head.status, got.status)
      assert.equal(head.text, '')
      for (const name of ['content-type', 'content-length']) {
        assert.equal(head.headers[name], got.headers[name])
      }
      assert.ok(Number(got.headers['content-length']) > 0)
    }
  })

  test('R3 a method that there is not is 405, and the others are named', async () => {
    const root = await app.call('DELETE', '')
    isError(root, 405, 'METHOD_NOT_ALLOWED', 'DELETE', PREFIX)
    assert.equal(root.headers.allow, 'GET, HEAD')
    const { headers } = await app.call('PUT', `/groups/${group.id}`)
    assert.equal(headers.allow, 'GET, HEAD, PATCH, DELETE')
    // The method is looked at before anybody is asked who they are.
    const options = await sendRequest(`${app.base}/groups`, { method: 'OPTIONS' })
    assert.equal(options.status, 405)
  })

  test('R4 creation is 201 with the entity and where it is, DELETE is 200 with {}', async () => {
    const made = await app.call('POST', '/groups', { body: { name: 'R4' } })
    assert.equal(made.status, 201)
    assert.equal(made.json.name, 'R4')
    assert.equal(made.headers.location, `${app.base}/groups/${made.json.id}`)
    const gone = await app.call('DELETE', `/groups/${made.json.id}`)
    assert.equal(gone.status, 200)
    assert.equal(gone.text, '{}')
  })

  test('R5 the same name in one organization is 409', async () => {
    const body = { name: 'R5', orgId: group.orgId }
    await app.call('POST', '/groups', { body, status: 201 })
    isError(await app.call('POST', '/groups', { body }), 409, 'GROUP_ALREADY_EXISTS', 'R5')
  })

  test('R6 an error is a document with five fields', async () => {
    const reply = await app.call('GET', '/softwareComponents/version')
    assert.equal(reply.status, 404)
    assert.deepEqual(reply.json, {
      detail: 'No resource at /api/public/v1.0/softwareComponents/version.',
      error: 404,
      errorCode: 'RESOURCE_NOT_FOUND',
      parameters: ['/api/public/v1.0/softwareComponents/version'],
      reason: 'Not Found',
    })
  })

  test('R7 the parameters are what the detail was made with', async () => {
    isError(await app.call('GET', `/groups/${UNKNOWN}`), 404, 'GROUP_NOT_FOUND', UNKNOWN)
    isError(await app.call('GET', '/groups/xyz'), 404, 'INVALID_GROUP_ID', 'xyz')
    const anonymous = await sendRequest(`${app.base}/groups`, {})
    isError(anonymous, 401, 'NO_CURRENT_USER')
  })

  test('R8 errors are JSON for unknown paths, broken JSON and broken URLs', async () => {
    const headers = { 'content-type': 'application/json' }
    for (const [path, code] of [
      ['/nowhere', 'RESOURCE_NOT_FOUND'],
      ['/groups//users', 'RESOURCE_NOT_FOUND'],
      ['/groups/%zz', 'RESOURCE_NOT_FOUND'],
    ]) {
      const reply = await app.call('GET', path)
      assert.equal(reply.json.errorCode, code)
      assert.match(String(reply.headers['content-type']), /^application\/json/)
    }
    const client = await app.raw('POST', '/groups', { headers, body: '{"name":' })
    isError(client, 400, 'MALFORMED_JSON')
    const binary = await app.raw('POST', '/groups', {
      headers,
      body: Buffer.from([0x22, 0xff, 0x22]),
    })
    isError(binary, 400, 'MALFORMED_JSON')
  })

  test('R8 a failure of ours shows nothing of itself', async () => {
    const { events } = app.control
    const record = events.record
    Object.assign(events, { record: () => Promise.reject(new Error('a secret of ours')) })
    try {
      const reply = await app.call('POST', '/groups', { body: { name: 'R8' } })
      assert.equal(reply.status, 500)
      assert.equal(reply.json.errorCode, 'UNEXPECTED_ERROR')
      assert.doesNotMatch(reply.text, /secret/)
    } finally {
      Object.assign(events, { record })
    }
  })

  test('R9 a body says that it is JSON', async () => {
    const body = '{"name":"R9"}'
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const refused = await app.raw('POST', '/groups', { headers: form, body })
    isError(refused, 415, 'UNSUPPORTED_MEDIA_TYPE', 'application/x-www-form-urlencoded')
    isError(await app.raw('POST', '/groups', { body }), 415, 'UNSUPPORTED_MEDIA_TYPE', 'none')
    const charset = { 'content-type': 'application/json; charset=UTF-8' }
    assert.equal((await app.raw('POST', '/groups', { headers: charset, body })).status, 201)
    // An empty one needs no type, and one that nobody wants may be anything.
    isError(await app.raw('POST', '/groups', {}), 400, 'MISSING_ATTRIBUTE', 'name')
    const withBody = { headers: { ...form, 'content-length': 1 }, body: '<' }
    assert.equal((await app.raw('GET', '/groups', withBody)).status, 200)
  })

  test('R10 answers are JSON whatever is asked for', async () => {
    const { status, headers } = await app.call('GET', '', { headers: { accept: 'text/html' } })
    assert.equal(status, 200)
    assert.equal(headers['content-type'], 'application/json; charset=utf-8')
    const odd = await app.call('GET', `/groups/${UNKNOWN}`, { headers: { accept: 'image/png' } })
    isError(odd, 404, 'GROUP_NOT_FOUND', UNKNOWN)
    assert.equal(odd.headers['content-type'], 'application/json; charset=utf-8')
  })

  test('R11 fields that are unknown, or cannot be set, are named', async () => {
    const unknown = await app.call('POST', '/groups', { body: { nmae: 'x', orgId: group.orgId } })
    isError(unknown, 400, 'INVALID_ATTRIBUTE', 'nmae')
    const id = await app.call('PATCH', `/groups/${group.id}`, { body: { id: UNKNOWN } })
    isError(id, 400, 'ATTRIBUTE_READ_ONLY', 'id')
    const proto = await app.raw('POST', '/groups', {
      headers: { 'content-type': 'application/json' },
      body: '{"__proto__":1,"constructor":2}',
    })
    isError(proto, 400, 'INVALID_ATTRIBUTE', '__proto__')
  })

  test('R12 a whole entity can be sent back, and null is nothing', async () => {
    const entity = await app.get(`/groups/${group.id}`)
    const echoed = await app.call('PATCH', `/groups/${group.id}`, { body: entity })
    assert.equal(echoed.status, 200, echoed.text)
    assert.deepEqual(echoed.json, entity)
    const body = { ...entity, orgId: UNKNOWN }
    const other = await app.call('PATCH', `/groups/${group.id}`, { body })
    isError(other, 400, 'ATTRIBUTE_READ_ONLY', 'orgId')
    const nothing = await app.call('PATCH', `/groups/${group.id}`, {
      body: { name: null, id: null },
    })
    assert.deepEqual(nothing.json, entity)
    isError(
      await app.call('POST', '/groups', { body: { name: null } }),
      400,
      'MISSING_ATTRIBUTE',
      'name',
    )
  })

  test('R13 unknown fields come first, with their path, then wrong types; the last of two keys counts', async () => {
    const user = { username: 'x', password: 1, roles: [{ roleName: 'x' }, { roleName: 1, y: 2 }] }
    const nested = await app.call('POST', '/users', { body: user })
    isError(nested, 400, 'INVALID_ATTRIBUTE', 'roles[1].y')
    const types = await app.call('POST', '/users', { body: { username: 'x', password: 1 } })
    isError(types, 400, 'INVALID_JSON_ATTRIBUTE', 'password')
    const first = await app.call('POST', '/groups', { body: { zz: 1, aa: 2 } })
    isError(first, 400, 'INVALID_ATTRIBUTE', 'zz')
    isError(await app.call('POST', '/groups', { body: [] }), 400, 'INVALID_JSON', 'object')
    const headers = { 'content-type': 'application/json' }
    const body = '{"name":"first","name":"R13 last"}'
    assert.equal((await app.raw('POST', '/groups', { headers, body })).json.name, 'R13 last')
  })

  test('R13 the first unknown field is the first in the document, whatever its name looks like', async () => {
    const headers = { 'content-type': 'application/json' }
    for (const [body, first] of [
      ['{"zz":1,"7":2,"aa":3}', 'zz'],
      ['{"name":"x","b":1,"10":2,"2":3}', 'b'],
      ['{"10":1,"2":2,"b":3}', '10'],
      ['{"tags":[],"zz":"\\"aa\\":[{,","aa":1,"1":2}', 'zz'],
    ] as const) {
      const reply = await app.raw('POST', '/groups', { headers, body })
      isError(reply, 400, 'INVALID_ATTRIBUTE', first)
    }
    for (const [body, first] of [
      ['{"roles":[{"roleName":"x"},{"x":1,"0":2}],"1":3}', 'roles[1].x'],
      ['{"roles":[{"roleName":"a,b","z":[1,{"q":2}],"3":1}],"a":3}', 'roles[0].z'],
      ['{"roles":[{"y":1}],"roles":[{"z":1,"2":2}],"y":2}', 'roles[0].z'],
    ] as const) {
      const reply = await app.raw('POST', '/users', { headers, body })
      isError(reply, 400, 'INVALID_ATTRIBUTE', first)
    }
  })

  test('R15 dates are ISO 8601 in all its lengths', () => {
    for (const [text, expected] of [
      ['2018-09-27', '2018-09-27T00:00:00.000Z'],
      ['2018-09-27T16:00', '2018-09-27T16:00:00.000Z'],
      ['2018-09-27T16:00-04:00', '2018-09-27T20:00:00.000Z'],
      ['2018-09-27T16:00:05.25+0130', '2018-09-27T14:30:05.250Z'],
      ['2018-09-27T16:00:05Z', '2018-09-27T16:00:05.000Z'],
      ['2020-02-29T00:00:00+02', '2020-02-28T22:00:00.000Z'],
      ['0099-01-01', '0099-01-01T00:00:00.000Z'],
    ]) {
      assert.equal(readDate(text)?.toISOString(), expected, text)
    }
    for (const text of ['27/09/2018', '2018-13-01', '2019-02-29', '2018-09-27T25:00', '', '2018']) {
      assert.equal(readDate(text), undefined, text)
    }
    assert.equal(readQueryDate('2018-09-27T16:00 04:00')?.toISOString(), '2018-09-27T12:00:00.000Z')
  })

  test('R16 R20 dates are written to the second in UTC, fields by code point at every depth', () => {
    const value = {
      b: new Date(1538078400999),
      a: [{ z: 1, Z: 2, '10': 3, '9': 4 }],
      '\u{1f600}': 1,
      '\uff5e': 2,
    }
    assert.equal(
      jsonText(value, false),
      '{"a":[{"10":3,"9":4,"Z":2,"z":1}],"b":"2018-09-27T20:00:00Z","\uff5e":2,"\u{1f600}":1}',
    )
  })

  test('R19 what has no value is left out, points in time apart', () => {
    assert.equal(jsonText({ a: undefined, b: null, c: [null] }, false), '{"b":null,"c":[null]}')
  })

  test('R18 R19 numbers name their units, and what a new host has not told is a default or left out', async () => {
    const path = `/groups/${group.id}/hosts`
    // Nobody listens there, so that nothing is ever heard of it.
    const body = { hostname: '127.0.0.1', port: 1 }
    const host = (await app.call('POST', path, { body, status: 201 })).json
    const defaults = { uptimeMsec: 0, lastDataSizeBytes: 0, lastIndexSizeBytes: 0 }
    const falses = { hasStartupWarnings: false, hidden: false, lowUlimit: false }
    for (const [name, value] of Object.entries({ ...defaults, ...falses })) {
      assert.equal(host[name], value, name)
    }
    for (const name of [
      'username',
      'password',
      'lastPing',
      'lastRestart',
      'version',
      'systemInfo',
    ]) {
      assert.ok(!(name in host), name)
    }
    assert.ok(Object.values(host).every((value) => value !== null))
    const numbers = Object.keys(host).filter((name) => typeof host[name] === 'number')
    const withoutUnit = numbers.filter(
      (name) => !/(Msec|Bytes|MB|Min|Hours|Days|Secs?)$/.test(name),
    )
    assert.deepEqual(withoutUnit, ['port'])
    await app.call('DELETE', `${path}/${host.id}`, { status: 200 })
  })

  test('R18 R19 R20 answers leave out what has no value and are sorted', async () => {
    const { text } = await app.call('GET', '/groups')
    assert.doesNotMatch(text, /null|\n| {2}/)
    const sorted = (value: unknown): void => {
      if (Array.isArray(value)) value.forEach(sorted)
      else if (typeof value === 'object' && value !== null) {
        assert.deepEqual(Object.keys(value), Object.keys(value).toSorted())
        Object.values(value).forEach(sorted)
      }
    }
    sorted(JSON.parse(text))
    sorted((await app.call('GET', `/groups/${UNKNOWN}`)).json)
  })

  test('R21 pretty indents, errors too', async () => {
    for (const path of ['', `/groups/${UNKNOWN}`]) {
      const { text, json } = await app.call('GET', `${path}?pretty=true`)
      assert.equal(text, `${JSON.stringify(json, null, 2)}\n`)
      assert.equal((await app.call('GET', `${path}?pretty=false`)).text, JSON.stringify(json))
    }
  })

  test('R22 R23 R24 an envelope holds entity and status, a list gains the status', async () => {
    const entity = await app.get(`/groups/${group.id}`)
    const path = `/groups/${group.id}?envelope=true`
    assert.deepEqual((await app.call('GET', path)).json, { content: entity, status: 200 })
    const list = (await app.call('GET', '/groups?envelope=true')).json
    assert.deepEqual(Object.keys(list), ['links', 'results', 'status', 'totalCount'])
    assert.equal(list.status, 200)
    const error = await app.call('GET', `/groups/${UNKNOWN}?envelope=true`)
    assert.equal(error.status, 404)
    assert.equal(error.json.status, 404)
    assert.equal(error.json.content.errorCode, 'GROUP_NOT_FOUND')
    const array = (await app.call('GET', `/groups/${group.id}/agentapikeys?envelope=true`)).json
    assert.equal(array.content.length, 1)
    for (const name of ['envelope', 'pretty']) {
      const wrong = await app.call('GET', `/groups?${name}=yes`)
      isError(wrong, 400, 'INVALID_QUERY_PARAMETER', name)
    }
  })

  test('R25 a slash at the end and unknown parameters do not matter, segments are decoded once', async () => {
    assert.equal((await app.call('GET', '/')).status, 200)
    const plain = await app.get('/groups')
    assert.deepEqual((await app.get('/groups/?nonsense=1')).results, plain.results)
    const name = 'a%2Fb/c d'
    await app.call('POST', '/groups', { body: { name }, status: 201 })
    const found = await app.get(`/groups/byName/${encodeURIComponent(name)}`)
    assert.equal(found.name, name)
    assert.equal((await app.call('GET', '/groups//')).status, 404)
  })
})
