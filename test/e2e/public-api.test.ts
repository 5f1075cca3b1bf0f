import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { MongoClient } from 'mongodb'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'
import { freePort } from '../support/ports.js'
import { type DigestKey, type PublicClient, publicClients } from '../support/public-clients.js'

interface Named {
  readonly id: string
  readonly name: string
  readonly desc: string
}

describe('the Public API', () => {
  let gantry: GantryProcess
  before(async () => {
    gantry = await startGantry(['--public-rate-limit', '0', '--metrics-interval', '10'])
  })
  after(() => gantry.stop())

  for (const { name, missing, open } of publicClients) {
    const skip =
      missing !== undefined && `NOT TESTED, as there is no ${name}. To have it: ${missing}`
    if (skip) process.stderr.write(`${skip}\n`)
    test(`with ${name}`, { skip }, async () => {
      const client = open()
      try {
        await script(gantry, client, name.length)
      } finally {
        await client.close()
      }
    })
  }
})

interface Reply<T> {
  readonly status: number
  readonly text: string
  readonly json: T
}

/** A client, the server that it calls, and what tells its objects from those of the others. */
interface Session {
  readonly owner: DigestKey
  readonly number: number
  // biome-ignore lint/suspicious/noExplicitAny: answers have no type here
  call(method: string, path: string, body?: unknown, key?: DigestKey): Promise<Reply<any>>
  // biome-ignore lint/suspicious/noExplicitAny: answers have no type here
  get(path: string, key?: DigestKey): Promise<any>
  /** Reads again and again until the answer is as wanted; the runner ends what never is. */
  // biome-ignore lint/suspicious/noExplicitAny: answers have no type here
  until(path: string, isDone: (answer: any) => boolean, key?: DigestKey): Promise<any>
}

/** What every client does; `number` tells its objects from those of the others. */
async function script(gantry: GantryProcess, client: PublicClient, number: number): Promise<void> {
  const session = sessionOf(gantry, client, number)
  const { project, key } = await makeProject(session)
  await listHosts(session, project, key)
  const host = await measure(session, gantry.credentials().login)
  await automate(session, project, key)
  await backUp(session, host)
  const { call } = session
  const unknown = await call('PATCH', `/groups/${project}`, { nmae: 'x' }, key)
  assert.deepEqual([unknown.status, unknown.json.parameters], [400, ['nmae']])
  assert.equal((await call('DELETE', `/groups/${project}`, undefined, key)).status, 200)
  assert.equal((await call('GET', `/groups/${project}`)).status, 404)
}

function sessionOf(gantry: GantryProcess, client: PublicClient, number: number): Session {
  const base = `${gantry.url}/api/public/v1.0`
  const owner = gantry.credentials()
  const session: Session = {
    owner,
    number,
    async call(method, path, body, key = owner) {
      const url = path.startsWith('http') ? path : base + path
      const { status, text } = await client.call(key, method, url, body)
      return { status, text, json: JSON.parse(text) }
    },
    async get(path, key) {
      const reply = await session.call('GET', path, undefined, key)
      assert.equal(reply.status, 200, reply.text)
      return reply.json
    },
    async until(path, isDone, key) {
      for (;;) {
        const answer = await session.get(path, key)
        if (isDone(answer)) return answer
      }
    },
  }
  return session
}

/** A project, and a key for it that may be used from this machine alone. */
async function makeProject({ call, get, number }: Session) {
  const made = await call('POST', '/groups', { name: `project ${number}`, tags: ['e2e'] })
  assert.equal(made.status, 201, made.text)
  const project: Named & { orgId: string } = made.json
  assert.equal((await get(`/groups/byName/project%20${number}`)).id, project.id)
  const asked = { desc: `key ${number}`, roles: ['GROUP_OWNER'] }
  const key: DigestKey & Named = (await call('POST', `/groups/${project.id}/apiKeys`, asked)).json
  const access = `/orgs/${project.orgId}/apiKeys/${key.id}/accessList`
  const elsewhere = await call('POST', access, [{ cidrBlock: '203.0.113.0/24', comment: 'ä' }])
  assert.equal(elsewhere.status, 201, elsewhere.text)
  const refused = await call('GET', `/groups/${project.id}`, undefined, key)
  assert.equal(refused.json.errorCode, 'IP_ADDRESS_NOT_ON_ACCESS_LIST')
  await call('POST', access, [{ ipAddress: '127.0.0.1' }])
  assert.equal((await get(`/groups/${project.id}`, key)).id, project.id)
  assert.equal((await call('DELETE', `${access}/203.0.113.0%2F24`)).status, 200)
  return { project: project.id, key }
}

/** Hosts page by page. */
async function listHosts({ call, get }: Session, project: string, key: DigestKey): Promise<void> {
  for (const port of [1, 2, 3]) {
    const host = { hostname: '127.0.0.1', port }
    assert.equal((await call('POST', `/groups/${project}/hosts`, host, key)).status, 201)
  }
  const ports: number[] = []
  let next = `/groups/${project}/hosts?itemsPerPage=2`
  while (next) {
    const page = await get(next, key)
    assert.equal(page.totalCount, 3)
    ports.push(...page.results.map(({ port }: { port: number }) => port))
    next = page.links.find(({ rel }: { rel: string }) => rel === 'next')?.href
  }
  assert.deepEqual(ports, [1, 2, 3])
}

