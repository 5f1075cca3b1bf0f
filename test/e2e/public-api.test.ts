import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'
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

/** What every client does; `number` tells its objects from those of the others. */
async function script(gantry: GantryProcess, client: PublicClient, number: number): Promise<void> {
  const base = `${gantry.url}/api/public/v1.0`
  const owner = gantry.credentials()
  const call = async (method: string, path: string, body?: unknown, key: DigestKey = owner) => {
    const url = path.startsWith('http') ? path : base + path
    const { status, text } = await client.call(key, method, url, body)
    return { status, text, json: JSON.parse(text) }
  }
  const get = async (path: string, key?: DigestKey) => {
    const reply = await call('GET', path, undefined, key)
    assert.equal(reply.status, 200, reply.text)
    return reply.json
  }

  // A project, and a key for it that may be used from this machine alone.
  const made = await call('POST', '/groups', { name: `project ${number}`, tags: ['e2e'] })
  assert.equal(made.status, 201, made.text)
  const project: Named & { orgId: string } = made.json
  assert.equal((await get(`/groups/byName/project%20${number}`)).id, project.id)
  const asked = { desc: `key ${number}`, roles: ['GROUP_OWNER'] }
  const key = (await call('POST', `/groups/${project.id}/apiKeys`, asked)).json
  const access = `/orgs/${project.orgId}/apiKeys/${key.id}/accessList`
  const elsewhere = await call('POST', access, [{ cidrBlock: '203.0.113.0/24', comment: 'ä' }])
  assert.equal(elsewhere.status, 201, elsewhere.text)
  const refused = await call('GET', `/groups/${project.id}`, undefined, key)
  assert.equal(refused.json.errorCode, 'IP_ADDRESS_NOT_ON_ACCESS_LIST')
  await call('POST', access, [{ ipAddress: '127.0.0.1' }])
  assert.equal((await get(`/groups/${project.id}`, key)).id, project.id)
  assert.equal((await call('DELETE', `${access}/203.0.113.0%2F24`)).status, 200)

  // Hosts page by page.
  for (const port of [1, 2, 3]) {
    const host = { hostname: '127.0.0.1', port }
    assert.equal((await call('POST', `/groups/${project.id}/hosts`, host, key)).status, 201)
  }
  const ports: number[] = []
  let next = `/groups/${project.id}/hosts?itemsPerPage=2`
  while (next) {
    const page = await get(next, key)
    assert.equal(page.totalCount, 3)
    ports.push(...page.results.map(({ port }: { port: number }) => port))
    next = page.links.find(({ rel }: { rel: string }) => rel === 'next')?.href
  }
  assert.deepEqual(ports, [1, 2, 3])

  // What the instance of the first start does.
  const { results: groups } = await get('/groups')
  const [{ id: mine }] = groups.filter(({ name }: Named) => name === owner.login)
  const [host] = (await get(`/groups/${mine}/hosts`)).results
  assert.equal(host.typeName, 'REPLICA_PRIMARY')
  const query = 'granularity=PT10S&period=PT1M&m=CONNECTIONS'
  const measured = await get(`/groups/${mine}/hosts/${host.id}/measurements?${query}`)
  assert.equal(measured.measurements[0].units, 'SCALAR')
  assert.ok(measured.measurements[0].dataPoints.length >= 6)

  // A snapshot, by a key that may be used from here alone, as changing backups demands.
  const admin = { desc: `backups ${number}`, roles: ['GROUP_BACKUP_ADMIN'] }
  const backupKey = (await call('POST', `/groups/${mine}/apiKeys`, admin)).json
  const config = `/groups/${mine}/backupConfigs/${host.clusterId}`
  const started = { statusName: 'STARTED' }
  const early = await call('PATCH', config, started, backupKey)
  assert.equal(early.json.errorCode, 'RESOURCE_REQUIRES_ACCESS_LIST', early.text)
  const { orgId } = await get(`/groups/${mine}`)
  const from = [{ ipAddress: '127.0.0.1' }]
  await call('POST', `/orgs/${orgId}/apiKeys/${backupKey.id}/accessList`, from)
  assert.equal((await call('PATCH', config, started, backupKey)).json.statusName, 'STARTED')
  const until = async <T>(path: string, isDone: (answer: T) => boolean): Promise<T> => {
    for (;;) {
      const answer = await get(path, backupKey)
      if (isDone(answer)) return answer
    }
  }
  const cluster = `/groups/${mine}/clusters/${host.clusterId}`
  const taken = await call('POST', `${cluster}/snapshots/onDemandSnapshot`, undefined, backupKey)
  assert.equal(taken.status, 201, taken.text)
  const snapshotId = taken.json.id
  await until<{ complete: boolean }>(`${cluster}/snapshots/${snapshotId}`, (one) => one.complete)
  const target = { targetGroupId: mine, targetClusterId: host.clusterId }
  const delivery = { methodName: 'AUTOMATED_RESTORE', ...target }
  const jobs = await call('POST', `${cluster}/restoreJobs`, { snapshotId, delivery }, backupKey)
  assert.equal(jobs.status, 200, jobs.text)
  const job = await until<{ statusName: string }>(
    `${cluster}/restoreJobs/${jobs.json.results[0].id}`,
    ({ statusName }) => statusName !== 'IN_PROGRESS',
  )
  assert.equal(job.statusName, 'FINISHED')

  const unknown = await call('PATCH', `/groups/${project.id}`, { nmae: 'x' }, key)
  assert.deepEqual([unknown.status, unknown.json.parameters], [400, ['nmae']])
  assert.equal((await call('DELETE', `/groups/${project.id}`, undefined, key)).status, 200)
  assert.equal((await call('GET', `/groups/${project.id}`)).status, 404)
}
