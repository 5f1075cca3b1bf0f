import assert from 'node:assert/strict'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { MongoClient } from 'mongodb'
import { isAlive } from '../../data-dir/process-identity.js'
import { freePort } from '../../services/free-port.js'
import { keepSelfSigned } from '../../tls/certificate.js'
import { acceptedGoal } from '../accept-goal.js'
import {
  emptyGoal,
  type Goal,
  type GoalProcess,
  type JsonObject,
  type ProcessStatus,
} from '../goal.js'
import type { AgentOptions } from './agent.js'
import { type Agent, runAgent } from './agent.js'
import type { ProjectGoal } from './feed.js'

const gantry = fileURLToPath(new URL('../../../../cli/bin/gantry.js', import.meta.url))
const engine = [process.execPath, gantry, 'mongod']
/** Far more than anything here takes; who comes to it fails with what there is. */
const PATIENCE_MS = 60_000
const PROJECT = '5f0000000000000000000001'

describe('the agent, with processes of the embedded engine', () => {
  let folder: string
  let agent: Agent | undefined
  let goals: Map<string, ProjectGoal>
  let statuses: Map<string, readonly ProcessStatus[]>
  let told: () => void
  let asked: () => void
  let version: number

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-agent-'))
    goals = new Map()
    statuses = new Map()
    told = () => {}
    asked = () => {}
    version = 0
  })
  afterEach(async () => {
    // What was let go on purpose is ended too.
    await agent?.stop()
    agent = undefined
    for (const pid of pids()) end(pid)
    for (const pid of pids()) while (isAlive(pid)) await pause(10)
    rmSync(folder, { recursive: true })
  })

  /** Of everything that the agent has started and that has not ended. */
  function pids(): number[] {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    return files
      .filter((name) => name.endsWith('.pid.json'))
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).pid as number)
      .filter((pid) => isAlive(pid))
  }
  function end(pid: number): void {
    process.kill(pid, 'SIGKILL')
  }

  async function begin(options: Partial<AgentOptions> = {}): Promise<void> {
    agent = await runAgent({
      hostnames: ['localhost'],
      folder: join(folder, 'agent'),
      programs: { engine },
      feed: {
        async next(known, signal) {
          for (;;) {
            const news = [...goals.values()].filter(
              ({ project, goal }) => known.get(project) !== goal.version,
            )
            if (news.length > 0) return news
            await new Promise<void>((resolve, reject) => {
              asked = resolve
              signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
            })
          }
        },
        async report(project, said) {
          statuses.set(project, said)
          told()
        },
      },
      ...options,
    })
  }

  function put(processes: readonly GoalProcess[], rest: Partial<ProjectGoal> & Partial<Goal> = {}) {
    const { project = PROJECT, refusal, ...parts } = rest
    const goal: Goal = { ...emptyGoal, processes, ...parts, version: ++version }
    goals.set(project, { project, goal, ...(refusal !== undefined && { refusal }) })
    asked()
  }

  /** Resolves with the statuses once they are as asked. */
  async function until(
    isSo: (all: readonly ProcessStatus[]) => boolean,
    project = PROJECT,
  ): Promise<readonly ProcessStatus[]> {
    const limit = AbortSignal.timeout(PATIENCE_MS)
    for (;;) {
      const all = statuses.get(project) ?? []
      if (isSo(all)) return all
      if (limit.aborted) assert.fail(`it has come to ${JSON.stringify(all)} only`)
      await new Promise<void>((resolve) => {
        told = resolve
        limit.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }
  const atGoal = (project = PROJECT) =>
    until((all) => {
      const wanted = goals.get(project)?.goal
      const isThere = ({ lastGoalVersionAchieved, plan }: ProcessStatus) =>
        lastGoalVersionAchieved === wanted?.version && plan.length === 0
      return all.length === wanted?.processes.length && all.every(isThere)
    }, project)
  const stuck = async (says: RegExp) => {
    const all = await until((each) => each.some(({ errorCode }) => errorCode !== 0))
    const failed = all.find(({ errorCode }) => errorCode !== 0)
    assert.match(failed?.errorString ?? '', says)
    assert.notDeepEqual(failed?.plan, [])
    return failed
  }

  async function processAt(
    name: string,
    change: Partial<GoalProcess> = {},
    args: object = {},
  ): Promise<GoalProcess> {
    return {
      name,
      processType: 'mongod',
      version: '8.0.0',
      hostname: 'localhost',
      featureCompatibilityVersion: '8.0',
      authSchemaVersion: 5,
      args2_6: {
        net: { port: await freePort() },
        storage: { dbPath: join(folder, 'data', name) },
        systemLog: { destination: 'file', path: join(folder, 'logs', `${name}.log`) },
        ...args,
      },
      ...change,
    } as GoalProcess
  }

  async function as<T>(
    { args2_6 }: GoalProcess,
    login: string,
    work: (client: MongoClient) => Promise<T>,
  ): Promise<T> {
    const { port } = args2_6.net as { port: number }
    const options = 'directConnection=true&serverSelectionTimeoutMS=5000'
    const client = new MongoClient(`mongodb://${login}127.0.0.1:${port}/?${options}`)
    try {
      return await work(client)
    } finally {
      await client.close()
    }
  }
  const pidOf = (process: GoalProcess, login = '') =>
    as(process, login, async (client) => {
      const { pid } = await client.db('admin').command({ serverStatus: 1 })
      return Number(pid)
    })

  test('starts two processes, side by side, to which drivers connect', async () => {
    const [one, two] = [await processAt('one'), await processAt('two')]
    put([one, two])
    await begin()
    await atGoal()
    for (const each of [one, two]) {
      await as(each, '', (client) => client.db('d').collection('c').insertOne({ a: 1 }))
      assert.ok(existsSync(join(folder, 'logs', `${each.name}.log`)))
    }
    const configs = readdirSync(join(folder, 'agent'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('mongod.conf'))
      .map((name) => statSync(join(folder, 'agent', name)).mode & 0o777)
    assert.deepEqual(configs, [0o600, 0o600])
  })

  test('restarts what has other settings, and only that', async () => {
    const [one, two] = [await processAt('one'), await processAt('two')]
    put([one, two])
    await begin()
    await atGoal()
    const before = [await pidOf(one), await pidOf(two)]
    await as(one, '', (client) => client.db('d').collection('c').insertOne({ a: 1 }))
    put([{ ...one, args2_6: { ...one.args2_6, setParameter: { logLevel: 1 } } }, two])
    await atGoal()
    assert.notEqual(await pidOf(one), before[0])
    assert.equal(await pidOf(two), before[1])
    await as(one, '', async (client) => {
      assert.equal(await client.db('d').collection('c').countDocuments(), 1)
      const { logLevel } = await client.db('admin').command({ getParameter: 1, logLevel: 1 })
      assert.equal(logLevel, 1)
    })
  })

  test('stops what is disabled, and starts it again when it is not', async () => {
    const one = await processAt('one')
    put([one])
    await begin()
    await atGoal()
    const pid = await pidOf(one)
    put([{ ...one, disabled: true }])
    await atGoal()
    assert.equal(isAlive(pid), false)
    assert.ok(existsSync(join(folder, 'data', 'one')))
    put([one])
    await atGoal()
    assert.notEqual(await pidOf(one), pid)
  })

  test('lets go what is left out, and takes it over when it is back, under another name too', async () => {
    const one = await processAt('one')
    put([one])
    await begin()
    await atGoal()
    const pid = await pidOf(one)
    put([])
    await atGoal()
    assert.equal(await pidOf(one), pid)
    put([{ ...one, name: 'other' }])
    await atGoal()
    assert.equal(await pidOf(one), pid)
    // Nobody starts again what is left alone.
    put([{ ...one, manualMode: true }])
    await atGoal()
    end(pid)
    while (isAlive(pid)) await pause(10)
    put([{ ...one, manualMode: true, alias: 'a' }])
    await atGoal()
    assert.deepEqual(pids(), [])
  })

  test('starts again what has died', async () => {
    const one = await processAt('one')
    const warnings: string[] = []
    put([one])
    await begin({ warn: (message) => void warnings.push(message) })
    await atGoal()
    const pid = await pidOf(one)
    end(pid)
    await until(([status]) => status.plan.includes('Start'))
    await atGoal()
    assert.notEqual(await pidOf(one), pid)
    assert.match(warnings.join(), /one of automation was ended by SIGKILL/)
  })

  test('a restart asked for happens once, over a new start of the agent too', async () => {
    const one = await processAt('one')
    put([one])
    await begin()
    await atGoal()
    const first = await pidOf(one)
    const asking = { ...one, lastRestart: new Date().toISOString() }
    put([asking])
    await atGoal()
    const second = await pidOf(one)
    assert.notEqual(second, first)
    await agent?.stop()
    assert.equal(await pidOf(one), second)
    await begin()
    put([{ ...asking, alias: 'a' }])
    await atGoal()
    assert.equal(await pidOf(one), second)
  })

  test('a restart for later waits for its time', async () => {
    const one = await processAt('one')
    put([one])
    await begin()
    await atGoal()
    const first = await pidOf(one)
    put([{ ...one, lastRestart: new Date(Date.now() + 1500).toISOString() }])
    await atGoal()
    assert.equal(await pidOf(one), first)
    await until(([status]) => status.plan.includes('Restart'))
    await atGoal()
    assert.notEqual(await pidOf(one), first)
  })

  test('what cannot be is said, and what runs goes on', async () => {
    const one = await processAt('one')
    put([one])
    await begin()
    await atGoal()
    const pid = await pidOf(one)
    const args2_6 = { ...one.args2_6, auditLog: { destination: 'syslog' }, snmp: { master: true } }
    put([{ ...one, args2_6 }])
    const failed = await stuck(/auditLog\.destination is not a setting.*snmp\.master/)
    assert.deepEqual(failed?.plan, ['Restart'])
    assert.equal(failed?.lastGoalVersionAchieved, 1)
    assert.equal(await pidOf(one), pid)
    put([one])
    const [status] = await atGoal()
    assert.equal(status.errorCode, 0)
    assert.equal(await pidOf(one), pid)
  })

  test('one that ends at its start says why, and comes when the cause is gone', async () => {
    const one = await processAt('one', {}, {})
    const { port } = one.args2_6.net as { port: number }
    const squatter = await new Promise<Server>((resolve) => {
      const server = createServer().listen(port, '127.0.0.1', () => resolve(server))
    })
    put([one])
    await begin()
    await stuck(/port \d+ of one is taken/)
    squatter.close()
    await atGoal()
    const wrong = { ...one, args2_6: { ...one.args2_6, setParameter: { nothing: 1 } } }
    put([wrong])
    await stuck(/ended before it served; the last it said: .*unrecognized parameter \[nothing\]/)
    put([one])
    await atGoal()
  })

  test('several members, shards and routers wait for a real mongod', async () => {
    const inSet = { replication: { replSetName: 'rs' } }
    const [one, two] = [await processAt('one', {}, {}), await processAt('two', {}, {})]
    const members = [one, two].map((each) => ({ ...each, args2_6: { ...each.args2_6, ...inSet } }))
    const set = { _id: 'rs', members: members.map(({ name }, _id) => ({ _id, host: name })) }
    put(members, { replicaSets: [set] })
    await begin()
    const says = /a replica set of 2 members needs MongoDB's own programs.*--mongod/
    const failed = await stuck(says)
    assert.equal(failed?.lastGoalVersionAchieved, 0)
    assert.equal(failed?.plan[0], 'Download')
    assert.deepEqual(pids(), [])
    const shard = { ...one, args2_6: { ...one.args2_6, sharding: { clusterRole: 'shardsvr' } } }
    put([shard])
    await until(([status]) => /a sharded cluster needs/.test(status?.errorString ?? ''))
    put([{ ...one, processType: 'mongos', cluster: 'c' }])
    await until(([status]) => /a mongos needs/.test(status?.errorString ?? ''))
  })

  test('users, roles and indexes of a set of one member', async () => {
    const one = await processAt('one', {}, { replication: { replSetName: 'rs' } })
    const replicaSets = [{ _id: 'rs', members: [{ _id: 0, host: 'one' }] }]
    const index = { dbName: 'd', collectionName: 'c', rsName: 'rs', key: [['a', 1]] as const }
    const parts = { replicaSets, indexConfigs: [index], auth: authOf() }
    const roles = [
      {
        role: 'counts',
        db: 'admin',
        privileges: [{ resource: { db: 'd', collection: 'c' }, actions: ['find'] }],
        roles: [],
      },
    ]
    const user = {
      user: 'app',
      db: 'admin',
      roles: [{ role: 'counts', db: 'admin' }],
      scramSha1Creds: credentialsOf('app', 'word'),
    }
    put([one], { ...parts, roles, auth: { ...authOf(), usersWanted: [user] } })
    await begin()
    await atGoal()
    await as(one, 'agent:secret@', async (client) => {
      const hello = await client.db('admin').command({ hello: 1 })
      assert.equal(hello.setName, 'rs')
      const names = (await client.db('d').collection('c').indexes()).map(({ name }) => name)
      assert.ok(names.includes('a_1'))
      await client.db('d').collection('c').dropIndex('a_1')
    })
    await as(one, 'app:word@', async (client) => {
      assert.equal((await client.db('d').collection('c').find().toArray()).length, 0)
      await assert.rejects(client.db('d').collection('c').insertOne({ a: 1 }), /not authorized/)
    })
    const usersDeleted = [{ user: 'app', dbs: ['admin'] }]
    const more = { ...index, key: [['b', '-1']] as const }
    put([one], {
      ...parts,
      indexConfigs: [index, more],
      auth: { ...authOf(), usersDeleted, newAutoPwd: 'other' },
    })
    await atGoal()
    await assert.rejects(
      as(one, 'app:word@', (client) => client.db('d').command({ ping: 1 })),
      /Authentication failed/,
    )
    await as(one, 'agent:other@', async (client) => {
      const names = (await client.db('d').collection('c').indexes()).map(({ name }) => name)
      assert.deepEqual(names, ['_id_', 'b_-1'])
      const by = { createUser: 'stray', pwd: 'x', roles: [] }
      await client.db('other').command(by)
    })
    put([one], { ...parts, auth: { ...authOf(), autoPwd: 'other', authoritativeSet: true } })
    await atGoal()
    await as(one, 'agent:other@', async (client) => {
      const { users } = await client.db('admin').command({ usersInfo: { forAllDBs: true } })
      assert.deepEqual(
        users.map((each: { user: string }) => each.user),
        ['agent'],
      )
    })
  })

  test('whoever has a password in the document that was sent comes in with it', async () => {
    const one = await processAt('one')
    const user = { user: 'app', db: 'admin', roles: [{ role: 'readAnyDatabase', db: 'admin' }] }
    const wanted = {
      processes: [one],
      replicaSets: [],
      auth: {
        ...authOf(),
        usersWanted: [
          { ...user, initPwd: 'pässword' },
          { ...user, user: 'old', pwd: 'word', mechanisms: ['MONGODB-CR'] },
        ],
      },
    }
    put([one], await acceptedGoal(wanted as unknown as JsonObject, emptyGoal))
    await begin()
    await atGoal()
    for (const login of ['app:p%C3%A4ssword@', 'old:word@']) {
      await as(one, login, async (client) => {
        assert.equal((await client.db('d').collection('c').find().toArray()).length, 0)
      })
    }
    // Who is left out goes; whom somebody else has made stays.
    await as(one, 'agent:secret@', (client) =>
      client.db('admin').command({ createUser: 'guest', pwd: 'guest', roles: [] }),
    )
    const { usersWanted } = wanted.auth
    const fewer = { ...wanted, auth: { ...wanted.auth, usersWanted: usersWanted.slice(0, 1) } }
    put([one], await acceptedGoal(fewer as unknown as JsonObject, emptyGoal))
    await atGoal()
    const ping = (client: MongoClient) => client.db('d').command({ ping: 1 })
    await assert.rejects(as(one, 'old:word@', ping), /Authentication failed/)
    for (const login of ['app:p%C3%A4ssword@', 'guest:guest@']) await as(one, login, ping)
  })

  test('a log that is larger than it may be is put aside, and those before it in the end', async () => {
    const logRotate = { sizeThresholdMB: 0.0001, timeThresholdHrs: 0, numTotal: 1 }
    const one = await processAt('one', { logRotate })
    const oldLogs = () =>
      readdirSync(join(folder, 'logs')).filter((name) => /^one\.log\.\d{4}-/.test(name))
    put([one])
    await begin()
    await atGoal()
    while (oldLogs().length === 0) await pause(10)
    const [first] = oldLogs()
    assert.match(readFileSync(join(folder, 'logs', first), 'utf8'), /port/i)
    // Another document is a reason to look again.
    put([{ ...one, alias: 'other.example.com' }])
    await atGoal()
    while (oldLogs().includes(first)) await pause(10)
    assert.equal(oldLogs().length, 1)
  })

  test('access control comes later, and goes', async () => {
    const one = await processAt('one')
    put([one])
    await begin()
    await atGoal()
    await as(one, '', (client) => client.db('d').collection('c').insertOne({ a: 1 }))
    put([one], { auth: authOf() })
    await atGoal()
    const count = (login: string) =>
      as(one, login, (client) => client.db('d').collection('c').countDocuments())
    await assert.rejects(count(''), /requires authentication/)
    assert.equal(await count('agent:secret@'), 1)
    put([one])
    await atGoal()
    assert.equal(await count(''), 1)
  })

  test('data of a server that is alone are never thrown away', async () => {
    const one = await processAt('one')
    put([one])
    await begin()
    await atGoal()
    await as(one, '', (client) => client.db('d').collection('c').insertOne({ a: 1 }))
    put([{ ...one, lastResync: new Date().toISOString(), lastCompact: new Date().toISOString() }])
    await stuck(/one is not emptied: no other member/)
    put([{ ...one, lastCompact: new Date().toISOString() }])
    await atGoal()
    await as(one, '', async (client) => {
      assert.equal(await client.db('d').collection('c').countDocuments(), 1)
    })
  })

  test('projects that are refused, and paths that are forbidden', async () => {
    const one = await processAt('one')
    put([one], { refusal: 'not for this project: use gantry agent' })
    const two = await processAt('two')
    put([two], { project: 'b'.repeat(24) })
    await begin({
      forbidden: { folder: join(folder, 'data'), except: join(folder, 'data', 'automation') },
    })
    await stuck(/use gantry agent/)
    const [status] = await until(([each]) => (each?.errorCode ?? 0) !== 0, 'b'.repeat(24))
    assert.match(status.errorString, /storage\.dbPath is .*server's own data/)
    const around = { ...two.args2_6, storage: { dbPath: folder } }
    put([{ ...two, args2_6: around }], { project: 'b'.repeat(24) })
    await until(([each]) => /holds the folder/.test(each?.errorString ?? ''), 'b'.repeat(24))
    assert.deepEqual(pids(), [])
    const allowed = { ...two.args2_6, storage: { dbPath: join(folder, 'data', 'automation', 'x') } }
    put([{ ...two, args2_6: allowed }], { project: 'b'.repeat(24) })
    await atGoal('b'.repeat(24))
  })

  test('a process that talks TLS only, with users', async () => {
    const { key, cert } = await keepSelfSigned(folder, '127.0.0.1')
    const file = join(folder, 'server.pem')
    writeFileSync(file, key + cert)
    const one = await processAt('one')
    const net = {
      ...(one.args2_6.net as { port: number }),
      tls: { mode: 'requireTLS', certificateKeyFile: file },
    }
    put([{ ...one, args2_6: { ...one.args2_6, net } }], {
      auth: authOf(),
      tls: { CAFilePath: join(folder, 'ca.pem') },
    })
    await begin()
    await atGoal()
    const { port } = net
    const uri = `mongodb://agent:secret@127.0.0.1:${port}/?directConnection=true&tls=true`
    const client = new MongoClient(uri, { tlsCAFile: join(folder, 'ca.pem') })
    try {
      assert.equal((await client.db('d').collection('c').insertOne({ a: 1 })).acknowledged, true)
    } finally {
      await client.close()
    }
  })

  test('two agents do not share a folder', async () => {
    await begin()
    const other = runAgent({
      hostnames: [],
      folder: join(folder, 'agent'),
      programs: {},
      feed: { next: async () => [], report: async () => {} },
    })
    await assert.rejects(other, /another agent works with/)
  })
})

function authOf() {
  return {
    disabled: false,
    autoUser: 'agent',
    autoPwd: 'secret',
    key: Buffer.from('a key of members').toString('base64'),
    keyfile: '/nowhere/keyfile',
  }
}

/** Of SCRAM-SHA-1, for which MongoDB hashes passwords before. */
function credentialsOf(user: string, password: string) {
  const salt = Buffer.from('0123456789abcdef')
  const iterationCount = 10_000
  const text = createHash('md5').update(`${user}:mongo:${password}`).digest('hex')
  const salted = pbkdf2Sync(text, salt, iterationCount, 20, 'sha1')
  const hmac = (name: string) => createHmac('sha1', salted).update(name).digest()
  return {
    iterationCount,
    salt: salt.toString('base64'),
    storedKey: createHash('sha1').update(hmac('Client Key')).digest('base64'),
    serverKey: hmac('Server Key').toString('base64'),
  }
}
