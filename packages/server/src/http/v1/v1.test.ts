import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type InjectOptions, inject } from 'light-my-request'
import { readConfig } from '../../config.js'
import { publishCredentials } from '../../control/first-start.js'
import { openControl } from '../../open-control.js'
import { type App, buildApp } from '../app.js'

const FORM = 'application/x-www-form-urlencoded'
const unknownKey = { status: 403, answer: failure('invalid API key') }

function failure(text: string) {
  return { rc: 1, data: text, msg: text }
}

describe('API v1', () => {
  let app: App
  let key: string
  const undo: (() => Promise<void>)[] = []
  const folder = mkdtempSync(join(tmpdir(), 'gantry-v1-'))

  before(async () => {
    const config = readConfig(['--data-dir', folder, '--log-level', 'silent'], {})
    const { control } = await openControl(config, folder, undo)
    const credentials = await publishCredentials(folder, { url: 'http://none' })
    key = credentials?.apiKey ?? ''
    app = await buildApp({ control, logLevel: 'silent', resultLimit: 0 })
  })
  after(async () => {
    await app.close()
    for (const step of undo.reverse()) await step()
    rmSync(folder, { recursive: true })
  })

  async function send(options: InjectOptions) {
    const { statusCode, headers, rawPayload } = await inject(app.handle, {
      method: 'POST',
      ...options,
    })
    assert.equal(headers['content-type'], 'application/json')
    assert.equal(headers['content-length'], String(rawPayload.length))
    return { status: statusCode, answer: JSON.parse(rawPayload.toString()) as unknown }
  }

  /** A call as the documented samples make it: raw JSON in the body. */
  function call(url: string, rest = '') {
    const headers = { 'content-type': FORM, accept: 'text/plain' }
    return send({ url, headers, payload: `api_key=${key}${rest}` })
  }

  async function answerOf(url: string, rest = '') {
    const { status, answer } = await call(url, rest)
    assert.equal(status, 200, JSON.stringify(answer))
    return answer as { rc: number; data: never; n: number; msg: string }
  }

  describe('documents', () => {
    test('add makes an ObjectId and answers what is stored', async () => {
      const { rc, data } = await answerOf(
        '/db/d/collection/add/add',
        '&doc={"city":"Austin","age":35}',
      )
      assert.equal(rc, 0)
      const { _id, ...rest } = data as { _id: { $oid: string } }
      assert.match(_id.$oid, /^[0-9a-f]{24}$/)
      assert.deepEqual(rest, { city: 'Austin', age: 35 })
      const found = await answerOf(
        '/db/d/collection/add/get',
        `&doc={"_id":{"$oid":"${_id.$oid}"}}`,
      )
      assert.deepEqual(found, { rc: 0, data: [data] })
    })

    test('add with an _id inserts, then replaces', async () => {
      const path = '/db/d/collection/save'
      for (const doc of [
        { a: 1, _id: 'x' },
        { _id: 'x', b: 2 },
        { _id: { $gt: 1 } },
        { _id: null },
      ]) {
        const { rc, data } = await answerOf(`${path}/add`, `&doc=${JSON.stringify(doc)}`)
        if ('_id' in doc && doc._id !== null && typeof doc._id === 'object') assert.equal(rc, 1)
        else assert.deepEqual(data, doc)
      }
      const { data } = await answerOf(`${path}/get`)
      assert.deepEqual(data, [{ _id: 'x', b: 2 }, { _id: null }])
    })

    test('update replaces the first match and keeps its _id', async () => {
      const path = '/db/d/collection/update'
      for (const n of [1, 2]) {
        await answerOf(`${path}/add`, `&doc={"_id":${n},"city":"Austin","age":${n}}`)
      }
      const doc = '&doc={"city":"Austin"}'
      assert.deepEqual(await answerOf(`${path}/update`, `${doc}&set={"city":"Dallas"}`), {
        rc: 0,
        n: 1,
      })
      assert.deepEqual(await answerOf(`${path}/update`, '&doc={"no":1}&set={"a":1}'), {
        rc: 0,
        n: 0,
      })
      const operators = '&set={"$inc":{"age":10},"$set":{"city":"Waco"}}'
      assert.deepEqual(await answerOf(`${path}/update`, doc + operators), { rc: 0, n: 1 })
      const { data } = await answerOf(`${path}/get`)
      assert.deepEqual(data, [
        { _id: 1, city: 'Dallas' },
        { _id: 2, city: 'Waco', age: 12 },
      ])
      assert.deepEqual(await answerOf(`${path}/update`, '&doc={"_id":2}&set={}'), { rc: 0, n: 1 })
      assert.deepEqual((await answerOf(`${path}/get`, '&doc={"_id":2}')).data, [{ _id: 2 }])
    })

    test('delete removes all matches', async () => {
      const path = '/db/d/collection/delete'
      for (const n of [1, 2, 3, 4, 5]) await answerOf(`${path}/add`, `&doc={"_id":${n}}`)
      assert.deepEqual(await answerOf(`${path}/delete`, '&doc={"_id":{"$lt":4}}'), { rc: 0, n: 3 })
      assert.deepEqual(await answerOf(`${path}/delete`, '&doc={"_id":9}'), { rc: 0, n: 0 })
      assert.deepEqual(await answerOf(`${path}/delete`, '&doc={}'), { rc: 0, n: 2 })
      assert.deepEqual(await answerOf(`${path}/get`), { rc: 0, data: [] })
    })

    test('values come out as they went in', async () => {
      const values = [
        '9007199254740993',
        '-9223372036854775808',
        '1.0',
        '0.1',
        '1e+300',
        '"grüße 😀 \\u0001 \\" \\\\"',
        '{"$date":1350873424334}',
        '{"$oid":"50876f83cb72593131000000"}',
        '{"$binary":"AQID","$type":"00"}',
        '[[1,[2,[]]],{}]',
        'null',
        'true',
        '{"$minKey":1}',
        '{"10":1,"9":2,"a":{"b":1}}',
      ]
      const doc = `{"_id":1,${values.map((value, i) => `"v${i}":${value}`).join(',')}}`
      const sent = `api_key=${key}&doc=${encodeURIComponent(doc)}`
      const headers = { 'content-type': FORM }
      const options = { method: 'POST', headers, payload: sent } as const
      const added = await inject(app.handle, { ...options, url: '/db/d/collection/values/add' })
      assert.equal(added.payload, `{"data":${doc},"rc":0}`)
      const got = await inject(app.handle, {
        ...options,
        payload: `api_key=${key}`,
        url: '/db/d/collection/values/get',
      })
      assert.equal(got.payload, `{"data":[${doc}],"rc":0}`)
    })
  })

  describe('collections and databases', () => {
    test('stats of a collection, and of none', async () => {
      await answerOf('/db/d/collection/stats/add', '&doc={"_id":1}')
      const { data } = await answerOf('/db/d/collection/stats/stats/get', '&doc={}')
      const { ns, count, nindexes, sharded, ok } = data as Record<string, unknown>
      assert.deepEqual(
        { ns, count, nindexes, sharded, ok },
        { ns: 'd.stats', count: 1, nindexes: 1, sharded: false, ok: 1 },
      )
      for (const field of [
        'size',
        'avgObjSize',
        'storageSize',
        'numExtents',
        'totalIndexSize',
        'flags',
      ]) {
        assert.equal(typeof data[field], 'number', field)
      }
      assert.deepEqual(
        await answerOf('/db/d/collection/none/stats/get'),
        failure('collection not found'),
      )
    })

    test('an index is made once and may be asked for again', async () => {
      const path = '/db/d/collection/indexed'
      for (const index of ['{"key":"a.b"}', '{"key":"a.b","sort":1}', '{"key":"c","sort":-1}']) {
        const answer = await answerOf(`${path}/index/add`, `&doc={"index":${index}}`)
        assert.deepEqual(answer, { data: 'OK', rc: 0 })
      }
      const { data } = await answerOf(`${path}/stats/get`)
      assert.deepEqual(Object.keys((data as { indexSizes: object }).indexSizes).sort(), [
        '_id_',
        'a.b_1',
        'c_-1',
      ])
    })

    test('a database made by name, with users, is listed while it is empty', async () => {
      const ok = { data: 'OK', rc: 0 }
      assert.deepEqual(await answerOf('/db/made/add', '&doc={"user0":"p4ssw0rd"}'), ok)
      assert.deepEqual(await answerOf('/db/made/add', '&doc={"user0":"other","u1":"x"}'), ok)
      const { data } = await answerOf('/db')
      assert.ok((data as { name: string }[]).some(({ name }) => name === 'made'))
    })

    test('databases with their statistics, without those of the system', async () => {
      await answerOf('/db/filled/collection/c/add', '&doc={"a":1}')
      const { data } = await answerOf('/db', '&doc={}')
      const databases = data as { name: string; stats: Record<string, unknown> }[]
      const names = databases.map(({ name }) => name)
      assert.ok(names.includes('filled') && !names.includes('admin') && !names.includes('local'))
      const { stats } = databases.find(({ name }) => name === 'filled') ?? assert.fail()
      assert.equal(stats.objects, 1)
      const fields = 'avgObjSize dataSize storageSize numExtents indexes indexSize fileSize ok'
      for (const field of fields.split(' ')) assert.equal(typeof stats[field], 'number', field)
    })

    test('the instance of the key', async () => {
      const { data } = await answerOf('/instance')
      const where = { host: '', port: 0 }
      assert.deepEqual(data, { name: 'default', zone: 'local', ...where, plan: 1, size: 1 })
    })
  })

  describe('refuses', () => {
    const path = '/db/d/collection/c'
    const long = 'x'.repeat(1 << 20)
    const deep = `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`
    const refused: { name: string; url: string; rest?: string; text: string | RegExp }[] = [
      { name: 'a missing doc', url: `${path}/add`, text: 'missing parameter: doc' },
      {
        name: 'a missing set',
        url: `${path}/update`,
        rest: '&doc={}',
        text: 'missing parameter: set',
      },
      {
        name: 'a missing doc of update',
        url: `${path}/update`,
        rest: '&set={}',
        text: 'missing parameter: doc',
      },
      {
        name: 'a delete of everything by omission',
        url: `${path}/delete`,
        text: 'missing parameter: doc',
      },
      { name: 'no JSON', url: `${path}/get`, rest: '&doc={"a":', text: 'doc is not valid JSON' },
      {
        name: 'no JSON where doc is not used',
        url: '/instance',
        rest: '&doc={',
        text: 'doc is not valid JSON',
      },
      { name: 'a blank doc', url: `${path}/get`, rest: '&doc=', text: 'doc is not valid JSON' },
      { name: 'an array', url: `${path}/add`, rest: '&doc=[1]', text: 'doc must be a JSON object' },
      {
        name: 'a set that is no object',
        url: `${path}/update`,
        rest: '&doc={}&set=1',
        text: 'set must be a JSON object',
      },
      {
        name: 'an ambiguous doc',
        url: `${path}/add`,
        rest: '&doc={"u":"a%20b"}',
        text: 'doc is ambiguous: percent-encode the whole value',
      },
      {
        name: 'a parameter given twice',
        url: `${path}/add`,
        rest: '&doc={}&doc={}',
        text: 'parameter doc given more than once',
      },
      {
        name: 'fields and operators at once',
        url: `${path}/update`,
        rest: '&doc={}&set={"$set":{"a":1},"b":1}',
        text: /either update operators or fields/,
      },
      {
        name: 'an unknown operator',
        url: `${path}/get`,
        rest: '&doc={"a":{"$foo":1}}',
        text: 'unknown operator: $foo',
      },
      {
        name: '$where',
        url: `${path}/get`,
        rest: '&doc={"$where":"1"}',
        text: /\$where is not supported/,
      },
      {
        name: '$where inside',
        url: `${path}/delete`,
        rest: '&doc={"$or":[{"a":1},{"$where":"1"}]}',
        text: /\$where is not supported/,
      },
      {
        name: '$function',
        url: `${path}/get`,
        rest: '&doc={"$expr":{"$function":{"body":"","args":[],"lang":"js"}}}',
        text: /\$function is not supported/,
      },
      {
        name: 'a system database',
        url: '/db/admin/collection/c/get',
        text: 'invalid database name',
      },
      {
        name: 'a long database name',
        url: `/db/${'d'.repeat(64)}/collection/c/get`,
        text: 'invalid database name',
      },
      {
        name: 'a dot in a database name',
        url: '/db/a.b/add',
        rest: '&doc={"u":"p"}',
        text: 'invalid database name',
      },
      {
        name: 'an escaped slash in a database name',
        url: '/db/a%2Fb/collection/c/get',
        text: 'invalid database name',
      },
      {
        name: 'a dollar in a collection name',
        url: '/db/d/collection/a$b/get',
        text: 'invalid collection name',
      },
      {
        name: 'writing to a system collection',
        url: '/db/d/collection/system.x/add',
        rest: '&doc={}',
        text: 'invalid collection name',
      },
      {
        name: 'nesting of 300 levels',
        url: `${path}/add`,
        rest: `&doc=${deep}`,
        text: /nest|valid JSON/i,
      },
      {
        name: 'an index that is no object',
        url: `${path}/index/add`,
        rest: '&doc={"index":1}',
        text: 'index must be a JSON object',
      },
      {
        name: 'an index without a key',
        url: `${path}/index/add`,
        rest: '&doc={"index":{"key":""}}',
        text: 'index.key must be a non-empty string',
      },
      {
        name: 'an index that is sorted otherwise',
        url: `${path}/index/add`,
        rest: '&doc={"index":{"key":"a","sort":2}}',
        text: 'index.sort must be 1 or -1',
      },
      {
        name: 'no users',
        url: '/db/d/add',
        rest: '&doc={}',
        text: 'doc must hold at least one user',
      },
      {
        name: 'a password that is no text',
        url: '/db/d/add',
        rest: '&doc={"u":1}',
        text: /passwords/,
      },
      {
        name: 'an _id that is an array',
        url: `${path}/add`,
        rest: '&doc={"_id":[1]}',
        text: /_id/,
      },
    ]
    for (const { name, url, rest, text } of refused) {
      test(name, async () => {
        const { rc, data, msg } = await answerOf(url, rest)
        assert.equal(rc, 1)
        assert.equal(data, msg)
        if (typeof text === 'string') assert.equal(msg, text)
        else assert.match(msg, text)
      })
    }

    test('nothing because of a long field name', async () => {
      const { data } = await answerOf('/db/d/collection/long/add', `&doc={"_id":1,"${long}":1}`)
      assert.deepEqual(data, { _id: 1, [long]: 1 })
    })

    const headers = { 'content-type': FORM }
    const transport: {
      name: string
      request: () => InjectOptions
      status: number
      text: string
    }[] = [
      {
        name: 'no key',
        request: () => ({ url: '/db', headers, payload: 'doc={' }),
        status: 403,
        text: 'invalid API key',
      },
      {
        name: 'an empty key',
        request: () => ({ url: '/db', headers, payload: 'api_key=' }),
        status: 403,
        text: 'invalid API key',
      },
      {
        name: 'an unknown key before a bad doc',
        request: () => ({ url: '/db', headers, payload: 'api_key=x&doc={' }),
        status: 403,
        text: 'invalid API key',
      },
      {
        name: 'an unknown path',
        request: () => ({ url: '/serverstatus' }),
        status: 404,
        text: 'not found',
      },
      { name: 'another case', request: () => ({ url: '/DB' }), status: 404, text: 'not found' },
      {
        name: 'two slashes at the end',
        request: () => ({ url: '/instance//' }),
        status: 404,
        text: 'not found',
      },
      {
        name: 'a broken escape',
        request: () => ({ url: '/db/%zz/collection/c/get' }),
        status: 404,
        text: 'not found',
      },
      {
        name: 'PUT',
        request: () => ({ method: 'PUT', url: '/db', payload: 'a' }),
        status: 405,
        text: 'method not allowed',
      },
      {
        name: 'DELETE',
        request: () => ({ method: 'DELETE', url: `${path}/delete/` }),
        status: 405,
        text: 'method not allowed',
      },
      {
        name: 'JSON',
        request: () => ({
          url: '/db',
          headers: { 'content-type': 'application/json' },
          payload: '{}',
        }),
        status: 415,
        text: 'unsupported content type',
      },
      {
        name: 'multipart',
        request: () => ({
          url: '/db',
          headers: { 'content-type': 'multipart/form-data; boundary=x' },
          payload: '--x--',
        }),
        status: 415,
        text: 'unsupported content type',
      },
      {
        name: 'a type that is none',
        request: () => ({ url: '/db', headers: { 'content-type': '%' }, payload: 'a' }),
        status: 415,
        text: 'unsupported content type',
      },
      {
        name: 'too much',
        request: () => ({
          url: '/db',
          headers,
          payload: Buffer.alloc(16 * 1024 * 1024 + 65537, 'a'),
        }),
        status: 413,
        text: 'request too large',
      },
    ]
    for (const { name, request, status, text } of transport) {
      test(`${name} with ${status}`, async () => {
        assert.deepEqual(await send(request()), { status, answer: failure(text) })
      })
    }

    test('HEAD with 405', async () => {
      assert.equal((await inject(app.handle, { method: 'HEAD', url: '/instance' })).statusCode, 405)
    })
  })

  describe('serves', () => {
    const ok = () => ({
      status: 200,
      answer: {
        data: { name: 'default', zone: 'local', host: '', plan: 1, port: 0, size: 1 },
        rc: 0,
      },
    })
    const served: { name: string; request: () => InjectOptions }[] = [
      {
        name: 'GET with a query string',
        request: () => ({ method: 'GET', url: `/instance?api_key=${key}` }),
      },
      {
        name: 'GET with a body',
        request: () => ({ method: 'GET', url: '/instance', payload: `api_key=${key}` }),
      },
      {
        name: 'POST with a query string',
        request: () => ({ url: `/instance?doc=%7B%7D&api_key=${key}` }),
      },
      {
        name: 'one slash at the end',
        request: () => ({ url: '/instance/', payload: `api_key=${key}` }),
      },
      {
        name: 'no content type',
        request: () => ({ url: '/instance', payload: Buffer.from(`api_key=${key}`) }),
      },
      {
        name: 'text/plain',
        request: () => ({
          url: '/instance',
          headers: { 'content-type': 'text/plain; charset=utf-8' },
          payload: `api_key=${key}`,
        }),
      },
      {
        name: 'an Accept that is not JSON',
        request: () => ({
          url: '/instance',
          headers: { accept: 'text/html' },
          payload: `api_key=${key}`,
        }),
      },
      {
        name: 'parameters in any order',
        request: () => ({ url: '/instance', payload: `&doc=%7B%7D&x=1&api_key=${key}&` }),
      },
    ]
    for (const { name, request } of served) {
      test(name, async () => assert.deepEqual(await send(request()), ok()))
    }

    test('names in UTF-8', async () => {
      const path = `/db/d/collection/${encodeURIComponent('größe/x')}`
      await answerOf(`${path}/add`, '&doc={"_id":1}')
      assert.deepEqual((await answerOf(`${path}/get`)).data, [{ _id: 1 }])
      const { data } = await answerOf(`${path}/stats/get`)
      assert.equal((data as { ns: string }).ns, 'd.größe/x')
    })
  })

  test('an unknown key is not told from a wrong one', async () => {
    const payload = `api_key=${key.slice(0, -1)}`
    assert.deepEqual(
      await send({ url: '/db', payload, headers: { 'content-type': FORM } }),
      unknownKey,
    )
  })
})
