import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { decodeDocument, encodeDocument, ObjectId, RawValue } from '@gantry/bson'
import { readConfig } from '../../config.js'
import { type OpenedControl, openControl } from '../../open-control.js'
import type { Undo } from '../../opening/base.js'
import type { Deployment } from '../../services/deployment.js'
import type { Instance } from '../instances/instances.js'
import { labelOf } from './backup.js'

const order = {
  name: 'other',
  service: 'mongodb',
  type: 'mongodb_replica_set',
  version: '3.0.5',
  zone: 'local',
  plan: 1,
} as const
const account = { id: '7'.repeat(24), mayAddInstances: true }

describe('backups', () => {
  let folder: string
  let opened: OpenedControl
  let undo: Undo
  let first: Instance
  let data: Deployment

  async function open(...args: string[]) {
    undo = []
    const config = readConfig(['--data-dir', folder, '--log-level', 'silent', ...args], {})
    opened = await openControl(config, folder, undo)
    await opened.begin('http://none')
    ;[first] = opened.registry.all()
    data = await opened.registry.mongodb(first)
  }
  async function close() {
    for (const step of undo.reverse()) await step()
  }
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-backups-'))
    await open()
    const raw = (doc: Record<string, string | number>) => RawValue.document(encodeDocument(doc))
    await data.insertMany('shop', 'c', [raw({ _id: 1, city: 'Austin' }), raw({ _id: 2 })])
    await data.command('shop', {
      createIndexes: 'c',
      indexes: [{ key: { city: 1 }, name: 'city' }],
    })
  })
  afterEach(async () => {
    await close()
    rmSync(folder, { recursive: true })
  })

  async function ids(deployment: Deployment, collection = 'c'): Promise<unknown[]> {
    const found: unknown[] = []
    for await (const batch of deployment.batches('shop', { find: collection })) {
      found.push(...batch.map(({ buf, at }) => decodeDocument(buf, at).get('_id')))
    }
    return found
  }

  async function made(how = {}) {
    const { backups, tasks } = opened.control
    const { backup, task } = await backups.create(first, how)
    assert.equal(backup.state, 'running')
    const { state, error } = await tasks.finished(task.id)
    assert.deepEqual([state, error], ['succeeded', undefined])
    return backups.get(first, backup.id)
  }

  async function done(task: Promise<{ id: string }>) {
    return opened.control.tasks.finished((await task).id)
  }

  test('hold what there was, with a manifest, in a folder of their own', async () => {
    const backup = await made()
    assert.equal(backup.state, 'complete')
    assert.equal(backup.label, labelOf(backup.createdMs))
    assert.equal(backup.location, join(folder, 'backups', first.id, backup.label))
    const file = `gantry_${backup.label}.archive.gz`
    assert.deepEqual(readdirSync(backup.location).sort(), [file, 'manifest.json'])
    const manifest = JSON.parse(readFileSync(join(backup.location, 'manifest.json'), 'utf8'))
    assert.deepEqual(manifest.content.parts, { gantry: file })
    const count = manifest.content.counts.find(({ name }: { name: string }) => name === 'shop.c')
    assert.equal(count.documents, 2)
    assert.equal(backup.sizeBytes, readFileSync(join(backup.location, file)).length)
    assert.deepEqual(
      (await opened.control.backups.list(first)).map(({ id }) => id),
      [backup.id],
    )
    const again = await made({ layout: 'directory', gzip: false })
    assert.equal(again.content?.format, 'mongodump directory')
    assert.ok(existsSync(join(again.location, `gantry_${again.label}`, 'shop', 'c.bson')))
    const listed = await opened.control.backups.list(first)
    assert.deepEqual(
      listed.map(({ id }) => id),
      [again.id, backup.id],
    )
  })

  test('are verified by a restore elsewhere, which finds what is damaged', async () => {
    const { backups } = opened.control
    const backup = await made()
    const good = await done(backups.verify(backup))
    assert.deepEqual([good.state, good.error], ['succeeded', undefined])
    const { verification } = await backups.get(first, backup.label)
    assert.equal(verification?.ok, true)
    assert.match(verification?.text ?? '', /restored and compared: .* with 2 documents/)
    assert.deepEqual(readdirSync(join(folder, 'scratch')), [])
    const file = join(backup.location, `gantry_${backup.label}.archive.gz`)
    const bytes = readFileSync(file)
    bytes[bytes.length >> 1] ^= 1
    writeFileSync(file, bytes)
    const bad = await done(backups.verify(backup))
    assert.equal(bad.state, 'failed')
    assert.match(bad.error ?? '', /checksum of gantry_.* damaged/)
    assert.equal((await backups.get(first, backup.id)).verification?.ok, false)
    const restored = await done(backups.restore(backup, first))
    assert.match(restored.error ?? '', /damaged/)
    assert.deepEqual(await ids(data), [1, 2])
  })

  test('are restored over the old data, which are kept before', async () => {
    const { backups } = opened.control
    const backup = await made()
    await data.insert('shop', 'c', { _id: 3 })
    await data.insert('shop', 'later', { _id: 1 })
    const task = await done(backups.restore(backup, first))
    assert.deepEqual([task.state, task.error], ['succeeded', undefined])
    assert.deepEqual(await ids(data), [1, 2])
    assert.deepEqual(await ids(data, 'later'), [])
    const [safety, ...rest] = await backups.list(first)
    assert.equal(safety.reason, 'before restore')
    assert.deepEqual(
      rest.map(({ id }) => id),
      [backup.id],
    )
    await done(backups.restore(safety, first, { safety: false }))
    assert.deepEqual(await ids(data), [1, 2, 3])
    assert.equal((await backups.list(first)).length, 2)
    await opened.registry.stop(first)
    assert.ok(await opened.registry.mongodb(first))
  })

  test('can be restored as soon as they are complete, while their task tidies up', async () => {
    const { backups, tasks } = opened.control
    const { backup, task } = await backups.create(first)
    for (;;) {
      const now = await backups.get(first, backup.id)
      if (now.state === 'complete') {
        const restored = await done(backups.restore(now, first))
        assert.deepEqual([restored.state, restored.error], ['succeeded', undefined])
        assert.equal((await tasks.get(task.id))?.state, 'succeeded')
        return
      }
      await turn()
    }
  })

  test('are restored into another instance, and the old data come back when that fails', async () => {
    const { backups, lifecycle, tasks } = opened.control
    const backup = await made()
    const target = await lifecycle.create(account, order)
    const [building] = await tasks.list({ instance: new ObjectId(target.id) })
    await tasks.finished(building.id)
    const into = await opened.registry.mongodb(target)
    await into.insert('shop', 'c', { _id: 'old' })
    const task = await done(backups.restore(backup, target))
    assert.equal(task.error, undefined)
    assert.deepEqual(await ids(into), [1, 2])
    // One that is whole, as its checksums say, but cannot be taken by a database.
    const odd = await made({ layout: 'directory', gzip: false })
    const path = `gantry_${odd.label}/shop/c.metadata.json`
    const text = '{"options":{"capped":true,"size":-1},"indexes":[],"collectionName":"c"}'
    writeFileSync(join(odd.location, path), text)
    const manifestPath = join(odd.location, 'manifest.json')
    const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'))
    const { createHash } = await import('node:crypto')
    const sha256 = createHash('sha256').update(text).digest('hex')
    for (const file of manifest.files) {
      if (file.name === path) Object.assign(file, { size: text.length, sha256 })
    }
    writeFileSync(manifestPath, JSON.stringify(manifest))
    const failed = await done(backups.restore(odd, target))
    assert.equal(failed.state, 'failed')
    assert.match(failed.note ?? '', /rolled back/)
    assert.deepEqual(await ids(into), [1, 2])
  })

  test('that fail are listed as such and cannot be restored', async () => {
    const { backups, tasks } = opened.control
    rmSync(join(folder, 'backups'), { recursive: true, force: true })
    writeFileSync(join(folder, 'backups'), 'a file where the folder should be')
    const { task, backup } = await backups.create(first)
    const { state } = await tasks.finished(task.id)
    assert.equal(state, 'failed')
    rmSync(join(folder, 'backups'))
    const failed = await backups.get(first, backup.id)
    assert.equal(failed.state, 'failed')
    await assert.rejects(backups.restore(failed, first), /cannot be used/)
  })

  test('are removed with their files, and nobody else sees them', async () => {
    const { backups } = opened.control
    const backup = await made()
    const stranger = { id: first.id, account: account.id }
    await assert.rejects(backups.get(stranger, backup.id), /no backup/)
    await assert.rejects(backups.get(first, '0'.repeat(24)), /no backup/)
    const task = await done(backups.remove(backup))
    assert.equal(task.state, 'succeeded')
    assert.equal(existsSync(backup.location), false)
    assert.deepEqual(await backups.list(first), [])
  })

  test('go when they have expired, but for the latest good one', async () => {
    const { backups, tasks } = opened.control
    const old = await made({ keepDays: 0 })
    const lasting = await made()
    const last = await made({ keepDays: 0 })
    for (const task of await tasks.list({ kind: 'backup.remove' })) await tasks.finished(task.id)
    assert.deepEqual(
      (await backups.list(first)).map(({ id }) => id),
      [last.id, lasting.id],
    )
    assert.equal(existsSync(old.location), false)
  })

  test('are made once a day unless told otherwise', async () => {
    const { backups, schedules } = opened.control
    const schedule = await backups.schedules.get(first)
    assert.deepEqual(
      [schedule.enabled, schedule.everyHours, schedule.at, schedule.keepDays],
      [true, 24, '00:01', 7],
    )
    const next = new Date(schedule.nextMs ?? 0)
    assert.deepEqual([next.getUTCHours(), next.getUTCMinutes()], [0, 1])
    assert.ok(next.getTime() > Date.now() && next.getTime() - Date.now() <= 24 * 3_600_000)
    const off = await backups.schedules.set(first, { enabled: false })
    assert.equal(off.nextMs, undefined)
    const often = await backups.schedules.set(first, { enabled: true, everyHours: 6, keepDays: 2 })
    assert.ok((often.nextMs ?? 0) - Date.now() <= 6 * 3_600_000)
    await assert.rejects(backups.schedules.set(first, { at: '24:00' }), /time of the day/)
    // As if the time had come.
    const stored = await schedules.get(first.id)
    assert.ok(stored)
    await schedules.save({ ...stored, nextMs: Date.now() - 1 })
    await schedules.fire()
    const [task] = await opened.control.tasks.list({ kind: 'backup' })
    await opened.control.tasks.finished(task.id)
    const [backup] = await backups.list(first)
    assert.deepEqual([backup.reason, backup.state], ['schedule', 'complete'])
    assert.ok(Math.abs((backup.expiresMs ?? 0) - backup.createdMs - 2 * 24 * 3_600_000) < 1000)
  })

  test('outlive their instance by a last one', async () => {
    const { backups, lifecycle, tasks } = opened.control
    const target = await lifecycle.create(account, order)
    const [building] = await tasks.list({ instance: new ObjectId(target.id) })
    await tasks.finished(building.id)
    const into = await opened.registry.mongodb(target)
    await into.insert('shop', 'c', { _id: 'last' })
    await lifecycle.remove(opened.registry.byId(target.id) as Instance)
    const [backup, ...none] = await backups.ofAccount(account.id)
    assert.deepEqual(none, [])
    assert.deepEqual([backup.reason, backup.state], ['final', 'complete'])
    assert.equal(backup.instanceName, 'other')
    assert.ok((backup.expiresMs ?? 0) > Date.now() + 6 * 24 * 3_600_000)
    await done(backups.restore(backup, first, { safety: false }))
    assert.deepEqual(await ids(data), ['last'])
  })
})
