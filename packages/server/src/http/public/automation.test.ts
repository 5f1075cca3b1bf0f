import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  documentOf,
  processDocument,
  smallestDocument,
  standaloneDocument,
} from '../../testing/goal-document.js'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

const SECRET = 'very-secret'
const auth = {
  disabled: false,
  autoUser: 'agent',
  autoPwd: SECRET,
  key: SECRET,
  keyfile: '/data/key',
  keyfileWindows: 'c:/key',
}
const ann = { db: 'admin', user: 'ann', roles: [{ role: 'root', db: 'admin' }] }

describe('the Public API: what hangs on the goal document', () => {
  let app: PublicApp
  let orgId: string
  let group: string
  let count = 0
  before(async () => {
    app = await openPublicApp()
    orgId = (await app.get('/groups')).results[0].orgId
  })
  after(() => app.close())

  async function newGroup(): Promise<void> {
    const body = { name: `automated ${++count}`, orgId }
    group = (await app.call('POST', '/groups', { body, status: 201 })).json.id
  }
  const at = (path = '') => `/groups/${group}/automationConfig${path}`
  const get = (path?: string) => app.get(at(path))
  async function put(body: unknown, path?: string, status = 200) {
    return (await app.call('PUT', at(path), { body, status })).json
  }
  async function plan(body: unknown, method = 'GET') {
    return (await app.call(method, at('/plan'), { body, status: 200 })).json
  }

  test('without secrets: none is answered, and what is put so keeps them', async () => {
    await newGroup()
    const args2_6 = {
      ...processDocument().args2_6,
      net: { port: 27017, tls: { mode: 'requireTLS', certificateKeyFilePassword: SECRET } },
    }
    await put({
      ...smallestDocument(),
      processes: [processDocument({ args2_6 })],
      auth: { ...auth, usersWanted: [{ ...ann, pwd: SECRET }] },
      tls: { CAFilePath: '/ca.pem', autoPEMKeyFilePwd: SECRET },
      ldap: { bindQueryPassword: SECRET, servers: 'ldap.example.com' },
    })
    const whole = await get()
    const bare = await get('/noSecrets')
    assert.ok(!JSON.stringify(bare).includes(SECRET))
    const { key: _key, autoPwd: _autoPwd, ...others } = whole.auth
    assert.deepEqual(bare.auth, { ...others, usersWanted: [ann] })
    assert.deepEqual(bare.ldap, { servers: 'ldap.example.com' })
    assert.deepEqual(bare.processes[0].args2_6.net, { port: 27017, tls: { mode: 'requireTLS' } })
    await put(bare, '/noSecrets')
    assert.deepEqual(await get(), whole)
    bare.processes[0].disabled = true
    bare.auth.usersWanted.push({ ...ann, user: 'bob', pwd: 'x' })
    await put(bare, '/noSecrets')
    const changed = await get()
    assert.deepEqual(changed.processes, [{ ...whole.processes[0], disabled: true }])
    assert.deepEqual(changed.auth.usersWanted[0], whole.auth.usersWanted[0])
    assert.equal(changed.auth.autoPwd, SECRET)
    assert.deepEqual(changed.tls, whole.tls)
    assert.equal(changed.version, 2)
    // What is taken out does not come back with its secrets.
    await put({ ...bare, tls: null }, '/noSecrets')
    assert.equal('tls' in (await get()), false)
  })

  for (const method of ['GET', 'POST']) {
    test(`${method} …/plan shows what a document would do, and does nothing`, async () => {
      await newGroup()
      const first = await plan(smallestDocument(), method)
      assert.deepEqual([first.version, first.faults], [1, []])
      assert.deepEqual(first.replicaSets, [
        { _id: 'rs0', change: 'ADDED', changes: [], membersAdded: ['rs0_0'], membersRemoved: [] },
      ])
      const [process] = first.processes
      assert.deepEqual(
        [process.name, process.hostname, process.change],
        ['rs0_0', 'db0.example.com', 'ADDED'],
      )
      assert.deepEqual(process.moves.slice(0, 2), ['Download', 'Start'])
      assert.equal((await get()).version, 0)
      const events = await app.control.events.list({ groupId: group }, 0, 0)
      assert.ok(!events.some(({ eventTypeName }) => /AUTOMATION/.test(eventTypeName)))
    })
  }

  test('a plan tells what changes, what is added and what is let go, with secrets starred', async () => {
    await newGroup()
    const users = [
      { ...ann, pwd: SECRET },
      { ...ann, user: 'bob', pwd: SECRET },
    ]
    const index = { dbName: 'd', collectionName: 'c', rsName: 'rs0', key: [['a', 1]] }
    const single = [standaloneDocument(1), standaloneDocument(2)]
    const before = {
      ...smallestDocument(),
      processes: [processDocument(), ...single],
      auth: { ...auth, usersWanted: users },
      indexConfigs: [index],
    }
    await put(before)
    const said = { hostname: 'db0.example.com', errorCode: 0, errorString: '', plan: [] }
    await app.control.automation.report(
      group,
      said.hostname,
      ['rs0_0', 'single_1', 'single_2'].map((name) => ({
        ...said,
        name,
        lastGoalVersionAchieved: 1,
      })),
    )
    const args2_6 = { ...single[0].args2_6, net: { port: 28_001, bindIp: '127.0.0.1' } }
    const member = {
      ...processDocument(),
      name: 'rs0_1',
      args2_6: { ...processDocument().args2_6, net: { port: 27_018 } },
    }
    const planned = await plan({
      ...before,
      processes: [processDocument(), member, { ...single[0], args2_6, version: '7.0.15' }],
      replicaSets: [
        {
          _id: 'rs0',
          members: [
            { _id: 0, host: 'rs0_0' },
            { _id: 1, host: 'rs0_1' },
          ],
        },
      ],
      auth: {
        ...auth,
        autoPwd: 'other',
        usersWanted: [
          { ...ann, pwd: 'new' },
          { ...ann, user: 'cy', pwd: 'x' },
        ],
        usersDeleted: [{ user: 'dan', dbs: ['admin'] }],
      },
      indexConfigs: [index, { ...index, key: [['b', 1]] }],
    })
    assert.deepEqual(planned.faults, [])
    assert.equal(planned.version, 2)
    assert.deepEqual(
      planned.processes.map(({ name, change }: { name: string; change: string }) => [name, change]),
      [
        ['rs0_0', 'UNCHANGED'],
        ['rs0_1', 'ADDED'],
        ['single_1', 'CHANGED'],
        ['single_2', 'LET_GO'],
      ],
    )
    const [, , changed, gone] = planned.processes
    assert.deepEqual(changed.changes, [
      { field: 'args2_6.net.bindIp', to: '127.0.0.1' },
      { field: 'version', from: '7.0.14', to: '7.0.15' },
    ])
    assert.ok(changed.moves.includes('ChangeVersion'), changed.moves)
    assert.deepEqual(gone.moves, [])
    assert.deepEqual(planned.replicaSets[0].membersAdded, ['rs0_1'])
    assert.deepEqual(planned.users, {
      added: ['cy@admin'],
      changed: ['ann@admin'],
      letGo: ['bob@admin'],
      removed: ['dan@admin'],
    })
    assert.deepEqual(
      planned.indexes.map(({ key }: { key: unknown }) => key),
      [[['b', 1]]],
    )
    assert.deepEqual(planned.settings, [
      { field: 'auth.autoPwd', from: '********', to: '********' },
    ])
    assert.ok(!JSON.stringify(planned).includes(SECRET))
    assert.equal((await get()).version, 1)
  })

  test('a plan lists all faults, in the words that a PUT would refuse with', async () => {
    await newGroup()
    const bad = documentOf(standaloneDocument(1), standaloneDocument(1, { version: 'x' }))
    const { faults, version, processes } = await plan(bad)
    assert.equal(version, 0)
    assert.deepEqual(processes, [])
    assert.ok(faults.length > 1)
    const refused = await put(bad, '', 400)
    const { errorCode, detail, parameters } = refused
    assert.deepEqual(faults[0], { detail, errorCode, parameters })
    await put(documentOf(standaloneDocument(3)))
    assert.deepEqual((await plan(bad)).processes, [])
    const [unknown, missing] = (await plan({ surprise: 1, processes: [] })).faults
    assert.deepEqual([unknown.errorCode, unknown.parameters], ['INVALID_ATTRIBUTE', ['surprise']])
    assert.deepEqual(
      [missing.errorCode, missing.parameters],
      ['MISSING_ATTRIBUTE', ['replicaSets']],
    )
  })

  test('a plan without a document is what is left to do of the one that there is', async () => {
    await newGroup()
    await put(documentOf(standaloneDocument(1), standaloneDocument(2)))
    const said = { hostname: 'db0.example.com', errorCode: 0, errorString: '' }
    await app.control.automation.report(group, said.hostname, [
      { ...said, name: 'single_1', lastGoalVersionAchieved: 1, plan: [] },
      { ...said, name: 'single_2', lastGoalVersionAchieved: 0, plan: ['Start'] },
    ])
    const { version, faults, processes } = await plan(undefined)
    assert.deepEqual([version, faults], [1, []])
    assert.deepEqual(
      processes.map(({ moves }: { moves: string[] }) => moves),
      [[], ['Start']],
    )
  })

  test('agents are told to be of this version', async () => {
    await newGroup()
    await put(smallestDocument())
    const reply = await app.call('POST', at('/updateAgentVersions'), { status: 200 })
    const { automationAgentVersion, biConnectorVersion, links } = reply.json
    assert.match(automationAgentVersion, /^\d+\.\d+\.\d+/)
    assert.equal(biConnectorVersion, '')
    await app.get(links[0].href.slice(app.base.length))
    const document = await get()
    assert.equal(document.agentVersion.name, automationAgentVersion)
    assert.equal(document.version, 2)
    await app.call('POST', at('/updateAgentVersions'), { body: {}, status: 200 })
    assert.equal((await get()).version, 2)
  })

  for (const kind of ['monitoring', 'backup']) {
    test(`settings of ${kind} agents are kept whole, replaced, and sealed`, async () => {
      await newGroup()
      const path = `/${kind}AgentConfig`
      assert.deepEqual(await get(path), {})
      const settings = {
        configOverrides: { key: 'value' },
        logPath: '/var/log/agent.log',
        logRotate: { sizeThresholdMB: 1000.5, timeThresholdHrs: 24 },
        password: SECRET,
        username: 'agent',
      }
      assert.deepEqual(await put({ ...settings, sslPEMKeyFile: null }, path), settings)
      assert.deepEqual(await get(path), settings)
      await put({ username: 'other' }, path)
      assert.deepEqual(await get(path), { username: 'other' })
      const { parameters } = await put({ logRotate: { size: 1 } }, path, 400)
      assert.deepEqual(parameters, ['logRotate.size'])
      const events = await app.control.events.list({ groupId: group }, 0, 0)
      assert.ok(events.some(({ eventTypeName }) => eventTypeName.startsWith(kind.toUpperCase())))
      assert.ok(!JSON.stringify(events).includes(SECRET))
    })
  }

  test('log rotation is set for all processes at once', async () => {
    await newGroup()
    await put(documentOf(standaloneDocument(1), standaloneDocument(2)))
    const logRotate = { sizeThresholdMB: 500, timeThresholdHrs: 12, numTotal: 10 }
    assert.deepEqual(await put(logRotate, '/systemLogRotateConfig'), {})
    await put({ ...logRotate, numTotal: null }, '/auditLogRotateConfig')
    const { processes, version } = await get()
    assert.equal(version, 3)
    const { numTotal: _numTotal, ...auditLogRotate } = logRotate
    for (const process of processes) {
      assert.deepEqual([process.logRotate, process.auditLogRotate], [logRotate, auditLogRotate])
    }
    const missing = await put({ sizeThresholdMB: 1 }, '/systemLogRotateConfig', 400)
    assert.deepEqual(missing.parameters, ['timeThresholdHrs'])
  })
})
