import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type CommandResult, runGantry } from '../support/gantry-command.js'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'

describe('the command line of an account', () => {
  let gantry: GantryProcess
  let home: string
  let env: Record<string, string>
  before(async () => {
    gantry = await startGantry()
    home = mkdtempSync(join(tmpdir(), 'gantry-home-'))
    env = { GANTRY_CONFIG_FILE: join(home, 'config.json') }
  })
  after(async () => {
    await gantry.stop()
    rmSync(home, { recursive: true })
  })

  const run = (args: readonly string[], input?: string): Promise<CommandResult> =>
    runGantry(args, { env, input })

  async function ok(args: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await run(args, input)
    assert.equal(code, 0, stderr)
    return stdout
  }

  async function json<T = never>(args: readonly string[], input?: string): Promise<T> {
    return JSON.parse(await ok([...args, '--json'], input))
  }

  test('nobody is signed in at first', async () => {
    const { code, stderr } = await run(['instance', 'list'])
    assert.equal(code, 1)
    assert.match(stderr, /nobody is signed in \(gantry help login\)/)
  })

  test('signing in keeps a token, and no password, in a private file', async () => {
    const { url, login, password } = gantry.credentials()
    const wrong = await run(['login', '--url', url, '--login', login], 'wrong\n')
    assert.equal(wrong.code, 1)
    assert.match(wrong.stderr, /wrong login or password/)
    const file = join(home, 'password')
    writeFileSync(file, password)
    const said = await ok(['login', '--url', url, '--login', login, '--password-file', file])
    assert.match(said, /signed in at http.* as admin@localhost, kept in profile default/)
    assert.doesNotMatch(said, new RegExp(password))
    assert.equal(statSync(env.GANTRY_CONFIG_FILE).mode & 0o777, 0o600)
    const profiles = await ok(['profile', 'list', '--json'])
    assert.deepEqual(JSON.parse(profiles), [{ name: 'default', default: true, url, login }])
  })

  test('instances are made, listed, shown, renamed and deleted', async () => {
    const made = await json<{ name: string; state: string; connect_string: string }>([
      ...['instance', 'create', 'shop', '--type', 'mongodb_sharded', '--plan', '5'],
      ...['--server-version', '3.4.10', '--zone', 'US-West'],
    ])
    assert.equal(made.state, 'ACTIVE')
    const table = await ok(['instance', 'list'])
    assert.match(table, /^NAME +SERVICE/)
    assert.match(table, /^shop +mongodb +mongodb_sharded +5 +US-West +ACTIVE +127\.0\.0\.1:\d+$/m)
    assert.match(await ok(['instance', 'show', 'shop']), /^api_key +[0-9a-f]{32}$/m)
    assert.match(await ok(['instance', 'rename', 'shop', 'store']), /from "shop" to "store"/)
    const gone = await run(['instance', 'show', 'shop'])
    assert.equal(gone.code, 1)
    assert.match(gone.stderr, /instance not found/)
    const unsure = await run(['instance', 'delete', 'store'])
    assert.equal(unsure.code, 2)
    assert.match(unsure.stderr, /add --yes/)
    await ok(['instance', 'delete', 'store', '--yes'])
    const names = (await json<{ name: string }[]>(['instance', 'list'])).map(({ name }) => name)
    assert.deepEqual(names, ['default'])
  })

  test('what lives elsewhere is attached by its URI, and stays when it is deleted', async () => {
    const { connectString } = gantry.credentials()
    const said = await ok(['instance', 'attach', 'other', '--uri-file', '-'], connectString)
    const { username, password } = new URL(connectString)
    assert.equal(username, 'admin')
    assert.doesNotMatch(said, new RegExp(password))
    await ok(['doc', 'add', 'd', 'c', '{"a":1}', '--data-dir', gantry.dataDir])
    const other = await json<{ api_key: string; connect_string: string }>([
      'instance',
      'show',
      'other',
    ])
    const key = ['--url', gantry.url, '--api-key', other.api_key]
    const [doc] = await json<{ a: number }[]>(['doc', 'get', 'd', 'c', ...key])
    assert.equal(doc.a, 1)
    await ok(['instance', 'delete', 'other', '--yes'])
    await ok(['doc', 'get', 'd', 'c', '--data-dir', gantry.dataDir])
  })

  test('stat and top show instances of the account', async () => {
    await ok(['instance', 'create', 'second'])
    const stat = ['stat', '--interval', '0.1', '--count', '1', '--json']
    const lines = (await ok([...stat, '--instances', 'all'])).trim().split('\n')
    const entries = lines.map((line) => JSON.parse(line))
    assert.deepEqual(entries.map(({ name, instance }) => [name, instance]).sort(), [
      ['default', 'default'],
      ['second', 'second'],
    ])
    for (const entry of entries) {
      assert.equal(typeof entry.command, 'number')
      assert.equal(typeof entry.connections, 'number')
    }
    const top = ['top', '--interval', '0.1', '--count', '1', '--json']
    const look = JSON.parse(await ok([...top, '--instances', 'second']))
    assert.equal(look.instance, 'second')
    assert.ok(Array.isArray(look.operations))
    const many = await run([...top, '--profile', 'default'])
    assert.equal(many.code, 2)
    assert.match(many.stderr, /--instances names one of default, second/)
    await ok(['instance', 'delete', 'second', '--yes'])
  })

  test('the administrator makes accounts, who see only what is theirs', async () => {
    await ok(['account', 'create', 'user@example.com', '--name', 'User'], 'secret\n')
    const again = await run(['account', 'create', 'user@example.com'], 'x\n')
    assert.match(again.stderr, /login "user@example.com" is taken/)
    assert.match(await ok(['account', 'list']), /^user@example\.com +User +[0-9a-f]{24} +\d{4}-/m)
    const login = ['login', 'user', '--url', gantry.url, '--login', 'user@example.com']
    await ok(login, 'secret\n')
    assert.deepEqual(await json(['instance', 'list', '--profile', 'user']), [])
    const refused = await run(['account', 'list', '--profile', 'user'])
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /only the administrator/)
  })

  test('plans are listed, all or those of a service', async () => {
    assert.equal((await json<unknown[]>(['plan', 'list'])).length, 59)
    assert.match(
      await ok(['plan', 'list', '--service', 'redis']),
      /^redis_ha_instance +US +500 +59\.00/m,
    )
  })

  test('in the folder of a server its first account need not sign in', async () => {
    const bare = { GANTRY_CONFIG_FILE: join(home, 'none.json'), GANTRY_DATA_DIR: gantry.dataDir }
    const { code, stdout } = await runGantry(['instance', 'list'], { env: bare })
    assert.equal(code, 0)
    assert.match(stdout, /^default /m)
  })

  test('who has signed out is no longer known', async () => {
    await ok(['logout'])
    const { code, stderr } = await run(['instance', 'list', '--profile', 'default'])
    assert.equal(code, 1)
    assert.match(stderr, /there is no profile "default"/)
  })
})
