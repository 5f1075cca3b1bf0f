import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { runGantry } from '../support/gantry-command.js'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'

describe('the command gantry', () => {
  let gantry: GantryProcess
  let folder: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-cli-'))
    gantry = await startGantry(['--tls-port', '0'])
  })
  after(async () => {
    await gantry.stop()
    rmSync(folder, { recursive: true })
  })

  /** Runs a command on the server under test; it must succeed in silence. */
  async function run(words: string, rest: readonly string[] = [], input?: string): Promise<string> {
    const args = [...words.split(' '), ...rest]
    const result = await runGantry([...args, '--data-dir', gantry.dataDir], { input })
    assert.deepEqual({ code: result.code, stderr: result.stderr }, { code: 0, stderr: '' }, words)
    return result.stdout
  }

  const json = async (words: string, rest?: readonly string[], input?: string) =>
    JSON.parse(await run(`${words} --json`, rest, input))

  test('documents are added, found, updated and deleted', async () => {
    const stored = await json('doc add shop things', ['{"_id":1,"a":"x & y + 100%"}'])
    assert.deepEqual(stored, { _id: 1, a: 'x & y + 100%' })
    await run('doc add shop things', [], '{"_id":2,"n":9007199254740993}\n')
    assert.equal(
      await run('doc get shop things', ['{"_id":2}']),
      '{"_id":2,"n":9007199254740993}\n',
    )
    assert.equal((await run('doc get shop things')).trim().split('\n').length, 2)
    assert.deepEqual(await json('doc update shop things', ['{"_id":1}', '{"$set":{"b":2}}']), {
      n: 1,
    })
    assert.deepEqual(await json('doc get shop things', ['-'], '{"b":2}'), [{ ...stored, b: 2 }])
    assert.equal(await run('doc delete shop things', ['{}']), '2 documents deleted\n')
    assert.equal(await run('doc get shop things'), '')
    assert.deepEqual(await json('doc get shop things'), [])
  })

  test('databases, with a password from standard input', async () => {
    assert.match(await run('db add fresh ann', [], 'p4ssw0rd\n'), /fresh is there/)
    assert.match(await run('db list'), /NAME.*INDEX SIZE\n(.*\n)*fresh /)
    const databases: { name: string }[] = await json('db list')
    assert.ok(databases.some(({ name }) => name === 'fresh'))
  })

  test('ACLs', async () => {
    assert.match(await run('acl add 5.6.7.8/24', ['Dev server']), /added/)
    assert.match(await run('acl list'), /^5\.6\.7\.8\/24 +Dev server$/m)
    assert.match(await run('acl delete 5.6.7.8/24'), /removed/)
    const acls: { cidr_mask: string }[] = await json('acl list')
    assert.ok(acls.every(({ cidr_mask }) => cidr_mask !== '5.6.7.8/24'))
  })

  test('instance, space and logs', async () => {
    assert.match(await run('instance show'), /^name +default$/m)
    assert.equal((await json('instance show')).name, 'default')
    assert.match(await run('space'), /TOTAL.*\nall /)
    assert.equal(typeof (await json('space')).total_size, 'number')
    const [lines] = Object.values<{ msg: string }[]>(await json('logs'))
    assert.ok(lines.length > 0)
    assert.match(await run('logs'), /^\d{4}-\d\d-\d\dT.* /m)
  })

  test('a profile, over TLS with the certificate to trust, and no key is shown', async () => {
    const env = { XDG_CONFIG_HOME: folder }
    const { tlsUrl, apiKey } = gantry.credentials()
    const keyFile = join(folder, 'key')
    writeFileSync(keyFile, apiKey)
    const ca = join(gantry.dataDir, 'tls', 'ca.pem')
    const server = ['--url', String(tlsUrl), '--api-key-file', keyFile]
    const added = await runGantry(['profile', 'add', 'home', '--default', '--ca', ca, ...server], {
      env,
    })
    assert.equal(added.code, 0, added.stderr)
    assert.equal(statSync(join(folder, 'gantry', 'config.json')).mode & 0o777, 0o600)
    const found = await runGantry(['instance', 'show', '--json'], { env })
    assert.equal(JSON.parse(found.stdout).name, 'default')
    const list = await runGantry(['profile', 'list', '--json'], { env })
    assert.equal(JSON.parse(list.stdout)[0].url, tlsUrl)
    for (const { stdout, stderr } of [added, found, list]) {
      assert.ok(!(stdout + stderr).includes(apiKey))
    }
    const distrusted = await runGantry(['instance', 'show', ...server])
    assert.equal(distrusted.code, 1)
    assert.match(distrusted.stderr, /^gantry: https:.*certificate/)
    const insecure = await runGantry(['instance', 'show', '--insecure', ...server])
    assert.equal(insecure.code, 0)
    const deleted = await runGantry(['profile', 'delete', 'home'], { env })
    assert.equal(deleted.code, 0)
    const none = await runGantry(['profile', 'list', '--json'], { env })
    assert.equal(none.stdout, '[]\n')
  })

  const failures: { name: string; args: string[]; code: number; stderr: RegExp }[] = [
    { name: 'no such command', args: ['nope'], code: 2, stderr: /no command "nope"/ },
    { name: 'half a command', args: ['doc'], code: 2, stderr: /doc what\?/ },
    {
      name: 'an unknown option',
      args: ['instance', 'show', '--x'],
      code: 2,
      stderr: /--x.*help instance/s,
    },
    {
      name: 'a document that is no JSON',
      args: ['doc', 'get', 'd', 'c', '{a:1}', '--url', 'http://127.0.0.1:1', '--api-key', 'k'],
      code: 2,
      stderr: /QUERY is not JSON/,
    },
    {
      name: 'no server',
      args: ['instance', 'show', '--data-dir', '/nowhere'],
      code: 1,
      stderr: /ENOENT/,
    },
    {
      name: 'nobody who listens',
      args: ['instance', 'show', '--url', 'http://127.0.0.1:1', '--api-key', 'k'],
      code: 1,
      stderr: /^gantry: http:\/\/127\.0\.0\.1:1: connect ECONNREFUSED 127\.0\.0\.1:1\n$/,
    },
  ]
  for (const { name, args, code, stderr } of failures) {
    test(`${name}: status ${code}`, async () => {
      const result = await runGantry(args)
      assert.equal(result.stdout, '')
      assert.match(result.stderr, stderr)
      assert.equal(result.code, code)
    })
  }

  test('a key that is not known, and a refusal: status 1 with the words of the server', async () => {
    const wrong = await runGantry(['instance', 'show', '--url', gantry.url], {
      env: { GANTRY_API_KEY: 'wrong' },
    })
    assert.deepEqual(wrong, { code: 1, stdout: '', stderr: 'gantry: invalid API key\n' })
    const refused = await runGantry(['doc', 'get', 'd.', 'c', '--data-dir', gantry.dataDir])
    assert.deepEqual(refused, { code: 1, stdout: '', stderr: 'gantry: invalid database name\n' })
  })

  test('help lists every command and shows one', async () => {
    const { stdout } = await runGantry(['help'])
    assert.match(stdout, /^ {2}serve .*start the server$/m)
    assert.match(stdout, /^ {2}doc get /m)
    const forms = [
      ['help', 'doc', 'get'],
      ['doc', 'get', '--help'],
    ]
    const [one, other] = await Promise.all(forms.map((args) => runGantry(args)))
    assert.equal(one.stdout, other.stdout)
    assert.match(one.stdout, /Usage: gantry doc get DB COLLECTION \[QUERY\] \[options\]/)
    assert.match((await runGantry(['help', 'serve'])).stdout, /--mongo-port PORT/)
    assert.match((await runGantry(['help', 'acl'])).stdout, /acl delete/)
  })
})
