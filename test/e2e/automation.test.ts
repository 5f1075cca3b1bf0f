import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  asClient,
  automationOf,
  endAll,
  goalProcess,
  isRunning,
  launchedBelow,
  pidBehind,
} from '../support/automation.js'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'

describe('automation in gantry serve', () => {
  let folder: string
  let gantry: GantryProcess
  let group: string
  const automation = automationOf(
    () => gantry,
    () => group,
  )
  const args = ['--public-rate-limit', '0', '--public-keys-create-orgs', 'yes']
  const serve = async () => {
    gantry = await startGantry([...args, '--agent-hostname', 'db1.example.com'], join(folder, 'g'))
  }
  const newGroup = async (name: string, more: object = {}) =>
    String((await automation.call('POST', '/groups', { name, ...more })).id)

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-automation-'))
    await serve()
    group = await newGroup('first')
  })
  after(async () => {
    await gantry.stop()
    await endAll(launchedBelow(folder))
    rmSync(folder, { recursive: true })
  })

  test('two processes from nothing, changed, stopped, and through a restart of the server', async () => {
    const one = await goalProcess(folder, 'one')
    const two = await goalProcess(folder, 'two', { hostname: 'db1.example.com' })
    await automation.put([one, two])
    const { goalVersion, processes } = await automation.atGoal()
    assert.equal(goalVersion, 1)
    assert.deepEqual(
      processes.map(({ name, errorCode }) => [name, errorCode]),
      [
        ['one', 0],
        ['two', 0],
      ],
    )
    const pids = [await pidBehind(one), await pidBehind(two)]
    await asClient(one, (client) => client.db('d').collection('c').insertOne({ a: 1 }))

    // Processes do not depend on the server.
    await gantry.stop()
    assert.ok(pids.every(isRunning))
    await serve()
    await automation.put([
      { ...one, alias: 'a' },
      { ...two, disabled: true },
    ])
    await automation.atGoal()
    assert.equal(await pidBehind(one), pids[0])
    assert.equal(isRunning(pids[1]), false)

    // One that is left out runs on, and is taken over when it is back.
    await automation.put([{ ...two, disabled: true }])
    await automation.atGoal()
    assert.equal(await pidBehind(one), pids[0])
    const changed = { ...one, args2_6: { ...one.args2_6, setParameter: { quiet: true } } }
    await automation.put([changed, two])
    await automation.atGoal()
    assert.notEqual(await pidBehind(one), pids[0])
    assert.equal(isRunning(pids[0]), false)
    await asClient(one, async (client) => {
      assert.equal(await client.db('d').collection('c').countDocuments(), 1)
    })
  })

  test('with access control: the users that are wanted, whose passwords nobody finds on disk', async () => {
    group = await newGroup('secured')
    const replication = { replSetName: 'rs' }
    const given = await goalProcess(folder, 'secured', { hostname: hostname() })
    const one = { ...given, args2_6: { ...given.args2_6, replication } }
    const replicaSets = [{ _id: 'rs', members: [{ _id: 0, host: 'secured' }] }]
    const auth = {
      disabled: false,
      autoUser: 'agents-own',
      autoPwd: 'a-word-of-agents',
      keyfile: '/var/lib/key',
      keyfileWindows: 'C:\\key',
      usersWanted: [
        {
          user: 'app',
          db: 'admin',
          pwd: 'a-word-of-users',
          roles: [{ role: 'readWrite', db: 'd' }],
        },
      ],
    }
    await automation.put([one], { replicaSets, auth })
    await automation.atGoal()
    const insert = (login: string) =>
      asClient(one, (client) => client.db('d').collection('c').insertOne({ a: 1 }), login)
    await insert('app:a-word-of-users@')
    await assert.rejects(insert(''), /requires authentication/)
    const own = join(folder, 'g', 'automation')
    for (const name of readdirSync(own, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(conf|json|log)$/.test(name)) continue
      assert.doesNotMatch(readFileSync(join(own, name), 'utf8'), /a-word-of/, name)
    }
  })

  test('what needs a real mongod stays pending, and says so', async () => {
    group = await newGroup('sharded')
    const members = [await goalProcess(folder, 'm0'), await goalProcess(folder, 'm1')]
    const replicated = members.map((each) => ({
      ...each,
      args2_6: { ...each.args2_6, replication: { replSetName: 'rs' } },
    }))
    const replicaSets = [
      { _id: 'rs', members: members.map(({ name: host }, _id) => ({ _id, host })) },
    ]
    await automation.put(replicated, { replicaSets })
    const { processes } = await automation.until((status) =>
      status.processes.every(({ errorCode }) => errorCode === 3),
    )
    for (const { errorString, lastGoalVersionAchieved, plan } of processes) {
      assert.match(errorString, /needs MongoDB's own programs.*--mongod/)
      assert.equal(lastGoalVersionAchieved, 0)
      assert.ok(plan.length > 0)
    }
  })

  test('organizations without an owner of the server run nothing on its machine', async () => {
    const org = await automation.call('POST', '/orgs', { name: 'tenants' })
    group = await newGroup('of a tenant', { orgId: org.id })
    const one = await goalProcess(folder, 'theirs')
    await automation.put([one])
    const { processes } = await automation.until((status) => status.processes[0].errorCode !== 0)
    assert.equal(processes[0].errorCode, 6)
    assert.match(processes[0].errorString, /run gantry agent/)
    await assert.rejects(
      asClient({ args2_6: one.args2_6 }, (client) => client.db('d').command({ ping: 1 })),
    )
  })

  test('nobody writes into the data of the server', async () => {
    group = await newGroup('inside')
    const inside = await goalProcess(join(folder, 'g', 'state'), 'inside')
    await automation.put([inside])
    const { processes } = await automation.until((status) => status.processes[0].errorCode !== 0)
    assert.match(processes[0].errorString, /storage\.dbPath is .*\/g\/state\/inside/)
  })
})
