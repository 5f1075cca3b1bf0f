import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { MongoClient } from 'mongodb'
import { runGantry } from '../support/gantry-command.js'
import { startGantry } from '../support/gantry-process.js'
import { ORIGINAL_KEY, type OriginalServer, startOriginalServer } from '../support/original-v1.js'
import { hasPty, runInTerminal, type Terminal } from '../support/pty.js'

const FAST = ['--interval', '0.1']
const ENTERED = '\u001b[?1049h'
const LEFT = '\u001b[?1049l'
const CURSOR_SHOWN = '\u001b[?25h'

describe('gantry stat and gantry top on a Gantry server', () => {
  test('show what drivers do', { timeout: 120_000 }, async () => {
    const gantry = await startGantry()
    const { connectString, apiKey } = gantry.credentials()
    const driver = new MongoClient(connectString)
    try {
      const things = driver.db('shop').collection('things')
      await things.insertOne({ first: true })
      const options = ['--data-dir', gantry.dataDir, '--json', ...FAST]
      let isDone = false
      const work = (async () => {
        while (!isDone) await things.insertOne({ a: 1 })
      })()
      const [stat, top] = await Promise.all([
        runGantry(['stat', '--count', '3', ...options]),
        runGantry(['top', '--count', '3', ...options]),
      ])
      isDone = true
      await work
      for (const { code, stdout, stderr } of [stat, top]) {
        assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
        const looks = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
        assert.equal(looks.length, 3)
        assert.ok(looks.some(({ insert }) => insert > 0))
        assert.ok(
          looks.every(({ connections, instance }) => connections > 0 && instance === 'default'),
        )
        assert.ok(!stdout.includes(apiKey))
      }
      // It waits for a change that does not come, and so is under way at every look from then on.
      const stream = things.watch([], { maxAwaitTimeMS: 60_000 })
      stream.on('change', () => {}).on('error', () => {})
      for (;;) {
        const { stdout } = await runGantry(['top', '--count', '1', ...options])
        const { operations } = JSON.parse(stdout) as { operations: { ns: string }[] }
        if (operations.some(({ ns }) => ns === 'shop.things')) break
      }
      await stream.close()
    } finally {
      await driver.close()
      await gantry.stop()
    }
  })
})

