import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'

/** What the documented samples do, in today's form: a body put together by hand. */
const PYTHON = `
import http.client, json, sys
host, key = sys.argv[1:3]
connection = http.client.HTTPConnection(host)
headers = {'Content-type': 'application/x-www-form-urlencoded', 'Accept': 'text/plain'}

def call(path, doc=None, set=None):
    body = 'api_key=' + key
    if doc is not None: body += '&doc=' + json.dumps(doc, ensure_ascii=False)
    if set is not None: body += '&set=' + json.dumps(set, ensure_ascii=False)
    connection.request('POST', path, body.encode('utf-8'), headers)
    response = connection.getresponse()
    assert response.status in (200, 201), response.status
    answer = json.loads(response.read())
    if answer['rc'] != 0: raise Exception(answer['data'])
    return answer

path = '/db/python/collection/people/'
added = call(path + 'add', {'city': 'Köln & "Bonn"', 'mail': 'a+b@example.com', 'age': 35})['data']
assert added['_id']['$oid'] and added['city'] == 'Köln & "Bonn"', added
assert call(path + 'get', {'age': {'$lt': 36}})['data'] == [added]
assert call(path + 'update', {'age': 35}, {'city': 'Austin', 'age': 40})['n'] == 1
assert call(path + 'get', {'_id': added['_id']})['data'] == [{'_id': added['_id'], 'city': 'Austin', 'age': 40}]
assert call(path + 'delete', {'city': 'Austin'})['n'] == 1
assert call(path + 'get')['data'] == []
print('done')
`

function has(command: string): boolean {
  return spawnSync(command, ['--version']).status === 0
}

describe('clients of API v1', () => {
  let gantry: GantryProcess
  before(async () => {
    gantry = await startGantry(['--tls-port', '0'])
  })
  after(() => gantry.stop())

  function run(command: string, args: string[]): string {
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
    assert.equal(status, 0, stderr + stdout)
    return stdout
  }

  const skipPython = has('python3') ? false : 'python3 IS NOT INSTALLED: its sample is not tested'
  test('Python, with raw JSON in the body', { skip: skipPython }, () => {
    const { host } = new URL(gantry.url)
    assert.equal(run('python3', ['-c', PYTHON, host, gantry.credentials().apiKey]), 'done\n')
  })

  const skipCurl = has('curl') ? false : 'curl IS NOT INSTALLED: its samples are not tested'
  describe('curl', { skip: skipCurl }, () => {
    test('--data as documented', () => {
      const { apiKey } = gantry.credentials()
      const doc = '{"first": "Robert", "born": "1870-01-01T10:00:00.0Z", "tags": ["a b", "c&d"]}'
      const out = run('curl', [
        '-sS',
        '--data',
        `api_key=${apiKey}&doc=${doc}`,
        `${gantry.url}/db/curl/collection/c/add`,
      ])
      const { _id, ...rest } = JSON.parse(out).data
      assert.match(_id.$oid, /^[0-9a-f]{24}$/)
      assert.deepEqual(rest, JSON.parse(doc))
    })

    test('--data-urlencode, and --get', () => {
      const { apiKey } = gantry.credentials()
      const parameters = [
        '--data-urlencode',
        `api_key=${apiKey}`,
        '--data-urlencode',
        'doc={"_id":"ü + %41"}',
      ]
      const added = run('curl', ['-sS', ...parameters, `${gantry.url}/db/curl/collection/e/add`])
      assert.deepEqual(JSON.parse(added), { data: { _id: 'ü + %41' }, rc: 0 })
      const got = run('curl', [
        '-sS',
        '--get',
        ...parameters,
        `${gantry.url}/db/curl/collection/e/get`,
      ])
      assert.deepEqual(JSON.parse(got), { data: [{ _id: 'ü + %41' }], rc: 0 })
    })

    test('over TLS, with the certificate checked', () => {
      const { apiKey, tlsUrl } = gantry.credentials()
      const ca = ['--cacert', join(gantry.dataDir, 'tls', 'ca.pem')]
      const out = run('curl', ['-sS', ...ca, '--data', `api_key=${apiKey}`, `${tlsUrl}/instance`])
      assert.equal(JSON.parse(out).rc, 0)
      assert.match(readFileSync(join(gantry.dataDir, 'tls', 'ca.pem'), 'utf8'), /^-+BEGIN CERT/)
      const untrusted = spawnSync('curl', ['-sS', `${tlsUrl}/healthz`])
      assert.notEqual(untrusted.status, 0)
    })

    test('a body too large is answered, whether it is announced or not', () => {
      const file = join(gantry.dataDir, 'large')
      spawnSync('truncate', ['-s', '17M', file])
      for (const header of ['Expect: 100-continue', 'Expect:']) {
        const options = ['-sS', '-H', header, '--data-binary', `@${file}`]
        const out = run('curl', [...options, '-w', '%{http_code}', `${gantry.url}/db`])
        assert.equal(out, '{"rc":1,"data":"request too large","msg":"request too large"}413')
      }
    })
  })
})
