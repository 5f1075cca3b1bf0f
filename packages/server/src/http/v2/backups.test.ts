import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { openV2App, type V2App, type V2Caller } from '../../testing/v2-app.js'

interface Backup {
  readonly _id: { readonly $oid: string }
  readonly label: string
  readonly state: string
  readonly error_msg: string
  readonly backup_directory: string
  readonly task: string
}

interface Task {
  readonly id: string
  readonly state: string
  readonly progress: number
  readonly error?: string
}

describe('backups over API v2', () => {
  let app: V2App
  let stranger: V2Caller
  const path = '/mongodb/default/backups/'
  before(async () => {
    app = await openV2App()
    stranger = await app.addAccount('other@example.com')
  })
  after(() => app.close())

  async function ended({ id }: Pick<Task, 'id'>): Promise<Task> {
    const task = await app.data<Task>('GET', `/tasks/${id}/`)
    if (task.state !== 'queued' && task.state !== 'running') return task
    await new Promise((resolve) => setImmediate(resolve))
    return ended({ id })
  }

  async function made(): Promise<Backup> {
    const begun = await app.data<Backup>('POST', path, { layout: 'archive' })
    assert.equal(begun.state, 'running')
    assert.equal((await ended({ id: begun.task })).state, 'succeeded')
    return app.data<Backup>('GET', `${path}${begun._id.$oid}/`)
  }

  test('are listed with every field that clients of old know', async () => {
    assert.deepEqual(await app.data('GET', path), [])
    const { label, backup_directory } = await made()
    const [listed] = await app.data<Record<string, unknown>[]>('GET', path)
    assert.match(String(listed.error_msg), /^Successful, completed in \d+ seconds$/)
    assert.match(String(listed.timestamp_formatted), /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d$/)
    assert.match(label, /^\d{8}_\d{4}(_\d+)?$/)
    assert.ok(backup_directory.endsWith(`/${label}`))
    assert.deepEqual(listed.filenames, { gantry: `gantry_${label}.archive.gz` })
    assert.deepEqual(
      [listed.instance_name, listed.instance_type, listed.login, typeof listed.port],
      ['default', 'mongodb_replica_set', app.credentials.login, 'number'],
    )
    assert.deepEqual(Object.keys(listed.timestamp as object), ['$date'])
    assert.deepEqual(Object.keys(listed.instance_id as object), ['$oid'])
    assert.deepEqual(await app.data('GET', '/instances/default/backups'), [listed])
    assert.deepEqual(await app.data('GET', '/backups'), [listed])
  })

  test('are verified, restored and deleted, by id or label', async () => {
    const { label, backup_directory } = await made()
    const verified = await ended(await app.data('POST', `${path}${label}/verify/`))
    assert.deepEqual([verified.state, verified.progress], ['succeeded', 1])
    const { verified: said } = await app.data<{ verified: { ok: boolean } }>(
      'GET',
      `${path}${label}/`,
    )
    assert.equal(said.ok, true)
    const restored = await ended(
      await app.data('POST', `${path}${label}/restore/`, { users: false }),
    )
    assert.equal(restored.error, undefined)
    const anew = { into: 'copy', new: true }
    const copied = await ended(await app.data('POST', `${path}${label}/restore/`, anew))
    assert.equal(copied.error, undefined)
    const copies = await app.data<unknown[]>('GET', '/mongodb/copy/backups/')
    assert.deepEqual(copies, [])
    await ended(await app.data('DELETE', `${path}${label}/`))
    assert.equal(existsSync(backup_directory), false)
    await app.json('GET', `${path}${label}/`, undefined, 404)
  })

  test('have a schedule', async () => {
    const schedule = '/instances/default/backup_schedule/'
    const { next, ...daily } = await app.data<Record<string, unknown>>('GET', schedule)
    assert.deepEqual(daily, {
      enabled: true,
      every_hours: 24,
      at: '00:01',
      keep_days: 7,
      layout: 'archive',
      gzip: true,
    })
    const change = { at: '03:30', keep_days: 30 }
    const changed = await app.data<Record<string, unknown>>('PUT', schedule, change)
    assert.deepEqual([changed.at, changed.keep_days, changed.enabled], ['03:30', 30, true])
    const window = { start: 1893456000, end: 1893459600 }
    await app.data('POST', '/mongodb/default/stepdown/', window)
    assert.deepEqual(await app.data('GET', schedule), changed)
    await app.data('POST', '/mongodb/default/stepdown/', { ...window, enabled: false })
    assert.deepEqual(await app.data('GET', schedule), changed)
    await app.json('PUT', schedule, { at: '3:30' }, 400)
    await app.json('PUT', schedule, { often: true }, 400)
  })

  test('are refused what makes no sense', async () => {
    await app.json('POST', path, { layout: 'tar' }, 400)
    await app.json('POST', path, { keep_days: 0 }, 400)
    const { label } = await made()
    await app.json('POST', `${path}${label}/restore/`, { into: 'nowhere' }, 404)
    await app.json('POST', `${path}${label}/restore/`, { new: true }, 400)
    await app.json('POST', `${path}20010101_0000/restore/`, {}, 404)
  })

  test('are nobody else’s, and neither are their tasks', async () => {
    const begun = await app.data<Backup>('POST', path)
    await ended({ id: begun.task })
    const id = begun._id.$oid
    for (const [method, each] of [
      ['GET', path],
      ['POST', path],
      ['GET', `${path}${id}/`],
      ['DELETE', `${path}${id}/`],
      ['POST', `${path}${id}/verify/`],
      ['POST', `${path}${id}/restore/`],
      ['GET', `/tasks/${begun.task}/`],
      ['DELETE', `/tasks/${begun.task}/`],
      ['GET', '/instances/default/backup_schedule/'],
    ] as const) {
      await stranger.json(method, each, undefined, 404)
    }
    assert.deepEqual(await stranger.data('GET', '/backups/'), [])
  })
})
