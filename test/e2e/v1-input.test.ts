import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'
import { exchange } from '../support/raw-http.js'
import { callV1, type V1Answer } from '../support/v1.js'

const MiB = 1024 * 1024

describe('what is sent to API v1', () => {
  let gantry: GantryProcess
  let key: string
  before(async () => {
    gantry = await startGantry(['--request-timeout', '2'])
    key = gantry.credentials().apiKey
  })
  after(() => gantry.stop())
  afterEach(async () => {
    assert.equal((await callV1(gantry, '/instance')).status, 200)
  })

  /** Sends a body that was put together by hand. */
  async function post(path: string, body: string | Buffer | ReadableStream): Promise<V1Answer> {
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    const response = await fetch(gantry.url + path, init)
    const text = await response.text()
    return { status: response.status, text, json: JSON.parse(text) }
  }

  function head(length: number | string, path = '/instance'): string {
    return `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`
  }

  for (const size of [1 * MiB, 15 * MiB]) {
    test(`a document of ${size / MiB} MiB`, async () => {
      const text = 'grüße \\n'.repeat(size / 10)
      const doc = `{"_id":${size},"text":"${text}"}`
      const added = await post('/db/d/collection/large/add', `api_key=${key}&doc=${doc}`)
      assert.equal(added.text, `{"data":${doc},"rc":0}`)
      const got = await callV1(gantry, '/db/d/collection/large/get', { doc: `{"_id":${size}}` })
      assert.equal(got.text, `{"data":[${doc}],"rc":0}`)
    })
  }

  test('a document over the limit', async () => {
    const doc = `{"a":"${'x'.repeat(16 * MiB + 1)}"}`
    const { status, json } = await post('/db/d/collection/large/add', `api_key=${key}&doc=${doc}`)
    assert.equal(status, 200)
    assert.equal(json.rc, 1)
  })

  test('a body in chunks', async () => {
    const parts = [`api_key=${key}&doc={"_i`, 'd":1}']
    const body = new ReadableStream({
      pull(controller) {
        const part = parts.shift()
        if (part) controller.enqueue(Buffer.from(part))
        else controller.close()
      },
    })
    const { json } = await post('/db/d/collection/chunks/add', body)
    assert.deepEqual(json, { data: { _id: 1 }, rc: 0 })
  })

  test('a list too long for one piece, taken whole and left in the middle', async () => {
    const text = 'x'.repeat(MiB)
    for (let n = 0; n < 40; n++) {
      await post('/db/d/collection/long/add', `api_key=${key}&doc={"_id":${n},"text":"${text}"}`)
    }
    const { json } = await callV1(gantry, '/db/d/collection/long/get')
    const ids = (json.data as { _id: number; text: string }[]).map(({ _id }) => _id)
    assert.deepEqual(ids, [...ids.keys()])
    assert.equal(ids.length, 40)
    const init = { method: 'POST', body: `api_key=${key}` }
    const response = await fetch(`${gantry.url}/db/d/collection/long/get`, init)
    const reader = response.body?.getReader()
    await reader?.read()
    await reader?.cancel()
  })

  describe('with broken framing', () => {
    test('a body cut short and its tail', async () => {
      const body = `api_key=${key}&doc={"city":"Köln ßßßß"}`
      const bytes = Buffer.concat([
        Buffer.from(head(body.length, '/db/d/collection/c/add')),
        Buffer.from(body),
      ])
      const [, first, second, ...rest] = (await exchange(gantry.url, bytes)).split('HTTP/1.1 ')
      assert.match(first, /^200 OK\r\n/)
      assert.match(
        first,
        /\r\n\r\n\{"rc":1,"data":"doc is not valid JSON","msg":"doc is not valid JSON"\}$/,
      )
      assert.match(second, /^400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n$/)
      assert.deepEqual(rest, [])
    })

    const cases: { name: string; bytes: () => string; answers: RegExp }[] = [
      {
        name: 'no HTTP',
        bytes: () => '\0\u0001\u0002 nonsense\r\n\r\n',
        answers: /^HTTP\/1.1 400 /,
      },
      { name: 'a length that is none', bytes: () => head('x'), answers: /^HTTP\/1.1 400 / },
      {
        name: 'a chunk size that is none',
        bytes: () => 'POST /db HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
        answers: /^HTTP\/1.1 400 /,
      },
      {
        name: 'too many headers',
        bytes: () => `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(70_000)}\r\n\r\n`,
        answers: /^HTTP\/1.1 431 /,
      },
      {
        name: 'a head that does not end',
        bytes: () => 'POST /db HTTP/1.1\r\nHost: x\r\n',
        answers: /^HTTP\/1.1 408 /,
      },
      {
        name: 'a body that does not end',
        bytes: () => `${head(100)}api_key=`,
        answers: /^HTTP\/1.1 408 /,
      },
    ]
    for (const { name, bytes, answers } of cases) {
      test(name, async () => assert.match(await exchange(gantry.url, bytes()), answers))
    }

    test('a connection that ends in a body', async () => {
      const answer = await exchange(gantry.url, `${head(100)}api_key=`, { thenEnd: true })
      assert.match(answer, /^(HTTP\/1.1 400 .*)?$/s)
    })

    test('several requests at once on one connection', async () => {
      const body = `api_key=${key}`
      const requests = (head(body.length) + body).repeat(3)
      const answer = await exchange(gantry.url, requests, { answers: 3 })
      assert.equal(answer.match(/"rc":0\}/g)?.length, 3)
    })
  })

  describe('with wrong content', () => {
    const path = '/db/d/collection/bad'
    const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
    const bad: { name: string; path: string; parameters: string }[] = [
      { name: 'broken JSON', path: `${path}/add`, parameters: '&doc={"a":1' },
      { name: 'no UTF-8', path: `${path}/add`, parameters: '&doc=%7B%22a%22%3A%22%FF%22%7D' },
      { name: 'a list', path: `${path}/add`, parameters: '&doc=[]' },
      { name: 'an ambiguous value', path: `${path}/add`, parameters: '&doc={"a":"%41"}' },
      { name: 'a repeated parameter', path: `${path}/add`, parameters: '&doc={}&doc={}' },
      {
        name: 'an unknown query operator',
        path: `${path}/get`,
        parameters: '&doc={"a":{"$no":1}}',
      },
      {
        name: 'an unknown update operator',
        path: `${path}/update`,
        parameters: '&doc={}&set={"$no":{"a":1}}',
      },
      { name: 'an operator of the wrong type', path: `${path}/get`, parameters: '&doc={"$or":1}' },
      {
        name: 'a regular expression that is none',
        path: `${path}/get`,
        parameters: '&doc={"a":{"$regex":"("}}',
      },
      { name: 'an invalid database name', path: '/db/a$b/collection/c/get', parameters: '' },
      { name: 'an invalid collection name', path: '/db/d/collection/a%00b/get', parameters: '' },
      { name: 'nesting of 300 levels', path: `${path}/add`, parameters: `&doc=${deep(300)}` },
      {
        name: 'nesting of 300 levels in a filter',
        path: `${path}/get`,
        parameters: `&doc=${deep(300)}`,
      },
      {
        name: 'nesting of a million levels',
        path: `${path}/add`,
        parameters: `&doc=${'['.repeat(1e6)}`,
      },
      { name: 'JavaScript', path: `${path}/get`, parameters: '&doc={"$where":"while(1);"}' },
      {
        name: 'an extended form that is wrong',
        path: `${path}/add`,
        parameters: '&doc={"a":{"$oid":"xyz"}}',
      },
    ]
    for (const { name, path: url, parameters } of bad) {
      test(name, async () => {
        const { status, json } = await post(url, `api_key=${key}${parameters}`)
        assert.equal(status, 200)
        assert.equal(json.rc, 1)
        assert.ok(json.msg.length > 0 && json.msg !== 'internal error', json.msg)
        assert.equal(json.msg, json.data)
      })
    }

    test('a field name of a megabyte, and names that repeat', async () => {
      const name = 'n'.repeat(MiB)
      const doc = `{"_id":1,"${name}":1,"a":1,"a":2}`
      const { text } = await post(`${path}/add`, `api_key=${key}&doc=${doc}`)
      assert.equal(text, `{"data":{"_id":1,"${name}":1,"a":2},"rc":0}`)
    })
  })
})
