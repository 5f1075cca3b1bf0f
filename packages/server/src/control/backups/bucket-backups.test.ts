import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { decodeDocument } from '@gantry/bson'
import { readConfig } from '../../config.js'
import { type OpenedControl, openControl } from '../../open-control.js'
import type { Undo } from '../../opening/base.js'
import type { Deployment } from '../../services/deployment.js'
import { type S3Server, startS3Server } from '../../testing/s3-server.js'
import type { Instance } from '../instances/instances.js'

describe('backups in a bucket, of a small server of our own that speaks S3', () => {
  let folder: string
  let server: S3Server
  let opened: OpenedControl
  let undo: Undo
  let first: Instance
  let data: Deployment

  async function open(environment: NodeJS.ProcessEnv = {}) {
    undo = []
    const config = readConfig(['--data-dir', folder, '--log-level', 'silent'], environment)
    opened = await openControl(config, folder, undo)
    await opened.begin('http://none')
    ;[first] = opened.registry.all()
    data = await opened.registry.mongodb(first)
  }
  async function close() {
    for (const step of undo.reverse()) await step()
  }
  const bucket = (changed = {}) => ({
    GANTRY_BACKUP_S3_BUCKET: server.bucket,
    GANTRY_BACKUP_S3_ENDPOINT: server.endpoint,
    GANTRY_BACKUP_S3_PREFIX: 'gantry',
    GANTRY_BACKUP_S3_ACCESS_KEY: server.accessKey,
    GANTRY_BACKUP_S3_SECRET_KEY: server.secretKey,
    ...changed,
  })
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-bucket-'))
    server = await startS3Server()
    await open()
    await data.insert('shop', 'c', { _id: 'kept' })
  })
  afterEach(async () => {
    await close()
    await server.close()
    rmSync(folder, { recursive: true })
  })

  async function made(how = {}) {
    const { backups, tasks } = opened.control
    const { backup, task } = await backups.create(first, how)
    const { state, error } = await tasks.finished(task.id)
    return { state, error, backup: await backups.get(first, backup.id) }
  }
  async function done(task: Promise<{ id: string }>) {
    return opened.control.tasks.finished((await task).id)
  }
  async function count() {
    return decodeDocument(await data.command('shop', { count: 'c' })).get('n')
  }

  for (const layout of ['archive', 'directory']) {
    test(`are made as ${layout}, verified, restored and removed there`, async () => {
      await close()
      await open(bucket())
      const { backup, error } = await made({ layout })
      assert.equal(error, undefined)
      assert.deepEqual([backup.state, backup.target, backup.home], ['complete', 's3', undefined])
      assert.equal(backup.location, `s3://kept/gantry/${first.id}/${backup.label}`)
      const key = `gantry/${first.id}/${backup.label}/manifest.json`
      assert.ok(server.objects.has(key))
      assert.equal((await done(opened.control.backups.verify(backup))).error, undefined)
      await data.command('shop', { drop: 'c' })
      const restored = await done(opened.control.backups.restore(backup, first, { safety: false }))
      assert.equal(restored.error, undefined)
      assert.equal(await count(), 1)
      await done(opened.control.backups.remove(backup))
      assert.deepEqual([...server.objects.keys()], [])
    })
  }

  test('leave those in the folder where they are, and usable', async () => {
    const { backup: inFolder } = await made()
    await close()
    await open(bucket())
    const { backup: inBucket } = await made()
    await data.command('shop', { drop: 'c' })
    const { backups } = opened.control
    assert.equal(
      (await done(backups.restore(inFolder, first, { safety: false }))).state,
      'succeeded',
    )
    assert.equal(await count(), 1)
    await close()
    await open()
    const task = await done(opened.control.backups.restore(inBucket, first))
    assert.match(String(task.error), /backup-s3-bucket/)
  })

  test('say what is wrong with the secret key, without a word of it', async () => {
    await close()
    await open(bucket({ GANTRY_BACKUP_S3_SECRET_KEY: 'mistaken' }))
    const { backup, state, error } = await made()
    assert.deepEqual([state, backup.state], ['failed', 'failed'])
    assert.match(String(error), /backup-s3-secret-key/)
    assert.doesNotMatch(`${error} ${backup.error}`, /mistaken/)
    assert.equal(server.objects.size, 0)
  })
})
