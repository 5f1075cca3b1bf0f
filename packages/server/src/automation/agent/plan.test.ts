import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Goal, GoalProcess, GoalReplicaSet, JsonObject } from '../goal.js'
import { type KnownProcess, unknownProcess } from './known-process.js'
import { knownAt, type Move, movesOf, nextDue } from './plan.js'

const NOW = Date.parse('2026-05-01T12:00:00Z')
const EARLIER = '2026-05-01T11:00:00Z'
const LATER = '2026-05-01T13:00:00Z'

function processAt(port: number, change: Partial<GoalProcess> = {}, args: JsonObject = {}) {
  return {
    name: `p${port}`,
    processType: 'mongod',
    version: '8.0.0',
    hostname: 'db.example.com',
    featureCompatibilityVersion: '8.0',
    authSchemaVersion: 5,
    args2_6: { net: { port }, storage: { dbPath: `/data/${port}` }, ...args },
    ...change,
  } as GoalProcess
}

function goalOf(processes: readonly GoalProcess[], rest: Partial<Goal> = {}): Goal {
  return { version: 1, processes, replicaSets: [], ...rest }
}

const inSet = { replication: { replSetName: 'rs' } }
const setOf = (...ports: number[]): GoalReplicaSet => ({
  _id: 'rs',
  members: ports.map((port, _id) => ({ _id, host: `p${port}` })),
})
const auth = {
  disabled: false,
  autoUser: 'agent',
  autoPwd: 'secret',
  key: 'abcdef',
  keyfile: '/key',
}

