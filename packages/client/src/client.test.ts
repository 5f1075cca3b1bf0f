import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { type Client, createClient } from './client.js'
import { ApiError, ConnectionError, ReplyError } from './errors.js'
import type { JsonDocument } from './json.js'

describe('createClient', () => {
  let status: number
  let answer: string
  let last: { path: string; form: URLSearchParams }
  let client: Client
  const server = createServer((request, response) => void serve(request, response))
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    client = createClient({ url: urlOf(), apiKey: 'k+y' })
  })
  after(() => {
    client.close()
    server.close()
  })

  const urlOf = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

  async function serve(request: IncomingMessage, response: ServerResponse) {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    last = { path: request.url ?? '', form: new URLSearchParams(body) }
    response.writeHead(status).end(answer)
  }

  function answers(text: string, withStatus = 200) {
    answer = text
    status = withStatus
  }

  test('sends key and documents as a form, names escaped in the path', async () => {
    answers('{"rc":0,"n":1}')
    const input = { db: 'a b', collection: 'c/d', doc: { a: '&+' }, set: '{"b":1.0}' }
    assert.equal(await client.updateDocument(input), 1)
    assert.equal(last.path, '/db/a%20b/collection/c%2Fd/update')
    assert.deepEqual(
      [...last.form],
      [
        ['api_key', 'k+y'],
        ['doc', '{"a":"&+"}'],
        ['set', '{"b":1.0}'],
      ],
    )
  })

  test('answers data, a list with all digits, and what need not be given', async () => {
    answers('{"data":[{"_id":9007199254740993}],"rc":0}')
    const found: readonly JsonDocument[] = await client.getDocuments({ db: 'd', collection: 'c' })
    assert.deepEqual(found, [{ _id: 9007199254740993n }])
    assert.equal(last.form.get('doc'), null)
    answers('{"data":{"name":"n"},"rc":0}')
    assert.equal((await client.getInstance()).name, 'n')
  })

  const failures: { name: string; status?: number; text: string; kind: string; message: string }[] =
    [
      { name: 'rc 1 under data', text: '{"rc":1,"data":"no"}', kind: 'refused', message: 'no' },
      { name: 'rc 1 under msg', text: '{"rc":1,"msg":"no"}', kind: 'refused', message: 'no' },
      {
        name: 'a bad key',
        status: 403,
        text: '{"rc":1,"data":"invalid API key","msg":"invalid API key"}',
        kind: 'unauthenticated',
        message: 'invalid API key',
      },
      {
        name: "a proxy's page",
        status: 502,
        text: '<html>',
        kind: 'status',
        message: 'the server answered with status 502',
      },
    ]
  for (const { name, status: code, text, ...expected } of failures) {
    test(`rejects for ${name}`, async () => {
      answers(text, code)
      await assert.rejects(client.getInstance(), (error) => {
        assert.ok(error instanceof ApiError)
        assert.deepEqual({ kind: error.kind, message: error.message }, expected)
        return error.status === (code ?? 200)
      })
    })
  }

  for (const text of ['<html>', '[]', '{"a":1}', '{"rc":0}']) {
    test(`rejects for ${text}, which is not of API v1`, async () => {
      answers(text)
      await assert.rejects(client.getInstance(), ReplyError)
    })
  }

  test('rejects when nobody listens, naming the server and not the key', async () => {
    const nobody = createClient({ url: 'http://127.0.0.1:1', apiKey: 'secret' })
    await assert.rejects(nobody.getInstance(), (error) => {
      assert.ok(error instanceof ConnectionError)
      assert.match(error.message, /127\.0\.0\.1:1.*ECONNREFUSED/)
      return !error.message.includes('secret')
    })
  })

  test('ends a call when it is told to', async () => {
    answers('{"data":{},"rc":0}')
    const signal = AbortSignal.abort()
    await assert.rejects(client.getInstance({}, { signal }), ConnectionError)
  })

  test('refuses a URL that is not of HTTP', () => {
    assert.throws(() => createClient({ url: 'mongodb://h', apiKey: 'k' }), TypeError)
  })

  test('the types refuse what the contract does not have', async () => {
    answers('{"rc":0,"n":2}')
    const place = { db: 'd', collection: 'c' }
    const count: number = await client.deleteDocuments({ ...place, doc: {} })
    assert.equal(count, 2)
    const misuse = () => {
      // @ts-expect-error a collection is missing
      void client.getDocuments({ db: 'd' })
      // @ts-expect-error what to delete is missing
      void client.deleteDocuments(place)
      // @ts-expect-error nothing is given
      void client.addDocument()
      // @ts-expect-error the new document is missing
      void client.updateDocument({ ...place, doc: {} })
      // @ts-expect-error a count is no list
      const list: Promise<readonly JsonDocument[]> = client.deleteDocuments({ ...place, doc: {} })
      // @ts-expect-error there is no such call
      void client.dropDatabase({ db: 'd' })
      // @ts-expect-error it takes no document
      void client.getInstance({ doc: {} })
      return list
    }
    assert.equal(typeof misuse, 'function')
  })
})