describe('gantry stat and gantry top on a server of the original v1', () => {
  let server: OriginalServer
  let options: string[]
  let env: Record<string, string>
  before(async () => {
    server = await startOriginalServer()
    env = { GANTRY_URL: server.url, GANTRY_API_KEY: ORIGINAL_KEY }
    options = [...FAST]
  })
  beforeEach(() => {
    server.operations = [
      { op: 'query', ns: 'shop.things', query: { a: 1 }, secs_running: 65, connectionId: 77 },
      { op: 'insert', ns: 'shop.\u001b[2Jevil', query: {}, secs_running: 2 },
    ]
  })
  after(() => server.cut())

  test('stat without a terminal: one heading, and a line per look', async () => {
    const { code, stdout } = await runGantry(['stat', '--count', '3', ...options], { env })
    assert.equal(code, 0)
    const [heading, ...lines] = stdout.trim().split('\n')
    assert.match(heading, /insert +query.*lock %/)
    assert.equal(lines.length, 3)
    for (const line of lines) assert.match(line, /^ +10 +0 .* 31 +-\|- .* 50\.0 +\d\d:\d\d:\d\d$/)
  })

  test('top without a terminal', async () => {
    const { code, stdout } = await runGantry(['top', '--count', '2', ...options], { env })
    assert.equal(code, 0)
    assert.equal(stdout.match(/^rocketdemo {2}US-West/gm)?.length, 2)
    assert.match(stdout, /1m05s query +shop\.things +conn77 .*\{"a":1\}/)
    assert.ok(!stdout.includes('\u001b'))
  })

  test('top on a server that does not tell its operations', async () => {
    server.operations = undefined
    const { code, stdout } = await runGantry(['top', '--count', '1', ...options], { env })
    assert.equal(code, 0)
    assert.match(stdout, /does not tell its operations/)
  })

  test('stat of several, one of them away', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-stat-'))
    const file = join(folder, 'config.json')
    const here = { url: server.url, apiKey: ORIGINAL_KEY }
    const away = { url: 'http://127.0.0.1:1', apiKey: ORIGINAL_KEY }
    writeFileSync(file, JSON.stringify({ profiles: { one: here, two: here, away } }), {
      mode: 0o600,
    })
    const args = ['stat', 'one', 'two', 'away', '--count', '2', ...options]
    try {
      const config = { env: { GANTRY_CONFIG_FILE: file } }
      const { code, stdout, stderr } = await runGantry(args, config)
      assert.equal(code, 0)
      assert.match(stdout, /^instance +insert.*\none .* 31 .*\ntwo .*\none .*\ntwo .*\n$/)
      // Said once, however many looks there are.
      assert.match(stderr, /^gantry: away: http:.*ECONNREFUSED.*; trying again\n$/)
      const json = await runGantry([...args, '--json'], config)
      const names = json.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).name)
      assert.deepEqual(names, ['one', 'two', 'one', 'two'])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('a key that is not known ends both at once', async () => {
    for (const command of ['stat', 'top']) {
      const result = await runGantry([command], { env: { ...env, GANTRY_API_KEY: 'wrong' } })
      assert.deepEqual(result, { code: 1, stdout: '', stderr: 'gantry: invalid API key\n' })
    }
  })

  test('an interval and a count of no use', async () => {
    for (const [option, value] of [
      ['--interval', '0'],
      ['--interval', 'x'],
      ['--count', '0'],
    ]) {
      assert.equal((await runGantry(['stat', option, value], { env })).code, 2)
    }
  })

  describe('in a terminal', {
    timeout: 120_000,
    skip: !hasPty && 'python3 with pty is not here',
  }, () => {
    const ended = async (terminal: Terminal) => {
      assert.equal(await terminal.exit, 0)
      const output = terminal.output()
      assert.ok(output.lastIndexOf(LEFT) > output.lastIndexOf(ENTERED), 'the screen is given back')
      assert.ok(output.lastIndexOf(CURSOR_SHOWN) > output.lastIndexOf('\u001b[?25l'))
      assert.ok(!output.includes('\u001b[2Jevil'), 'the server cannot write to the screen')
      assert.ok(!output.includes(ORIGINAL_KEY))
    }

    test('top: keys, another size, the connection lost and found, quit', async () => {
      const terminal = runInTerminal(['top', ...options], env)
      await terminal.shows(/\[\?1049h/)
      await terminal.shows(/rocketdemo.*insert 10 .*1m05s query/s)
      terminal.type('s')
      await terminal.shows(/OPv.*s sort \(op\)/s)
      terminal.type('r')
      await terminal.shows(/OP\^/)
      terminal.type('p')
      await terminal.shows(/paused.*p go on/s)
      terminal.type('p')
      await terminal.shows(/p pause/)
      terminal.resize(10, 30)
      // Ten lines, and a longer one is cut at the thirtieth column.
      await terminal.shows(/\[1;1H[^\n]*…[^\n]*(\n[^\n]*){9}\[J/)
      terminal.resize(24, 200)
      await server.cut()
      await terminal.shows(/rocketdemo.*ECONN.*; trying again/)
      await server.resume()
      await terminal.shows(/rocketdemo {2}US-West[^;\n]*\n.*insert 10 /s)
      terminal.type('q')
      await ended(terminal)
    })

    for (const [name, end] of [
      ['Ctrl-C', (terminal: Terminal) => terminal.type('\u0003')],
      ['SIGTERM', (terminal: Terminal) => terminal.signal('SIGTERM')],
    ] as const) {
      test(`top: ${name} gives the terminal back`, async () => {
        const terminal = runInTerminal(['top', ...options], env)
        await terminal.shows(/rocketdemo/)
        end(terminal)
        await ended(terminal)
      })
    }

    test('top: a terminal that only takes lines gets lines', async () => {
      const args = ['top', '--count', '1', ...options]
      const terminal = runInTerminal(args, { ...env, TERM: 'dumb' })
      assert.equal(await terminal.exit, 0)
      assert.ok(!terminal.output().includes('\u001b'))
    })

    test('stat: the heading comes again when it has left the screen', async () => {
      const terminal = runInTerminal(['stat', ...options], env)
      await terminal.shows(/insert/)
      terminal.resize(5, 100)
      await terminal.shows(/insert[^\n]*\n([^\n]*\d\r\n){3}[^\n]*insert/)
      await server.cut()
      await terminal.shows(/gantry: .*; trying again/)
      await server.resume()
      await terminal.shows(/gantry: connected again\r\n.* 10 /)
      terminal.signal('SIGTERM')
      assert.equal(await terminal.exit, 128 + 15)
    })
  })
})