describe('the moves of a process', () => {
  const one = goalOf([processAt(1)])
  const reached = (goal: Goal, name = 'p1') => knownAt(goal, name)
  const dead = (known: KnownProcess): KnownProcess => ({ ...known, alive: false })
  const set1 = goalOf([processAt(1, {}, inSet)], { replicaSets: [setOf(1)] })
  const set3 = goalOf(
    [1, 2, 3].map((port) => processAt(port, {}, inSet)),
    { replicaSets: [setOf(1, 2, 3)] },
  )
  const secured = goalOf([processAt(1)], { auth })
  const index = { dbName: 'd', collectionName: 'c', rsName: 'rs', key: [['a', 1]] as const }
  const router = processAt(9, { processType: 'mongos', cluster: 'c' })
  const cluster = (shards = ['rs']) =>
    goalOf([...set3.processes, router], {
      replicaSets: set3.replicaSets,
      sharding: [
        { name: 'c', configServerReplica: 'rs', shards: shards.map((rs) => ({ _id: rs, rs })) },
      ],
    })

  const cases: readonly [
    string,
    { goal: Goal; name?: string; known: KnownProcess; moves: readonly Move[] },
  ][] = [
    [
      'new: found, started, seen to',
      {
        goal: one,
        known: unknownProcess,
        moves: ['Download', 'Start', 'WaitFeatureCompatibilityVersionCorrect'],
      },
    ],
    ['at the goal: nothing', { goal: one, known: reached(one), moves: [] }],
    ['dead: started', { goal: one, known: dead(reached(one)), moves: ['Start'] }],
    [
      'disabled: stopped',
      { goal: goalOf([processAt(1, { disabled: true })]), known: reached(one), moves: ['Stop'] },
    ],
    [
      'disabled and stopped: nothing',
      { goal: goalOf([processAt(1, { disabled: true })]), known: dead(reached(one)), moves: [] },
    ],
    [
      'in manual mode: left alone, dead or not as it is wanted',
      {
        goal: goalOf([processAt(1, { manualMode: true, version: '7.0.1' })]),
        known: dead(reached(one)),
        moves: [],
      },
    ],
    [
      'other settings: restarted',
      {
        goal: goalOf([processAt(1, {}, { setParameter: { logLevel: 1 } })]),
        known: reached(one),
        moves: ['Restart'],
      },
    ],
    [
      'settings in another order: nothing',
      {
        goal: goalOf([processAt(1, {}, { storage: { a: 1, dbPath: '/b' } })]),
        known: reached(goalOf([processAt(1, {}, { storage: { dbPath: '/b', a: 1 } })])),
        moves: [],
      },
    ],
    [
      'another version',
      {
        goal: goalOf([processAt(1, { version: '8.0.1' })]),
        known: reached(one),
        moves: ['Download', 'ChangeVersion'],
      },
    ],
    [
      'an older version, for which the data are made ready before',
      {
        goal: goalOf([processAt(1, { version: '7.0.14', featureCompatibilityVersion: '7.0' })]),
        known: reached(one),
        moves: ['WaitFeatureCompatibilityVersionCorrect', 'Download', 'ChangeVersion'],
      },
    ],
    [
      'a newer version, of which the data know afterwards',
      {
        goal: one,
        known: reached(
          goalOf([processAt(1, { version: '7.0.14', featureCompatibilityVersion: '7.0' })]),
        ),
        moves: ['Download', 'ChangeVersion', 'WaitFeatureCompatibilityVersionCorrect'],
      },
    ],
    [
      'a restart asked for',
      {
        goal: goalOf([processAt(1, { lastRestart: EARLIER })]),
        known: reached(one),
        moves: ['Restart'],
      },
    ],
    [
      'a restart that was done',
      {
        goal: goalOf([processAt(1, { lastRestart: EARLIER })]),
        known: reached(goalOf([processAt(1, { lastRestart: EARLIER })])),
        moves: [],
      },
    ],
    [
      'a restart whose time has not come',
      { goal: goalOf([processAt(1, { lastRestart: LATER })]), known: reached(one), moves: [] },
    ],
    [
      'emptied instead of restarted',
      {
        goal: goalOf([processAt(1, { lastResync: EARLIER, lastRestart: EARLIER })]),
        known: reached(one),
        moves: ['Resync'],
      },
    ],
    [
      'compacted',
      {
        goal: goalOf([processAt(1, { lastCompact: EARLIER })]),
        known: reached(one),
        moves: ['Compact'],
      },
    ],
    [
      'a set of one member',
      {
        goal: set1,
        known: unknownProcess,
        moves: ['Download', 'Start', 'RsInit', 'WaitFeatureCompatibilityVersionCorrect'],
      },
    ],
    [
      'the first of a set makes it when all are up',
      {
        goal: set3,
        known: unknownProcess,
        moves: [
          'Download',
          'Start',
          'WaitAllRsMembersUp',
          'RsInit',
          'WaitFeatureCompatibilityVersionCorrect',
        ],
      },
    ],
    [
      'the others of a set wait',
      {
        goal: set3,
        name: 'p2',
        known: unknownProcess,
        moves: ['Download', 'Start', 'WaitRsInit', 'WaitFeatureCompatibilityVersionCorrect'],
      },
    ],
    [
      'a member more: the set is changed',
      {
        goal: set3,
        known: reached({ ...set3, replicaSets: [setOf(1, 2)] }),
        moves: ['WaitAllRsMembersUp', 'RsInit'],
      },
    ],
    [
      'new with users: made once it runs',
      {
        goal: secured,
        known: unknownProcess,
        moves: ['Download', 'Start', 'WaitFeatureCompatibilityVersionCorrect', 'UpdateAuth'],
      },
    ],
    [
      'secured later: users first',
      { goal: secured, known: reached(one), moves: ['UpdateAuth', 'Restart'] },
    ],
    ['no longer secured', { goal: one, known: reached(secured), moves: ['Restart'] }],
    [
      'another user',
      {
        goal: goalOf([processAt(1)], {
          auth: { ...auth, usersWanted: [{ user: 'a', db: 'admin', roles: [] }] },
        }),
        known: reached(secured),
        moves: ['UpdateAuth'],
      },
    ],
    [
      'another key',
      {
        goal: goalOf([processAt(1)], { auth: { ...auth, key: 'other' } }),
        known: reached(secured),
        moves: ['Restart'],
      },
    ],
    [
      'who does not lead waits for users',
      {
        goal: { ...set3, auth },
        name: 'p3',
        known: reached(set3, 'p3'),
        moves: ['WaitAuthUpdate', 'Restart'],
      },
    ],
    [
      'an index',
      {
        goal: { ...set1, indexConfigs: [index] },
        known: reached(set1),
        moves: ['BuildIndexes'],
      },
    ],
    [
      'indexes left out stay',
      { goal: set1, known: reached({ ...set1, indexConfigs: [index] }), moves: [] },
    ],
    [
      'a router adds shards',
      {
        goal: cluster(),
        name: 'p9',
        known: unknownProcess,
        moves: ['Download', 'Start', 'AddShards'],
      },
    ],
    [
      'a shard more',
      {
        goal: cluster(['rs', 'other']),
        name: 'p9',
        known: reached(cluster(), 'p9'),
        moves: ['AddShards'],
      },
    ],
  ]
  for (const [what, { goal, name = 'p1', known, moves }] of cases) {
    test(what, () => {
      const process = goal.processes.find((each) => each.name === name) as GoalProcess
      assert.deepEqual(movesOf(goal, process, known, NOW), moves)
    })
  }

  test('whatever a document wants, nothing is left once it was reached', () => {
    for (const [, { goal }] of cases) {
      for (const process of goal.processes) {
        const known = knownAt(goal, process.name)
        if (!process.manualMode) assert.deepEqual(movesOf(goal, process, known, NOW), [])
      }
    }
  })

  test('when the next move comes due', () => {
    const process = processAt(1, { lastRestart: LATER, lastCompact: EARLIER })
    assert.equal(nextDue(process, reached(one), NOW), Date.parse(LATER))
    assert.equal(nextDue(process, reached(goalOf([process])), NOW), undefined)
  })

  test('the disabled first member hands the lead on', () => {
    const [first, ...others] = set3.processes
    const goal = { ...set3, processes: [{ ...first, disabled: true }, ...others] }
    assert.ok(movesOf(goal, others[0], unknownProcess, NOW).includes('RsInit'))
  })
})
