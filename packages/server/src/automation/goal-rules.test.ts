import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { processDocument, standaloneDocument } from '../testing/goal-document.js'
import { acceptedGoal, goalFaults } from './accept-goal.js'
import { emptyGoal, type Goal, type GoalProcess, type JsonObject } from './goal.js'

/** A member of a set, at a port of its own. */
function memberProcess(set: string, n: number, args: JsonObject = {}): GoalProcess {
  const name = `${set}_${n}`
  return standaloneDocument(n, {
    name,
    args2_6: {
      net: { port: 30_000 + n },
      replication: { replSetName: set },
      storage: { dbPath: `/data/${name}` },
      systemLog: { destination: 'file', path: `/data/${name}.log` },
      ...args,
    },
  })
}
const setOf = (_id: string, ...hosts: readonly string[]) => ({
  _id,
  members: hosts.map((host, i) => ({ _id: i, host })),
})
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)
const named = (set: string, from: number, to: number) => range(from, to).map((n) => `${set}_${n}`)
const router = standaloneDocument(99, { name: 'router', processType: 'mongos', cluster: 'c' })
const config = memberProcess('cfg', 50, { sharding: { clusterRole: 'configsvr' } })
const cluster = { name: 'c', configServerReplica: 'cfg', shards: [{ _id: 's', rs: 'rs' }] }
const sharded = {
  processes: [router, config, memberProcess('rs', 1)],
  replicaSets: [setOf('cfg', 'cfg_50'), setOf('rs', 'rs_1')],
  sharding: [cluster],
}
const one = standaloneDocument(1)
const alone = (changes: Partial<GoalProcess>) => ({
  processes: [standaloneDocument(1, changes)],
  replicaSets: [],
})
const single = (member: object) => ({
  processes: [memberProcess('rs', 1)],
  replicaSets: [{ _id: 'rs', members: [{ _id: 0, host: 'rs_1', ...member }] }],
})
const auth = {
  disabled: false,
  autoUser: 'a',
  autoPwd: 'b',
  keyfile: '/k',
  keyfileWindows: 'k',
}
const secured = (changes: object) => ({
  processes: [one],
  replicaSets: [],
  auth: { ...auth, ...changes },
})
const ann = { user: 'ann', db: 'admin', roles: [] }