interface Host extends Named {
  readonly groupId: string
  readonly clusterId: string
}

/** What the instance of the first start does. */
async function measure({ get }: Session, login: string): Promise<Host> {
  const { results: groups } = await get('/groups')
  const [{ id: mine }] = groups.filter(({ name }: Named) => name === login)
  const [host] = (await get(`/groups/${mine}/hosts`)).results
  assert.equal(host.typeName, 'REPLICA_PRIMARY')
  const query = 'granularity=PT10S&period=PT1M&m=CONNECTIONS'
  const measured = await get(`/groups/${mine}/hosts/${host.id}/measurements?${query}`)
  assert.equal(measured.measurements[0].units, 'SCALAR')
  assert.ok(measured.measurements[0].dataPoints.length >= 6)
  return host
}

/** Two processes come, change and go with the goal document. */
async function automate(session: Session, project: string, key: DigestKey): Promise<void> {
  const { call, get, until } = session
  const folder = mkdtempSync(join(tmpdir(), 'gantry-e2e-automation-'))
  const ports = [await freePort(), await freePort()]
  const config = `/groups/${project}/automationConfig`
  const atGoal = ({ goalVersion, processes }: Goal) =>
    processes.every((process) => process.lastGoalVersionAchieved === goalVersion)
  const put = async (processes: readonly unknown[]) => {
    // As clients do: all of the document, with what was changed in it.
    const document = { ...(await get(config, key)), processes, replicaSets: [] }
    const reply = await call('PUT', config, document, key)
    assert.equal(reply.status, 200, reply.text)
    return until(`/groups/${project}/automationStatus`, atGoal, key)
  }
  const process = (port: number, verbosity = 0) => ({
    name: `at ${port}`,
    processType: 'mongod',
    version: '7.0.14',
    featureCompatibilityVersion: '7.0',
    authSchemaVersion: 5,
    hostname: 'localhost',
    args2_6: {
      net: { port },
      storage: { dbPath: join(folder, `${port}`) },
      systemLog: { destination: 'file', path: join(folder, `${port}.log`), verbosity },
    },
  })
  const ping = async (port: number) => {
    const uri = `mongodb://localhost:${port}/?directConnection=true`
    const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 })
    try {
      return (await client.db('admin').command({ ping: 1 })).ok
    } finally {
      await client.close()
    }
  }
  try {
    const started = await put(ports.map((port) => process(port)))
    assert.deepEqual([started.goalVersion, started.processes.length], [1, 2])
    for (const port of ports) assert.equal(await ping(port), 1)
    assert.equal((await put(ports.map((port) => process(port, 1)))).goalVersion, 2)
    for (const port of ports) assert.equal(await ping(port), 1)
  } finally {
    await put(ports.map((port) => ({ ...process(port, 1), disabled: true })))
    rmSync(folder, { recursive: true, force: true })
  }
  for (const port of ports) await assert.rejects(ping(port), /ECONNREFUSED/)
}

interface Goal {
  readonly goalVersion: number
  readonly processes: readonly { readonly lastGoalVersionAchieved: number }[]
}

/** A snapshot, by a key that may be used from here alone, as changing backups demands. */
async function backUp(session: Session, { groupId, clusterId }: Host): Promise<void> {
  const { call, get, until, number } = session
  const admin = { desc: `backups ${number}`, roles: ['GROUP_BACKUP_ADMIN'] }
  const key = (await call('POST', `/groups/${groupId}/apiKeys`, admin)).json
  const config = `/groups/${groupId}/backupConfigs/${clusterId}`
  const started = { statusName: 'STARTED' }
  const early = await call('PATCH', config, started, key)
  assert.equal(early.json.errorCode, 'RESOURCE_REQUIRES_ACCESS_LIST', early.text)
  const { orgId } = await get(`/groups/${groupId}`)
  const from = [{ ipAddress: '127.0.0.1' }]
  await call('POST', `/orgs/${orgId}/apiKeys/${key.id}/accessList`, from)
  assert.equal((await call('PATCH', config, started, key)).json.statusName, 'STARTED')
  const cluster = `/groups/${groupId}/clusters/${clusterId}`
  const taken = await call('POST', `${cluster}/snapshots/onDemandSnapshot`, undefined, key)
  assert.equal(taken.status, 201, taken.text)
  const snapshotId = taken.json.id
  await until(`${cluster}/snapshots/${snapshotId}`, ({ complete }) => complete, key)
  const target = { targetGroupId: groupId, targetClusterId: clusterId }
  const delivery = { methodName: 'AUTOMATED_RESTORE', ...target }
  const jobs = await call('POST', `${cluster}/restoreJobs`, { snapshotId, delivery }, key)
  assert.equal(jobs.status, 200, jobs.text)
  const job = await until(
    `${cluster}/restoreJobs/${jobs.json.results[0].id}`,
    ({ statusName }) => statusName !== 'IN_PROGRESS',
    key,
  )
  assert.equal(job.statusName, 'FINISHED')
}
