import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { type AgentProcess, startAgent } from '../support/agent-process.js'
import { runGantry } from '../support/gantry-command.js'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'
import { freePort } from '../support/ports.js'
import { publicClients } from '../support/public-clients.js'

interface Status {
  readonly goalVersion: number
  readonly processes: readonly {
    readonly name: string
    readonly lastGoalVersionAchieved: number
    readonly plan: readonly string[]
    readonly errorCode: number
    readonly errorString: string
  }[]
}

/** Why nothing goes on: no agent was heard of. */
const NO_AGENT = 8

/** One machine has many addresses of its own, each a host of its own here. */
const [ONE, TWO] = ['127.0.0.2', '127.0.0.3']

describe('gantry agent', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-agent-'))
  const client = publicClients[publicClients.length - 1].open()
  const agents: AgentProcess[] = []
  let gantry: GantryProcess
  let serverArgs: string[]
  let group: string
  let key: string
  let ports: number[]

  before(async () => {
    const settings = ['--public-rate-limit', '0', '--automation', 'off']
    const at = [await freePort(), await freePort()].map(String)
    serverArgs = ['--port', at[0], '--tls-port', at[1], ...settings]
    gantry = await startGantry(serverArgs, join(folder, 'data'))
    group = (await call('GET', '/groups')).results[0].id
    key = (await newKey(group)).key
    ports = [await freePort(), await freePort()]
  })
  afterEach(async () => {
    for (const agent of agents.splice(0)) {
      agent.signal('SIGTERM')
      await agent.exit
    }
  })
  after(async () => {
    const agent = start(ONE)
    const other = start(TWO)
    await publish([])
    await publish(both.map((process) => ({ ...process, disabled: true })))
    await reached()
    for (const each of [agent, other]) {
      each.signal('SIGTERM')
      await each.exit
    }
    await client.close()
    await gantry.stop()
    rmSync(folder, { recursive: true })
  })

  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it
  async function call(method: string, path: string, body?: unknown): Promise<any> {
    const url = `${gantry.url}/api/public/v1.0${path}`
    const { status, text } = await client.call(gantry.credentials(), method, url, body)
    assert.ok(status < 300, `${method} ${path}: ${text}`)
    return JSON.parse(text)
  }

  const newKey = (project: string) =>
    call('POST', `/groups/${project}/agentapikeys`, { desc: 'test' })

  function start(
    hostname: string,
    more: readonly string[] = [],
    withKey = key,
    name: string = hostname,
  ): AgentProcess {
    const dir = join(folder, `agent-${name}`)
    const args = ['--server', gantry.url, '--hostname', hostname, '--dir', dir, ...more]
    const agent = startAgent(args, { GANTRY_AGENT_KEY: withKey })
    agents.push(agent)
    return agent
  }

  const processAt = (hostname: string, port: number) => ({
    name: `at ${hostname}`,
    hostname,
    processType: 'mongod',
    version: '8.0.0',
    featureCompatibilityVersion: '8.0',
    authSchemaVersion: 5,
    args2_6: {
      net: { port, bindIp: hostname },
      storage: { dbPath: join(folder, `db-${hostname}`) },
      systemLog: { destination: 'file', path: join(folder, `${hostname}.log`) },
    },
  })

  const publish = (processes: readonly object[]) =>
    call('PUT', `/groups/${group}/automationConfig`, { processes, replicaSets: [] })

  const status = (): Promise<Status> => call('GET', `/groups/${group}/automationStatus`)

  /** Waits until all processes have reached the goal; the test's own limit is what ends it. */
  async function reached(): Promise<Status> {
    for (;;) {
      const now = await status()
      const { goalVersion, processes } = now
      if (processes.every((one) => one.lastGoalVersionAchieved === goalVersion)) return now
      // An agent that has just been started is not known yet.
      const stuck = processes.find(({ errorCode }) => errorCode !== 0 && errorCode !== NO_AGENT)
      assert.equal(stuck, undefined, JSON.stringify(stuck))
      await pause(100)
    }
  }

  async function withMongo<T>(i: number, work: (mongo: MongoClient) => Promise<T>): Promise<T> {
    const uri = `mongodb://${[ONE, TWO][i]}:${ports[i]}/?directConnection=true`
    const mongo = new MongoClient(uri, { serverSelectionTimeoutMS: 2_000 })
    try {
      return await work(mongo)
    } finally {
      await mongo.close()
    }
  }

  const isUp = (i: number) =>
    withMongo(i, (mongo) => mongo.db('admin').command({ ping: 1 })).then(
      () => true,
      () => false,
    )

  /** Since when a process runs, to tell it from one that was started again. */
  const startOf = (i: number) =>
    withMongo(i, async (mongo) => {
      const { uptimeMillis } = await mongo.db('admin').command({ serverStatus: 1 })
      return Date.now() - Number(uptimeMillis)
    })

  let both: ReturnType<typeof processAt>[] = []

  test('two agents of two hosts bring each its part of one goal about', async () => {
    both = [processAt(ONE, ports[0]), processAt(TWO, ports[1])]
    await publish(both)
    const one = start(ONE, ['--group', group])
    const line = await one.ready
    const two = start(TWO)
    assert.ok(line.includes(ONE) && line.includes(group) && !line.includes(key), line)
    await two.ready
    const { processes } = await reached()
    assert.deepEqual(
      processes.map(({ plan }) => plan),
      [[], []],
    )
    for (const i of [0, 1]) assert.ok(await isUp(i))
    await withMongo(0, (mongo) =>
      mongo.db('d').collection<{ _id: number }>('c').insertOne({ _id: 1 }),
    )
    // The server is told to be no agent itself.
    const { results } = await call('GET', `/groups/${group}/agents/AUTOMATION`)
    assert.deepEqual(
      results.map((agent: { hostname: string; stateName: string }) => [
        agent.hostname,
        agent.stateName,
      ]),
      [
        [ONE, 'ACTIVE'],
        [TWO, 'ACTIVE'],
      ],
    )
    const { entries } = await call('GET', `/groups/${group}/agents/versions`)
    const entry = entries.find(({ hostname }: { hostname: string }) => hostname === ONE)
    assert.equal(entry.numProcess, 1)
    assert.ok(Number.isInteger(entry.lastConf) && Number.isInteger(entry.msSinceLastConf))
    const { activeAgentCount } = await call('GET', `/groups/${group}`)
    assert.ok(activeAgentCount >= 2)
    // What stands in /proc is what everybody on the machine can see.
    const shown = readFileSync(`/proc/${one.pid}/cmdline`, 'utf8')
    assert.ok(shown.includes('agent') && !shown.includes(key))
  })

  test('an agent that is killed leaves its process running, and finds it again', async () => {
    const [one, two] = [start(ONE), start(TWO)]
    await one.ready
    await two.ready
    const since = await startOf(0)
    one.signal('SIGKILL')
    await one.exit
    assert.ok(await isUp(0))
    await publish([both[0], { ...both[1], disabled: true }])
    const again = start(ONE)
    await again.ready
    await reached()
    assert.ok(Math.abs((await startOf(0)) - since) < 1_000, 'it was not started again')
    assert.equal(await isUp(1), false)
    await publish(both)
    await reached()
    assert.ok(await isUp(1))
    again.signal('SIGTERM')
    assert.deepEqual(await again.exit, { code: 0, signal: null })
    assert.ok(await isUp(0))
  })

  test('a server that is killed is found again; the goal it then has is reached', async () => {
    const [one, two] = [start(ONE), start(TWO)]
    await one.ready
    await two.ready
    await reached()
    gantry.signal('SIGKILL')
    await gantry.exit
    await one.says(/trying again/)
    assert.ok(await isUp(0))
    gantry = await startGantry(serverArgs, join(folder, 'data'))
    await publish([{ ...both[0], disabled: true }, both[1]])
    await one.says(/the server is back/)
    await reached()
    assert.equal(await isUp(0), false)
    await publish(both)
    await reached()
    await withMongo(0, async (mongo) => {
      assert.equal(await mongo.db('d').collection('c').countDocuments(), 1)
    })
  })

  test('started while the server is away, it goes on with the goal that it knows', async () => {
    const two = start(TWO)
    await two.ready
    await reached()
    two.signal('SIGKILL')
    await two.exit
    const pid = await withMongo(1, async (mongo) => {
      const { pid: number } = await mongo.db('admin').command({ serverStatus: 1 })
      return Number(number)
    })
    process.kill(pid, 'SIGKILL')
    await gantry.stop()
    const again = start(TWO)
    try {
      await again.says(/going on with version \d+ of the goal/)
      while (!(await isUp(1))) await pause(100)
    } finally {
      gantry = await startGantry(serverArgs, join(folder, 'data'))
    }
    await again.ready
    await reached()
  })

  test('a key that is deleted ends its agent at once, and no process', async () => {
    const own = await newKey(group)
    const agent = start(ONE, [], own.key)
    await agent.ready
    await reached()
    await call('DELETE', `/groups/${group}/agentapikeys/${own._id}`)
    assert.deepEqual(await agent.exit, { code: 1, signal: null })
    assert.match(
      agent.stderr(),
      /does not take the agent API key: it is wrong, or has been deleted/,
    )
    assert.ok(!agent.stderr().includes(own.key))
    assert.ok(await isUp(0))
  })

  test('an agent of one project sees nothing of another', async () => {
    const { orgId } = await call('GET', `/groups/${group}`)
    const other = await call('POST', '/groups', { name: 'another', orgId })
    const agent = start(ONE, [], other.agentApiKey, 'of-another')
    await agent.says(/nothing in version 0 of the goal is for this host, 127\.0\.0\.2/)
    await agent.ready
    const path = join(folder, 'agent-of-another', 'goal.json')
    while (!existsSync(path)) await pause(10)
    const kept = readFileSync(path, 'utf8')
    assert.ok(kept.includes(other.id) && !kept.includes('at 127'))
    const wrong = start(TWO, ['--group', group], other.agentApiKey)
    assert.equal((await wrong.exit).code, 1)
    assert.match(wrong.stderr(), /key is for the group [0-9a-f]{24} \(another\), not for/)
    assert.ok(await isUp(0))
  })

  test('over TLS, with a certificate that it is told to trust', async () => {
    const { tlsUrl } = gantry.credentials()
    const own = { GANTRY_AGENT_KEY: key, GANTRY_URL: String(tlsUrl) }
    const tls = (more: readonly string[]) => {
      const dir = join(folder, 'agent-tls')
      const agent = startAgent(['--hostname', '127.0.0.4', '--dir', dir, ...more], own)
      agents.push(agent)
      return agent
    }
    const distrusting = tls([])
    await distrusting.says(/certificate.*trying again/)
    distrusting.signal('SIGTERM')
    await distrusting.exit
    await tls(['--tls-ca', join(folder, 'data', 'tls', 'ca.pem')]).ready
  })

  test('one agent in a folder', async () => {
    const first = start(ONE)
    await first.ready
    const second = start(ONE)
    assert.equal((await second.exit).code, 1)
    assert.match(second.stderr(), /another agent works with/)
  })

  test('what cannot be used is said, and no key is taken from the command line', async () => {
    const wrong = start(ONE, [], '0'.repeat(64))
    assert.equal((await wrong.exit).code, 1)
    assert.match(wrong.stderr(), /does not take the agent API key/)
    const file = join(folder, 'key')
    writeFileSync(file, `${key}\n`)
    for (const [args, code, says] of [
      [['--server', gantry.url], 2, /no agent API key is given/],
      [['--key-file', file], 2, /no server is given/],
      [['--server', gantry.url, '--key', key], 2, /unknown option --key/],
      [['--server', 'http://mgr.example.com', '--key-file', file], 2, /in the clear/],
      [['--server', 'nonsense', '--key-file', file], 2, /not a URL/],
      [['--server', gantry.url, '--key-file', join(folder, 'none')], 1, /ENOENT/],
    ] as const) {
      const done = await runGantry(['agent', '--dir', join(folder, 'x'), ...args])
      assert.deepEqual([done.code, says.test(done.stderr)], [code, true], done.stderr)
      assert.ok(!done.stderr.includes(key))
    }
  })
})