const refused: readonly (readonly [string, object, RegExp])[] = [
  [
    'two processes of one name',
    { processes: [one, standaloneDocument(2, { name: one.name })], replicaSets: [] },
    /Two processes have the name single_1/,
  ],
  [
    'two processes at one place',
    { processes: [one, standaloneDocument(1, { name: 'b' })], replicaSets: [] },
    /single_1 and b are both at db0\.example\.com:28001/,
  ],
  [
    'two processes of one alias and port',
    {
      processes: [
        standaloneDocument(1, { alias: 'x' }),
        standaloneDocument(1, { name: 'b', hostname: 'other', alias: 'x' }),
      ],
      replicaSets: [],
    },
    /both at x:28001/,
  ],
  [
    'an alias that is a host',
    {
      processes: [
        one,
        standaloneDocument(1, { name: 'b', hostname: 'other', alias: 'DB0.example.com' }),
      ],
      replicaSets: [],
    },
    /both at db0\.example\.com:28001/,
  ],
  ['an empty name', alone({ name: '' }), /processes\[0\]\.name is empty/],
  ['a version that is none', alone({ version: '7.x' }), /has the version 7\.x/],
  ['a version of two numbers', alone({ version: '7.0' }), /has the version 7\.0,/],
  [
    'a version that is not listed',
    { ...alone({}), mongoDbVersions: [{ name: '7.0.13' }] },
    /7\.0\.14, which mongoDbVersions does not list/,
  ],
  [
    'compatibility with a later release',
    alone({ featureCompatibilityVersion: '8.0' }),
    /cannot have the featureCompatibilityVersion 8\.0/,
  ],
  [
    'compatibility two releases behind',
    alone({ featureCompatibilityVersion: '5.0' }),
    /featureCompatibilityVersion 5\.0/,
  ],
  [
    'compatibility that is none',
    alone({ featureCompatibilityVersion: 'seven' }),
    /featureCompatibilityVersion seven/,
  ],
  [
    'what cannot be done',
    alone({ cpuAffinity: '0-3' }),
    /processes\[0\]\.cpuAffinity is not supported/,
  ],
  [
    'a restore by automation',
    alone({ backupRestoreUrl: 'https://x' }),
    /processes\[0\]\.backupRestoreUrl is not supported/,
  ],
  [
    'a member that is no process',
    { processes: [], replicaSets: [setOf('rs', 'rs_1')] },
    /member rs_1 of the replica set rs is no process/,
  ],
  [
    'a process in two sets',
    {
      processes: [memberProcess('rs', 1)],
      replicaSets: [setOf('rs', 'rs_1'), setOf('rt', 'rs_1')],
    },
    /rs_1 is in the replica sets rs and rt/,
  ],
  [
    'a process in a set twice',
    { processes: [memberProcess('rs', 1)], replicaSets: [setOf('rs', 'rs_1', 'rs_1')] },
    /rs_1 is in the replica set rs twice/,
  ],
  [
    'another replSetName',
    { processes: [memberProcess('rt', 1)], replicaSets: [setOf('rs', 'rt_1')] },
    /replSetName is rt/,
  ],
  [
    'no replSetName',
    { processes: [one], replicaSets: [setOf('rs', 'single_1')] },
    /replSetName is not set/,
  ],
  [
    'two sets of one _id',
    {
      processes: named('rs', 1, 2).map((_, i) => memberProcess('rs', i + 1)),
      replicaSets: [setOf('rs', 'rs_1'), setOf('rs', 'rs_2')],
    },
    /Two replica sets have the _id rs/,
  ],
  [
    'two members of one _id',
    {
      processes: [memberProcess('rs', 1), memberProcess('rs', 2)],
      replicaSets: [
        {
          _id: 'rs',
          members: [
            { _id: 3, host: 'rs_1' },
            { _id: 3, host: 'rs_2' },
          ],
        },
      ],
    },
    /have the _id 3/,
  ],
  [
    'a set without members',
    { processes: [], replicaSets: [setOf('rs')] },
    /No member of the replica set rs/,
  ],
  ['nobody to be primary, by priority', single({ priority: 0 }), /No member of the replica set rs/],
  [
    'nobody to be primary, but an arbiter',
    single({ arbiterOnly: true }),
    /No member of the replica set rs/,
  ],
  [
    'more than seven votes',
    {
      processes: range(1, 8).map((n) => memberProcess('rs', n)),
      replicaSets: [setOf('rs', ...named('rs', 1, 8))],
    },
    /rs has 8 votes; 7 are the most/,
  ],
  [
    'a shard without its set',
    { ...sharded, sharding: [{ ...cluster, shards: [{ _id: 's', rs: 'x' }] }] },
    /shard s of c has the rs x/,
  ],
  [
    'config servers that are no set',
    { ...sharded, sharding: [{ ...cluster, configServerReplica: 'x' }] },
    /configServerReplica x of c is no replica set/,
  ],
  [
    'a config server without its role',
    { ...sharded, sharding: [{ ...cluster, configServerReplica: 'rs' }] },
    /rs_1 of the config servers rs has no args2_6\.sharding\.clusterRole/,
  ],
  ['a mongos of no cluster', { ...sharded, sharding: [] }, /no sharding with the name c/],
  [
    'two clusters of one name',
    { ...sharded, sharding: [cluster, cluster] },
    /Two clusters have the name c/,
  ],
  [
    'an index without fields',
    { ...alone({}), indexConfigs: [{ dbName: 'd', collectionName: 'c', rsName: 'r', key: [] }] },
    /indexConfigs\[0\]\.key of d\.c/,
  ],
  [
    'an index of half a pair',
    {
      ...alone({}),
      indexConfigs: [{ dbName: 'd', collectionName: 'c', rsName: 'r', key: [['a']] }],
    },
    /indexConfigs\[0\]\.key/,
  ],
  ...['autoUser', 'autoPwd', 'keyfile', 'keyfileWindows'].map(
    (name) =>
      [
        `authentication without ${name}`,
        secured({ [name]: undefined }),
        new RegExp(`auth\\.${name}\\.$`),
      ] as const,
  ),
  [
    'a user without a password',
    secured({ usersWanted: [ann] }),
    /ann of admin, has neither initPwd nor/,
  ],
  [
    'a user wanted twice',
    secured({
      usersWanted: [
        { ...ann, pwd: 'x' },
        { ...ann, pwd: 'x' },
      ],
    }),
    /ann of admin is wanted twice/,
  ],
  [
    'tls and ssl that differ',
    { ...alone({}), tls: { CAFilePath: 'a' }, ssl: { CAFilePath: 'b' } },
    /tls and ssl are two names/,
  ],
]

