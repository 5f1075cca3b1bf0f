import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { publicApi } from '@gantry/api'
import type { Goal, GoalProcess, JsonObject } from '../../automation/goal.js'
import { goalShape } from '../../automation/goal-shape.js'
import {
  documentOf,
  processDocument,
  smallestDocument,
  standaloneDocument,
} from '../../testing/goal-document.js'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

const HOST = 'db0.example.com'

describe('the Public API: the goal document and its rules', () => {
  let app: PublicApp
  let orgId: string
  let count = 0
  before(async () => {
    app = await openPublicApp()
    orgId = (await app.get('/groups')).results[0].orgId
  })
  after(() => app.close())

  /** A project without a document. */
  async function newGroup(): Promise<string> {
    const body = { name: `automated ${++count}`, orgId }
    return (await app.call('POST', '/groups', { body, status: 201 })).json.id
  }
  const configOf = (group: string) => `/groups/${group}/automationConfig`
  const get = (group: string) => app.get(configOf(group))
  const status = (group: string) => app.get(`/groups/${group}/automationStatus`)
  async function put(group: string, body: unknown, code = 200) {
    return (await app.call('PUT', configOf(group), { body, status: code })).json
  }
  async function refused(group: string, body: unknown, code: string, parameter: string | RegExp) {
    const before = await get(group)
    const { errorCode, parameters, detail } = await put(group, body, 400)
    assert.equal(errorCode, code, detail)
    if (typeof parameter === 'string') assert.equal(parameters[0], parameter)
    else assert.match(parameters[0], parameter)
    assert.deepEqual(await get(group), before)
  }
  const published = async (group: string) => {
    const query = { groupId: group, types: ['AUTOMATION_CONFIG_PUBLISHED_AUDIT'] }
    return app.control.events.list(query, 0, 0)
  }

  test('a project without a document has an empty one, that can be put back', async () => {
    const group = await newGroup()
    const document = await get(group)
    assert.equal(document.version, 0)
    assert.deepEqual([document.processes, document.replicaSets, document.sharding], [[], [], []])
    assert.equal('links' in document, false)
    assert.deepEqual(await status(group), { goalVersion: 0, processes: [] })
    await put(group, document)
    assert.equal((await get(group)).version, 0)
  })

  test('the smallest useful document is accepted and answered as it was sent', async () => {
    const group = await newGroup()
    assert.deepEqual(await put(group, smallestDocument()), {})
    assert.deepEqual(await get(group), smallestDocument())
    const [process] = (await status(group)).processes
    assert.deepEqual(process, {
      errorCode: 0,
      errorCodeDescription: '',
      errorCodeHumanReadable: '',
      errorString: '',
      hostname: HOST,
      lastGoalVersionAchieved: 0,
      name: 'rs0_0',
      plan: [],
    })
  })

  test('A1 the version is the server’s own, and equal documents do not raise it', async () => {
    const group = await newGroup()
    await put(group, { ...smallestDocument(), version: 999 })
    assert.equal((await get(group)).version, 1)
    const document = await get(group)
    const reordered = Object.fromEntries(Object.entries(document).reverse())
    await put(group, { ...reordered, version: 17, balancer: null, cpsModules: null })
    assert.equal((await get(group)).version, 1)
    document.processes[0].disabled = true
    await put(group, document)
    assert.equal((await get(group)).version, 2)
    assert.equal((await status(group)).goalVersion, 2)
  })

  test('A2 R36 nothing guards concurrent edits: the last writer wins', async () => {
    const group = await newGroup()
    await put(group, smallestDocument())
    const [one, two] = [await get(group), await get(group)]
    one.processes[0].disabled = true
    two.processes[0].alias = 'db.example.com'
    await put(group, one)
    await put(group, two)
    const document = await get(group)
    assert.equal(document.version, 3)
    assert.deepEqual(document.processes, two.processes)
  })

  test('A2 puts at the same time are all accepted, one version each', async () => {
    const group = await newGroup()
    const documents = Array.from({ length: 6 }, (_, i) => documentOf(standaloneDocument(i)))
    await Promise.all(documents.map((document) => put(group, document)))
    assert.equal((await get(group)).version, 6)
  })

  test('A3 what is left out is gone, but for what is the server’s own', async () => {
    const group = await newGroup()
    const versions = [{ hostname: HOST, name: '12.0', baseUrl: 'https://mgr.example.com' }]
    const first = {
      ...smallestDocument(),
      agentVersion: { name: '13.0', directoryUrl: 'https://mgr.example.com/agents/' },
      backupVersions: versions,
      balancer: { rs0: true },
      mongoDbVersions: [{ name: '7.0.14' }],
      monitoringVersions: versions,
      options: { downloadBase: '/opt' },
      roles: [{ role: 'r', db: 'admin', privileges: [], roles: [] }],
      uiBaseUrl: 'https://mgr.example.com',
    }
    await put(group, first)
    await put(group, {
      processes: [standaloneDocument(1)],
      replicaSets: [],
      monitoringVersions: [{ hostname: HOST, name: '12.1' }],
      backupVersions: [{ hostname: HOST, name: '12.0' }],
      options: null,
    })
    const document = await get(group)
    assert.deepEqual(document.processes, [standaloneDocument(1)])
    assert.deepEqual([document.replicaSets, document.sharding], [[], []])
    assert.equal('balancer' in document || 'roles' in document, false)
    for (const key of ['agentVersion', 'mongoDbVersions', 'options', 'uiBaseUrl'] as const) {
      assert.deepEqual(document[key], first[key], key)
    }
    assert.deepEqual(document.monitoringVersions, [{ ...versions[0], name: '12.1' }])
    assert.deepEqual(document.backupVersions, versions)
    assert.equal(document.auth.disabled, true)
    await put(group, { processes: [], replicaSets: [], monitoringVersions: null })
    assert.equal('monitoringVersions' in (await get(group)), false)
  })

  const auth = {
    disabled: false,
    autoUser: 'agent',
    autoPwd: 'agents-password',
    keyfile: '/data/key',
    keyfileWindows: 'c:/key',
    autoAuthMechanisms: ['SCRAM-SHA-256'],
    deploymentAuthMechanisms: ['SCRAM-SHA-256'],
  }
  const ann = { db: 'admin', user: 'ann', roles: [{ role: 'root', db: 'admin' }] }

  test('A3 passwords become credentials that are kept; the key is made once and kept', async () => {
    const group = await newGroup()
    const wanted = [{ ...ann, initPwd: 'pässword' }]
    await put(group, { ...smallestDocument(), auth: { ...auth, usersWanted: wanted } })
    const first = await get(group)
    const [user] = first.auth.usersWanted
    assert.deepEqual(
      { ...user, scramSha1Creds: 0, scramSha256Creds: 0 },
      { ...ann, scramSha1Creds: 0, scramSha256Creds: 0 },
    )
    assert.equal(user.scramSha256Creds.iterationCount, 15_000)
    assert.ok(!JSON.stringify(first).includes('pässword'))
    assert.ok(first.auth.key.length > 100)
    assert.equal(first.auth.autoAuthMechanism, 'SCRAM-SHA-256')
    // The same password again changes nothing, and nor does leaving it and the key out.
    await put(group, { ...smallestDocument(), auth: { ...auth, usersWanted: wanted } })
    await put(group, { ...smallestDocument(), auth: { ...auth, usersWanted: [ann] } })
    assert.deepEqual(await get(group), first)
    const changed = [{ ...ann, pwd: 'another one' }]
    await put(group, { ...smallestDocument(), auth: { ...auth, usersWanted: changed } })
    const second = await get(group)
    assert.equal(second.version, 2)
    assert.notDeepEqual(second.auth.usersWanted, first.auth.usersWanted)
    assert.equal(second.auth.key, first.auth.key)
  })

  test('A4 R14 unknown keys at the top are refused, below everything is free', async () => {
    const group = await newGroup()
    const document = smallestDocument()
    await refused(group, { ...document, procesess: [] }, 'INVALID_ATTRIBUTE', 'procesess')
    await refused(group, { zzz: 1, ...document, processes: 1 }, 'INVALID_ATTRIBUTE', 'zzz')
    const [process] = document.processes
    const args2_6 = { ...process.args2_6, setParameter: { anything: [1, { at: 'all' }] } }
    const vendor = { ...document, processes: [{ ...process, args2_6, vendorField: { x: 1 } }] }
    await put(group, { ...vendor, mongosqlds: [{ whatever: true }], kerberos: { a: 'b' } })
    assert.deepEqual((await get(group)).processes[0].args2_6.setParameter, args2_6.setParameter)
    assert.deepEqual((await get(group)).processes[0].vendorField, { x: 1 })
  })

  test('A4 the contract lists the keys at the top that the document may have', () => {
    const contract = Object.keys(publicApi.putAutomationConfig.body)
    assert.deepEqual(contract.sort(), Object.keys(goalShape).sort())
  })

  test('A4 what is missing is named by its path, what has a wrong type too', async () => {
    const group = await newGroup()
    const third = (changes: object) =>
      documentOf(standaloneDocument(1), standaloneDocument(2), {
        ...standaloneDocument(3),
        ...changes,
      } as GoalProcess)
    const missing = 'MISSING_ATTRIBUTE'
    await refused(
      group,
      third({ args2_6: { ...processDocument().args2_6, net: {} } }),
      missing,
      'processes[2].args2_6.net.port',
    )
    await refused(group, third({ args2_6: null }), missing, 'processes[2].args2_6.net.port')
    await refused(group, third({ name: null }), missing, 'processes[2].name')
    await refused(group, third({ processType: 'mongos' }), missing, 'processes[2].cluster')
    await refused(group, { replicaSets: [] }, missing, 'processes')
    await refused(group, { processes: [], replicaSets: null }, missing, 'replicaSets')
    await refused(
      group,
      third({ disabled: 'yes' }),
      'INVALID_JSON_ATTRIBUTE',
      'processes[2].disabled',
    )
    await refused(
      group,
      third({ processType: 'mongox' }),
      'INVALID_ENUM_VALUE',
      'processes[2].processType',
    )
    await refused(
      group,
      third({ lastRestart: 'now' }),
      'INVALID_DATE_FORMAT',
      'processes[2].lastRestart',
    )
    await refused(
      group,
      third({ numCores: 2 }),
      'VALIDATION_ERROR',
      /^processes\[2\]\.numCores is not supported/,
    )
  })

  test('A5 parts that do not fit each other are refused, the first fault named', async () => {
    const group = await newGroup()
    const twice = documentOf(standaloneDocument(1), standaloneDocument(2, { name: 'single_1' }))
    await refused(group, twice, 'VALIDATION_ERROR', 'Two processes have the name single_1.')
    const lost = { ...smallestDocument(), processes: [] }
    await refused(group, lost, 'VALIDATION_ERROR', /rs0_0 of the replica set rs0 is no process/)
    await put(group, smallestDocument())
    const moved = processDocument({ hostname: 'db1.example.com' })
    await refused(
      group,
      { ...smallestDocument(), processes: [moved] },
      'VALIDATION_ERROR',
      /cannot move to db1/,
    )
  })

  test('A5 a host without an agent is accepted, stays pending, and is told of', async () => {
    const group = await newGroup()
    await put(group, documentOf(standaloneDocument(1)))
    assert.equal((await status(group)).processes[0].errorCode, 0)
    app.clock.now = Date.now() + 60_000
    const [process] = (await status(group)).processes
    assert.equal(process.lastGoalVersionAchieved, 0)
    assert.match(process.errorString, /No agent works on db0\.example\.com: start gantry agent/)
    assert.notEqual(process.errorCode, 0)
  })

  test('A6 a refused document changes nothing, and nobody is told of it', async () => {
    const group = await newGroup()
    await put(group, smallestDocument())
    const bad = { ...smallestDocument(), processes: [processDocument({ disabled: true })], x: 1 }
    await refused(group, bad, 'INVALID_ATTRIBUTE', 'x')
    assert.equal((await status(group)).goalVersion, 1)
    assert.equal((await published(group)).length, 1)
  })

  test('A7 admins get secrets back, which are nowhere else', async () => {
    const group = await newGroup()
    const secret = 'very-secret'
    const document = {
      ...smallestDocument(),
      auth: {
        ...auth,
        autoPwd: secret,
        key: `${secret}key`,
        usersWanted: [{ ...ann, pwd: `${secret}3` }],
      },
      tls: { CAFilePath: '/ca.pem', autoPEMKeyFilePwd: secret },
      ldap: { bindQueryUser: 'u', bindQueryPassword: secret },
    }
    await put(group, document)
    const seen = await get(group)
    assert.equal(seen.auth.autoPwd, secret)
    assert.equal(seen.auth.key, `${secret}key`)
    assert.equal(seen.tls.autoPEMKeyFilePwd, secret)
    assert.equal(seen.ldap.bindQueryPassword, secret)
    const events = await app.control.events.list({ groupId: group }, 0, 0)
    assert.ok(events.length > 0 && !JSON.stringify(events).includes(secret))
    const bad = await put(
      group,
      { ...document, processes: [], replicaSets: [], auth: { ...document.auth, keyfile: 5 } },
      400,
    )
    assert.ok(!JSON.stringify(bad).includes(secret))
  })

  test('A8 each accepted change is an event of who made it', async () => {
    const group = await newGroup()
    await put(group, smallestDocument())
    await put(group, smallestDocument())
    await put(group, documentOf(standaloneDocument(1)))
    const events = await published(group)
    assert.equal(events.length, 2)
    assert.equal(events[0].facts.publicKey, app.owner.publicKey)
    assert.equal(events[0].facts.remoteAddress, '127.0.0.1')
  })

  test('how far processes have come is sorted by name and never beyond the goal', async () => {
    const group = await newGroup()
    const names = ['b', 'a', 'd', 'c']
    const processes = names.map((name, i) =>
      standaloneDocument(i, { name, ...(name === 'c' && { manualMode: true }) }),
    )
    await put(group, documentOf(...processes))
    const said = { hostname: HOST, errorCode: 0, errorString: '' }
    await app.control.automation.report(group, HOST, [
      { ...said, name: 'a', lastGoalVersionAchieved: 1, plan: [] },
      { ...said, name: 'b', lastGoalVersionAchieved: 9, plan: [] },
      {
        ...said,
        name: 'd',
        lastGoalVersionAchieved: 0,
        plan: ['Download', 'Start'],
        errorCode: 7,
        errorString: 'no disk',
      },
    ])
    const short = (await status(group)).processes.map((one: JsonObject) => [
      one.name,
      one.lastGoalVersionAchieved,
      one.plan,
      one.errorCode,
      one.errorString,
    ])
    assert.deepEqual(short, [
      ['a', 1, [], 0, ''],
      ['b', 1, [], 0, ''],
      ['c', 1, [], 0, ''],
      ['d', 0, ['Download', 'Start'], 7, 'no disk'],
    ])
    await put(group, documentOf(...processes.slice(0, 1)))
    assert.deepEqual(
      (await status(group)).processes.map((one: JsonObject) => [
        one.name,
        one.lastGoalVersionAchieved,
      ]),
      [['b', 1]],
    )
  })

  test('a project that is deleted leaves no document behind', async () => {
    const group = await newGroup()
    await put(group, smallestDocument())
    await app.call('DELETE', `/groups/${group}`, { status: 200 })
    assert.equal(app.control.automation.goal(group).version, 0)
    await app.call('GET', configOf(group), { status: 404 })
  })

  test('PATCH is not for goal documents', async () => {
    const group = await newGroup()
    const reply = await app.call('PATCH', configOf(group), { body: {}, status: 405 })
    assert.equal(reply.headers.allow, 'GET, HEAD, PUT')
  })

  test('only automation admins see and put documents; every member sees how far they have come', async () => {
    const group = await newGroup()
    const keyWith = async (role: string) => {
      const body = { desc: 'k', roles: [role] }
      const { publicKey, privateKey } = (
        await app.call('POST', `/groups/${group}/apiKeys`, { body, status: 201 })
      ).json
      return { publicKey, privateKey }
    }
    const [reader, admin] = [
      await keyWith('GROUP_READ_ONLY'),
      await keyWith('GROUP_AUTOMATION_ADMIN'),
    ]
    const paths = ['', '/noSecrets', '/plan', '/monitoringAgentConfig', '/backupAgentConfig']
    for (const path of paths) {
      await app.call('GET', configOf(group) + path, { as: admin, status: 200 })
      const reply = await app.call('GET', configOf(group) + path, { as: reader, status: 401 })
      assert.equal(reply.json.errorCode, 'USER_UNAUTHORIZED')
    }
    await app.call('PUT', configOf(group), { as: reader, body: smallestDocument(), status: 401 })
    await app.call('PUT', configOf(group), { as: admin, body: smallestDocument(), status: 200 })
    await app.call('GET', `/groups/${group}/automationStatus`, { as: reader, status: 200 })
  })

  test('HEAD is GET for documents and statuses too', async () => {
    const group = await newGroup()
    for (const path of ['automationConfig', 'automationStatus', 'automationConfig/plan']) {
      const head = await app.call('HEAD', `/groups/${group}/${path}`, { status: 200 })
      const got = await app.call('GET', `/groups/${group}/${path}`, { status: 200 })
      assert.equal(head.headers['content-length'], got.headers['content-length'])
    }
  })

  test('as Go clients send documents: null for what is empty, floats, no baseUrl', async () => {
    const group = await newGroup()
    const monitoringVersions = [{ name: '13', hostname: HOST, baseUrl: 'https://mgr.example.com' }]
    await put(group, { ...smallestDocument(), monitoringVersions })
    const before: Goal & JsonObject = await get(group)
    const nulls = Object.fromEntries(
      'backupVersions balancer cpsModules indexConfigs mongosqlds mongots onlineArchiveModules options roles sharding'
        .split(' ')
        .map((name) => [name, null]),
    )
    const [set] = before.replicaSets
    const text = JSON.stringify({
      ...before,
      ...nulls,
      monitoringVersions: [{ name: '13', hostname: HOST }],
      replicaSets: [
        { ...set, members: [{ ...set.members[0], priority: 'float', votes: 'float' }] },
      ],
      version: 999,
    }).replaceAll('"float"', '1.0')
    const headers = { 'content-type': 'application/json; charset=UTF-8' }
    const reply = await app.raw('PUT', configOf(group), { headers, body: text })
    assert.equal(reply.status, 200, reply.text)
    assert.deepEqual(await get(group), before)
  })
})
