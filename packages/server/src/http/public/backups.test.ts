import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { decodeDocument, Timestamp } from '@gantry/bson'
import type { Deployment } from '../../services/deployment.js'
import { sendRequest } from '../../testing/digest-client.js'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

interface Snapshot {
  readonly id: string
  readonly complete: boolean
  readonly created: { readonly date: string }
  readonly lastOplogAppliedTimestamp?: { readonly date: string; readonly increment: number }
  readonly expires: string
}

describe('backups of the Public API', () => {
  let app: PublicApp
  let group: string
  let cluster: string
  let at: string
  let config: string
  before(async () => {
    app = await openPublicApp({ requireAccessList: false })
    app.clock.now = Date.now()
    group = (await app.get('/groups')).results[0].id
    const { instances } = app.control
    const [instance] = instances.all()
    await instances.reachedAt(instance, { host: '127.0.0.1', port: 27017 })
    const deployment = await instances.mongodb(instance)
    await deployment.insert('shop', 'people', { _id: 1, name: 'A' })
    cluster = (await app.get(`/groups/${group}/clusters`)).results[0].id
    at = `/groups/${group}/clusters/${cluster}`
    config = `/groups/${group}/backupConfigs/${cluster}`
  })
  after(() => app.close())

  async function refused(method: string, path: string, body: object, status: number, code: string) {
    const reply = await app.call(method, path, { body })
    assert.equal(reply.status, status, reply.text)
    assert.equal(reply.json.errorCode, code)
  }

  /** Asks until the answer is as it is to be; the work is done by a task. */
  async function until<T>(path: string, isDone: (answer: T) => boolean): Promise<T> {
    for (;;) {
      const answer = await app.get(path)
      if (isDone(answer)) return answer
      await turn()
    }
  }

  async function takeSnapshot() {
    const path = `${at}/snapshots/onDemandSnapshot?retentionDays=3`
    const { id } = (await app.call('POST', path, { status: 201 })).json
    return until<Snapshot>(`${at}/snapshots/${id}`, ({ complete }) => complete)
  }

  test('are started and stopped, and refuse what there is not', async () => {
    const patch = (body: object) => app.call('PATCH', config, { body })
    const { results } = await app.get(`/groups/${group}/backupConfigs`)
    assert.equal(results[0].clusterId, cluster)
    assert.equal((await patch({ statusName: 'STARTED' })).json.statusName, 'STARTED')
    assert.equal((await patch({ statusName: 'STARTED' })).json.statusName, 'STARTED')
    const whole = await app.get(config)
    assert.equal((await patch(whole)).status, 200)
    for (const [body, status, code] of [
      [{ statusName: 'TERMINATING' }, 409, 'CANNOT_TERMINATE_BACKUP_INVALID_STATE'],
      [{ statusName: 'INACTIVE' }, 403, 'UNSUPPORTED_SET_BACKUP_STATE'],
      [{ statusName: 'ASLEEP' }, 400, 'INVALID_ENUM_VALUE'],
      [{ username: 'u' }, 409, 'CANNOT_SET_BACKUP_AUTH_FOR_MANAGED_CLUSTER'],
      [{ excludedNamespaces: ['a'] }, 403, 'UNSUPPORTED_FOR_CURRENT_CONFIG'],
      [{ excludedNamespaces: ['a'], includedNamespaces: ['b'] }, 400, 'INVALID_FILTERLIST'],
    ] as const) {
      await refused('PATCH', config, body, status, code)
    }
    assert.equal((await patch({ statusName: 'STOPPED' })).json.statusName, 'INACTIVE')
    await refused(
      'PATCH',
      config,
      { statusName: 'STOPPED' },
      409,
      'CANNOT_STOP_BACKUP_INVALID_STATE',
    )
  })

  test('AL: changing them demands an access list', async () => {
    const strict = await openPublicApp()
    try {
      const [{ id }] = (await strict.get('/groups')).results
      const path = `/groups/${id}/backupConfigs/${'0'.repeat(24)}`
      const reply = await strict.call('PATCH', path, { body: {} })
      assert.equal(reply.json.errorCode, 'RESOURCE_REQUIRES_ACCESS_LIST')
    } finally {
      await strict.close()
    }
  })

  test('have a schedule, in which 0 says nothing where there can be no nothing', async () => {
    const path = `${config}/snapshotSchedule`
    const before = await app.get(path)
    assert.equal(before.referenceTimeZoneOffset, '+0000')
    const body = {
      ...before,
      snapshotIntervalHours: 8,
      snapshotRetentionDays: 0,
      dailySnapshotRetentionDays: 7,
      referenceHourOfDay: 1,
      referenceMinuteOfHour: 30,
      referenceTimeZoneOffset: '+0200',
    }
    const changed = (await app.call('PATCH', path, { body, status: 200 })).json
    assert.deepEqual(changed, {
      ...before,
      snapshotIntervalHours: 8,
      dailySnapshotRetentionDays: 7,
      referenceHourOfDay: 23,
      referenceMinuteOfHour: 30,
    })
    for (const [wrong, code] of [
      [{ snapshotIntervalHours: 7 }, 'INVALID_SNAPSHOT_INTERVAL'],
      [{ snapshotRetentionDays: 6 }, 'INVALID_SNAPSHOT_RETENTION_PERIOD'],
      [{ dailySnapshotRetentionDays: 366 }, 'INVALID_DAILY_SNAPSHOT_RETENTION_PERIOD'],
      [{ weeklySnapshotRetentionWeeks: -1 }, 'INVALID_WEEKLY_SNAPSHOT_RETENTION_PERIOD'],
      [{ monthlySnapshotRetentionMonths: 37 }, 'INVALID_MONTHLY_SNAPSHOT_RETENTION_PERIOD'],
      [{ referenceHourOfDay: 24 }, 'INVALID_REFERENCE_HOUR_OF_DAY'],
      [{ referenceMinuteOfHour: 60 }, 'INVALID_REFERENCE_MINUTE_OF_HOUR'],
      [{ referenceTimeZoneOffset: 'UTC' }, 'INVALID_REFERENCE_TIMEZONE_OFFSET'],
      [
        { clusterCheckpointIntervalMin: 15 },
        'CANNOT_SET_CLUSTER_CHECKPOINT_INTERVAL_FOR_REPLICA_SET',
      ],
    ] as const) {
      await refused('PATCH', path, wrong, 400, code)
    }
  })

  /** The time of the latest change of a collection, as a change stream tells it. */
  async function lastChange(deployment: Deployment, collection: string, sinceSeconds: number) {
    const $changeStream = { startAtOperationTime: new Timestamp(sinceSeconds, 1) }
    const aggregate = { aggregate: collection, pipeline: [{ $changeStream }], cursor: {} }
    for await (const batch of deployment.batches('shop', aggregate)) {
      const { buf, at } = batch[batch.length - 1]
      return decodeDocument(buf, at).get('clusterTime')
    }
    return undefined
  }

  test('R17 times of an oplog are a date and the count within its second', async () => {
    const deployment = await app.control.instances.mongodb(app.control.instances.all()[0])
    const begun = Math.floor(Date.now() / 1000)
    // Many in a row, so that some of them share a second.
    for (let i = 0; i < 20; i++) await deployment.insert('shop', 'ticks', { _id: i })
    const last = await lastChange(deployment, 'ticks', begun)
    assert.ok(last instanceof Timestamp && last.i > 1, String(last))
    const snapshot = await takeSnapshot()
    const expected = {
      date: new Date(last.t * 1000).toISOString().replace('.000Z', 'Z'),
      increment: last.i,
    }
    assert.deepEqual(snapshot.lastOplogAppliedTimestamp, expected)
    const body = { snapshotId: snapshot.id, delivery: { methodName: 'HTTP' } }
    const made = await app.call('POST', `${at}/restoreJobs`, { body, status: 200 })
    assert.deepEqual(made.json.results[0].timestamp, expected)
    const listed = await app.get(`${at}/restoreJobs/${made.json.results[0].id}`)
    assert.deepEqual(listed.timestamp, expected)
  })

  test('a snapshot is taken, kept longer, fetched by a link, restored and deleted', async () => {
    const snapshot = await takeSnapshot()
    assert.match(snapshot.created.date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const path = `${at}/snapshots/${snapshot.id}`
    assert.equal((await app.get(`${at}/snapshots`)).results[0].id, snapshot.id)
    assert.equal((await app.get(`${at}/snapshots?completed=false`)).totalCount, 0)
    const kept = await app.call('PATCH', path, { body: { doNotDelete: true } })
    assert.equal(kept.json.doNotDelete, true)
    assert.ok(!('expires' in kept.json))
    await refused(
      'PATCH',
      path,
      { expires: '2020-01-01' },
      400,
      'EXPIRATION_DATE_MUST_BE_IN_FUTURE',
    )
    await refused('PATCH', path, {}, 400, 'MISSING_ONE_OF_ATTRIBUTES')

    const restores = `${at}/restoreJobs`
    const post = (body: object) => app.call('POST', restores, { body })
    const link = await post({ snapshotId: snapshot.id, delivery: { methodName: 'HTTP' } })
    assert.equal(link.status, 200, link.text)
    const [job] = link.json.results
    assert.equal(job.delivery.statusName, 'READY')
    const file = await sendRequest(job.delivery.url, {})
    assert.equal(file.status, 200)
    assert.ok(file.text.length > 0)
    assert.equal((await sendRequest(job.delivery.url, {})).status, 404)
    const used = await app.get(`${restores}/${job.id}`)
    assert.equal(used.delivery.statusName, 'MAX_DOWNLOADS_EXCEEDED')

    const deployment = await app.control.instances.mongodb(app.control.instances.all()[0])
    await deployment.delete('shop', 'people', {})
    const delivery = {
      methodName: 'AUTOMATED_RESTORE',
      targetGroupId: group,
      targetClusterId: cluster,
    }
    const begun = await post({ snapshotId: snapshot.id, delivery })
    assert.equal(begun.status, 200, begun.text)
    const [{ id }] = begun.json.results
    const done = await until<{ statusName: string }>(
      `${restores}/${id}`,
      ({ statusName }) => statusName !== 'IN_PROGRESS',
    )
    assert.equal(done.statusName, 'FINISHED')
    assert.equal(await deployment.update('shop', 'people', { _id: 1 }, { $set: { b: 1 } }), 1)

    await app.call('DELETE', path, { status: 200 })
    await refused('GET', path, {}, 404, 'SNAPSHOT_NOT_FOUND')
  })

  test('what cannot be restored is refused', async () => {
    const restores = `${at}/restoreJobs`
    const delivery = { methodName: 'HTTP' }
    const snapshotId = '5c8100bcf2a30b12ff88258f'
    for (const [body, status, code] of [
      [{ snapshotId }, 400, 'MISSING_ATTRIBUTE'],
      [{ delivery }, 400, 'MISSING_ONE_OF_ATTRIBUTES'],
      [{ snapshotId, delivery }, 404, 'SNAPSHOT_NOT_FOUND'],
      [{ checkPointId: snapshotId, delivery }, 404, 'CHECKPOINT_NOT_FOUND'],
      [{ pointInTimeUTCMillis: 1, delivery }, 400, 'INVALID_PIT_RESTORE_TIME'],
      [{ oplogTs: '1', oplogInc: 1, delivery }, 400, 'INVALID_PIT_RESTORE_TIME'],
    ] as const) {
      await refused('POST', restores, body, status, code)
    }
    const { id } = await takeSnapshot()
    const other = { snapshotId: id, delivery: { methodName: 'CARRIER_PIGEON' } }
    await refused('POST', restores, other, 400, 'UNSUPPORTED_DELIVERY_METHOD')
    const long = { snapshotId: id, delivery: { ...delivery, expirationHours: 24 * 8 } }
    await refused('POST', restores, long, 400, 'EXPIRATION_DATE_TOO_DISTANT')
    const after = { snapshotId: id, delivery: { ...delivery, expirationHours: 24 * 4 } }
    await refused('POST', restores, after, 409, 'LINK_EXPIRATION_AFTER_SNAPSHOT_DELETION')
    assert.deepEqual((await app.get(`${at}/checkpoints`)).results, [])
    await refused('GET', `${at}/checkpoints/${id}`, {}, 404, 'CHECKPOINT_NOT_FOUND')
  })
})