const accepted: readonly (readonly [string, object])[] = [
  ['one process', alone({})],
  ['no process', { processes: [], replicaSets: [] }],
  ['an enterprise version', alone({ version: '6.0.5-ent', featureCompatibilityVersion: '6.0' })],
  ['compatibility one release behind', alone({ featureCompatibilityVersion: '6.0' })],
  [
    'a release between two yearly ones',
    alone({ version: '8.2.1', featureCompatibilityVersion: '8.0' }),
  ],
  [
    'an old version',
    alone({ version: '4.4.29', featureCompatibilityVersion: '4.2', authSchemaVersion: 5 }),
  ],
  ['a version that is listed', { ...alone({}), mongoDbVersions: [{ name: '7.0.14' }] }],
  ['a list of no versions', { ...alone({}), mongoDbVersions: [] }],
  ['fields that ask for nothing', alone({ numCores: 0, cpuAffinity: '', kmipProxyPort: 0 })],
  [
    'seven votes of eight members',
    {
      processes: range(1, 8).map((n) => memberProcess('rs', n)),
      replicaSets: [
        {
          _id: 'rs',
          members: range(1, 8).map((n) => ({
            _id: n,
            host: `rs_${n}`,
            ...(n === 8 && { votes: 0, priority: 0 }),
          })),
        },
      ],
    },
  ],
  ['a sharded cluster', sharded],
  ['a host that nobody knows', alone({ hostname: 'nobody.example.com' })],
  [
    'users without passwords while there is no authentication',
    { ...alone({}), auth: { disabled: true, usersWanted: [ann] } },
  ],
  ['users of others', secured({ usersWanted: [{ ...ann, db: '$external' }] })],
  ['tls by both its names', { ...alone({}), tls: { CAFilePath: 'a' }, ssl: { CAFilePath: 'a' } }],
]

/** What is there, what is put over it, what is said of that; undefined: nothing. */
const changes: readonly (readonly [string, object, object, RegExp | undefined])[] = [
  [
    'another host',
    alone({}),
    alone({ hostname: 'x' }),
    /single_1 is on db0\.example\.com and cannot move to x/,
  ],
  [
    'another dbPath',
    alone({}),
    {
      ...alone({}),
      processes: [
        standaloneDocument(1, { args2_6: { ...one.args2_6, storage: { dbPath: '/other' } } }),
      ],
    },
    /dbPath of the process single_1 cannot change from \/data\/single_1 to \/other/,
  ],
  [
    'two releases up',
    alone({ version: '6.0.1', featureCompatibilityVersion: '6.0' }),
    alone({ version: '8.0.1', featureCompatibilityVersion: '8.0' }),
    /cannot go from 6\.0\.1 to 8\.0\.1 at once/,
  ],
  [
    'two releases down',
    alone({ version: '8.0.1', featureCompatibilityVersion: '8.0' }),
    alone({ version: '6.0.1', featureCompatibilityVersion: '6.0' }),
    /at once/,
  ],
  [
    'from a yearly release over the next quarterly ones',
    alone({}),
    alone({ version: '8.2.0', featureCompatibilityVersion: '8.2' }),
    /at once/,
  ],
  ['one release up', alone({}), alone({ version: '8.0.4' }), undefined],
  [
    'from 4.4 to 5.0',
    alone({ version: '4.4.1', featureCompatibilityVersion: '4.4' }),
    alone({ version: '5.0.1', featureCompatibilityVersion: '4.4' }),
    undefined,
  ],
  [
    'to a mongos',
    sharded,
    { ...sharded, processes: [...sharded.processes.slice(1), { ...router, name: 'rs_1' }] },
    /rs_1|mongos/,
  ],
  [
    'another port',
    alone({}),
    {
      ...alone({}),
      processes: [standaloneDocument(1, { args2_6: { ...one.args2_6, net: { port: 1 } } })],
    },
    undefined,
  ],
  [
    'left out and made anew elsewhere',
    { processes: [], replicaSets: [] },
    alone({ hostname: 'x' }),
    undefined,
  ],
]

const faultsOf = (document: object, before: Goal = emptyGoal) =>
  [...goalFaults(document as JsonObject, before)].map(({ code, parameters }) => {
    assert.equal(code, 'VALIDATION_ERROR', parameters[0])
    return parameters[0]
  })

