import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyGoal, type Goal } from './goal.js'
import { goalForHost } from './goal-for-host.js'

const process = (name: string, hostname: string) => ({
  name,
  hostname,
  processType: 'mongod' as const,
  version: '7.0.14',
  featureCompatibilityVersion: '7.0',
  authSchemaVersion: 5,
  lastRestart: '2026-01-01T00:00:00Z',
  args2_6: {
    net: { port: 27017, tls: { mode: 'requireTLS', certificateKeyFilePassword: 'SECRET' } },
    replication: { replSetName: 'rs0' },
    storage: { dbPath: `/data/${name}` },
    setParameter: { ldapQueryPassword: 'SECRET' },
  },
})
const goal: Goal = {
  ...emptyGoal,
  version: 7,
  processes: [process('a', 'one.example.com'), process('b', 'two.example.com')],
  replicaSets: [
    {
      _id: 'rs0',
      members: [
        { _id: 0, host: 'a' },
        { _id: 1, host: 'b' },
      ],
    },
  ],
  auth: { disabled: false, authoritativeSet: false, key: 'KEYFILE', autoPwd: 'PASSWORD' },
  ldap: { bindQueryPassword: 'LDAP' },
} as unknown as Goal

test('an agent gets its own processes whole, of others what it takes to meet them', () => {
  const { processes, auth, replicaSets, version } = goalForHost(goal, 'one.example.com')
  assert.deepEqual(processes[0], goal.processes[0])
  assert.deepEqual(processes[1], {
    name: 'b',
    hostname: 'two.example.com',
    processType: 'mongod',
    version: '7.0.14',
    featureCompatibilityVersion: '7.0',
    authSchemaVersion: 5,
    args2_6: {
      net: { port: 27017, tls: { mode: 'requireTLS' } },
      replication: { replSetName: 'rs0' },
    },
  })
  assert.deepEqual([auth, replicaSets, version], [goal.auth, goal.replicaSets, 7])
})

test('an agent without a process gets no secret', () => {
  const seen = goalForHost(goal, 'three.example.com')
  assert.doesNotMatch(JSON.stringify(seen), /SECRET|KEYFILE|PASSWORD|LDAP/)
  assert.equal(seen.version, 7)
  assert.deepEqual(
    seen.processes.map(({ hostname }) => hostname),
    ['one.example.com', 'two.example.com'],
  )
})
