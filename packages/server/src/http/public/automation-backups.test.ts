import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { sendRequest } from '../../testing/digest-client.js'
import { type EngineAt, startEngineAt } from '../../testing/engine-at.js'
import { agentsLogin, processDocument, smallestDocument } from '../../testing/goal-document.js'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

// biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it
type Json = any

/** Engines that listen stand for the processes that an agent would have started. */
describe('backups of what automation runs', () => {
  let app: PublicApp
  let group: string
  let engines: EngineAt[]
  /** Of the set, and of the process that is in none. */
  let ids: string[]

  before(async () => {
    app = await openPublicApp({ requireAccessList: false })
    app.clock.now = Date.now()
    const user = { name: 'mms-automation', password: 'p:@/ss' }
    engines = [await startEngineAt({ setName: 'rs0', user }), await startEngineAt({ user })]
    const { id } = (await app.call('POST', '/groups', { body: { name: 'automated' } })).json
    group = `/groups/${id}`
    const smallest = smallestDocument()
    const processAt = (name: string, port: number, replication?: object) =>
      processDocument({
        name,
        hostname: 'localhost',
        args2_6: {
          net: { port },
          ...(replication && { replication: replication as { replSetName: string } }),
          storage: { dbPath: `/data/${name}` },
          systemLog: { destination: 'file', path: `/data/${name}/mongodb.log` },
        },
      })
    const body = {
      ...smallest,
      auth: agentsLogin(user),
      processes: [
        processAt('rs0_0', engines[0].port, { replSetName: 'rs0' }),
        processAt('alone', engines[1].port),
      ],
    }
    await app.call('PUT', `${group}/automationConfig`, { body, status: 200 })
    const clusters = await until(`${group}/clusters`, ({ totalCount }) => totalCount === 2)
    const named = (name: string) => clusters.results.find((one: Json) => one.clusterName === name)
    ids = [named('rs0').id, named('alone').id]
  })
  after(async () => {
    await app.close()
    for (const engine of engines ?? []) await engine.close()
  })

  /** Asks until the answer is as it is to be; the work is done by a task. */
  async function until(path: string, isDone: (answer: Json) => boolean): Promise<Json> {
    for (;;) {
      const answer = await app.get(path)
      if (isDone(answer)) return answer
      await turn()
    }
  }

  const config = (cluster: string) => `${group}/backupConfigs/${cluster}`
  const put = (engine: EngineAt, ...ids: number[]) =>
    engine.run({ insert: 'people', documents: ids.map((_id) => ({ _id })), $db: 'shop' })

  async function snapshotOf(cluster: string): Promise<string> {
    const path = `${group}/clusters/${cluster}/snapshots/onDemandSnapshot`
    const { id } = (await app.call('POST', path, { status: 201 })).json
    await until(`${group}/clusters/${cluster}/snapshots/${id}`, ({ complete }) => complete)
    return id
  }

  async function restore(cluster: string, snapshotId: string, delivery: object): Promise<Json> {
    const path = `${group}/clusters/${cluster}/restoreJobs`
    const reply = await app.call('POST', path, { body: { snapshotId, delivery }, status: 200 })
    const [{ id }] = reply.json.results
    return until(`${path}/${id}`, ({ statusName }) => statusName !== 'IN_PROGRESS')
  }

  test('nothing is backed up until somebody says so; then by a schedule', async () => {
    for (const id of ids) {
      assert.equal((await app.get(config(id))).statusName, 'INACTIVE')
      const patch = (statusName: string) =>
        app.call('PATCH', config(id), { body: { statusName }, status: 200 })
      assert.equal((await patch('STARTED')).json.statusName, 'STARTED')
      const schedule = { snapshotIntervalHours: 6, dailySnapshotRetentionDays: 9 }
      const at = `${config(id)}/snapshotSchedule`
      await app.call('PATCH', at, { body: schedule, status: 200 })
      assert.equal((await app.get(at)).dailySnapshotRetentionDays, 9)
      const [stored] = await app.control.schedules
        .list({ kind: 'backup' })
        .then((all) => all.filter((one) => one.instance === id))
      assert.equal(stored.everyMs, 6 * 3_600_000)
      await patch('STOPPED')
    }
    assert.equal((await app.get(`${group}/backupConfigs`)).totalCount, 2)
  })

  test('a snapshot is restored into the cluster it is of, and into another', async () => {
    await put(engines[0], 1, 2)
    const snapshot = await snapshotOf(ids[0])
    await put(engines[0], 3)
    await put(engines[1], 7)
    const { id: targetGroupId } = await app.get(group)
    for (const [i, targetClusterId] of ids.entries()) {
      const delivery = { methodName: 'AUTOMATED_RESTORE', targetGroupId, targetClusterId }
      const job = await restore(ids[0], snapshot, delivery)
      assert.equal(job.statusName, 'FINISHED')
      assert.deepEqual(await engines[i].ids('shop', 'people'), [1, 2])
    }
    const listed = await app.get(`${group}/clusters/${ids[0]}/snapshots`)
    assert.ok(listed.results.some(({ id }: Json) => id === snapshot))
  })

  test('a snapshot is fetched over HTTP, once', async () => {
    const snapshot = await snapshotOf(ids[1])
    const delivery = { methodName: 'HTTP', maxDownloads: 1, expirationHours: 1 }
    const { delivery: given } = await restore(ids[1], snapshot, delivery)
    const reply = await sendRequest(given.url, {})
    assert.equal(reply.status, 200)
    assert.ok(reply.text.length > 0)
    assert.equal((await sendRequest(given.url, {})).status, 404)
  })

  test('nobody sees it as an instance', async () => {
    const { instances } = app.control
    assert.deepEqual(
      instances.all().map(({ name }) => name),
      ['default'],
    )
    const [{ account }] = instances.all()
    assert.deepEqual(await app.control.backups.ofAccount(account), [])
    const gone = await app.get(`${group}/automationConfig`)
    await app.call('PUT', `${group}/automationConfig`, {
      body: { ...gone, processes: [], replicaSets: [] },
      status: 200,
    })
    const refused = await app.call('GET', config(ids[0]))
    assert.equal(refused.json.errorCode, 'CLUSTER_NOT_FOUND')
    assert.equal(instances.byId(ids[0]), undefined)
  })
})