describe('A5 the rules of a goal document', () => {
  for (const [what, document, text] of refused) {
    test(`refuses ${what}`, () => {
      const faults = faultsOf(document)
      assert.ok(
        faults.some((fault) => text.test(fault)),
        faults.join('\n') || 'there is no fault',
      )
    })
  }

  for (const [what, document] of accepted) {
    test(`takes ${what}`, () => assert.deepEqual(faultsOf(document), []))
  }

  for (const [what, first, second, text] of changes) {
    test(`${text ? 'refuses' : 'takes'} a change: ${what}`, async () => {
      assert.deepEqual(faultsOf(first), [])
      const before = await acceptedGoal(first as JsonObject, emptyGoal)
      const faults = faultsOf(second, before)
      if (text) assert.match(faults[0] ?? 'there is no fault', text)
      else assert.deepEqual(faults, [])
    })
  }

  test('the faults come in one order, however many there are', () => {
    const [first] = faultsOf({
      processes: [processDocument(), processDocument()],
      replicaSets: [setOf('rs', 'x')],
      auth: { disabled: false },
    })
    assert.equal(first, 'Two processes have the name rs0_0.')
  })
})

describe('what the server fills in', () => {
  test('where the config servers are is told to every mongos of their cluster', async () => {
    const goal = await acceptedGoal(sharded as unknown as JsonObject, emptyGoal)
    const [filled, ...others] = goal.processes
    assert.deepEqual(filled.args2_6.sharding, { configDB: 'cfg/db0.example.com:30050' })
    assert.deepEqual(others, sharded.processes.slice(1))
    assert.equal(await acceptedGoal(goal as unknown as JsonObject, goal), goal)
  })

  test('a key that is empty is none: the one that there is stays', async () => {
    const first = await acceptedGoal(secured({}) as unknown as JsonObject, emptyGoal)
    for (const key of ['', null, undefined]) {
      assert.equal(await acceptedGoal(secured({ key }) as unknown as JsonObject, first), first)
    }
    const other = await acceptedGoal(secured({ key: 'other' }) as unknown as JsonObject, first)
    assert.equal(other.auth?.key, 'other')
  })

  test('dates are kept in UTC', async () => {
    const dates = {
      lastRestart: '2018-09-27T16:00-04:00',
      lastResync: '2018-09-27',
      lastCompact: '2018-09-27T20:00:00.123Z',
    }
    const goal = await acceptedGoal(alone(dates) as unknown as JsonObject, emptyGoal)
    const { lastRestart, lastResync, lastCompact } = goal.processes[0]
    assert.deepEqual(
      [lastRestart, lastResync, lastCompact],
      ['2018-09-27T20:00:00Z', '2018-09-27T00:00:00Z', '2018-09-27T20:00:00.123Z'],
    )
  })

  test('a password of one mechanism makes credentials of that one only', async () => {
    const users = (mechanisms: string[]) =>
      secured({ usersWanted: [{ ...ann, mechanisms, pwd: 'x' }] }) as unknown as JsonObject
    const credentials = async (mechanisms: string[]) => {
      const goal = await acceptedGoal(users(mechanisms), emptyGoal)
      return Object.keys(goal.auth?.usersWanted?.[0] ?? {}).filter((name) => /^scram/.test(name))
    }
    assert.deepEqual(await credentials(['SCRAM-SHA-256']), ['scramSha256Creds'])
    assert.deepEqual(await credentials(['MONGODB-CR']), ['scramSha1Creds'])
    assert.deepEqual(await credentials([]), ['scramSha1Creds', 'scramSha256Creds'])
  })

  test('credentials that are sent stand for themselves: none of before is left beside them', async () => {
    const of = (user: object) =>
      secured({ usersWanted: [{ ...ann, ...user }] }) as unknown as JsonObject
    const first = await acceptedGoal(of({ pwd: 'x' }), emptyGoal)
    const other = await acceptedGoal(of({ pwd: 'y' }), emptyGoal)
    const { scramSha256Creds } = other.auth?.usersWanted?.[0] ?? {}
    const next = await acceptedGoal(of({ scramSha256Creds }), first)
    assert.deepEqual(next.auth?.usersWanted, [{ ...ann, scramSha256Creds }])
  })

  test('a password that nobody could type is refused', async () => {
    const document = secured({ usersWanted: [{ ...ann, pwd: 'a\u0007' }] }) as unknown as JsonObject
    await assert.rejects(acceptedGoal(document, emptyGoal), /auth\.usersWanted\[0\]\.pwd holds/)
  })
})
