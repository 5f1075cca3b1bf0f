import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ObjectId } from '@gantry/bson'
import { readConfig } from '../../config.js'
import { AppError, type ErrorKind } from '../../errors.js'
import { type OpenedControl, openControl } from '../../open-control.js'
import type { Undo } from '../../opening/base.js'
import type { InstanceOrder } from './lifecycle.js'

const order: InstanceOrder = {
  name: 'Test123',
  service: 'mongodb',
  type: 'mongodb_replica_set',
  version: '3.0.5',
  zone: 'local',
  plan: 1,
}
const account = { id: '7'.repeat(24), mayAddInstances: true }
const other = { id: '8'.repeat(24), mayAddInstances: true }

function isKind(kind: ErrorKind, message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.kind, kind)
    assert.match(error.message, message)
    return true
  }
}

describe('the life of an instance', () => {
  let folder: string
  let opened: OpenedControl
  let undo: Undo
  async function open() {
    undo = []
    const config = readConfig(['--data-dir', folder, '--log-level', 'silent'], {})
    opened = await openControl(config, folder, undo)
  }
  async function close() {
    for (const step of undo.reverse()) await step()
  }
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-life-'))
    await open()
    await opened.begin('http://none')
  })
  afterEach(async () => {
    await close()
    rmSync(folder, { recursive: true })
  })

  const folderOf = (id: string) => join(folder, 'instances', id)
  const get = (name: string) => opened.control.lifecycle.get(account.id, name)
  /** Waits for the latest task of an instance. */
  async function settled(id: string) {
    const { tasks } = opened.control
    const [latest] = await tasks.list({ instance: new ObjectId(id) })
    return tasks.finished(latest.id)
  }

  test('is requested with all that its users need, and ready when the service answers', async () => {
    const { lifecycle, instances } = opened.control
    const made = await lifecycle.create(account, order)
    assert.equal(made.state, 'REQUESTED')
    assert.match(instances.apiKey(made), /^[0-9a-f]{32}$/)
    const uri = instances.connectString(made) ?? ''
    assert.match(uri, new RegExp(`^mongodb://admin:\\w{24}@127\\.0\\.0\\.1:${made.port}/`))
    assert.ok(made.port >= 10_000 && made.port < 20_000)
    assert.equal((await settled(made.id)).state, 'succeeded')
    assert.equal(get('Test123').state, 'ACTIVE')
    const deployment = await instances.mongodb(made)
    await deployment.insert('d', 'c', { _id: 1 })
    assert.ok(existsSync(folderOf(made.id)))
    assert.equal(instances.byApiKey(instances.apiKey(made))?.id, made.id)
    assert.deepEqual(
      instances.ofAccount(account.id).map(({ name }) => name),
      ['Test123'],
    )
    assert.deepEqual(instances.ofAccount(other.id), [])
  })

  test('of every type on the embedded engine', async () => {
    const { lifecycle } = opened.control
    for (const type of ['mongodb_sharded', 'mongodb_singledb', 'mongodb_jumbo_replica_set']) {
      const { id } = await lifecycle.create(account, { ...order, name: type, type })
      assert.equal((await settled(id)).state, 'succeeded')
    }
  })

  test('is refused, with nothing made, when it cannot be', async () => {
    const { lifecycle, instances } = opened.control
    const first = await lifecycle.create(account, order)
    await settled(first.id)
    const before = instances.all().length
    const refused = (changes: Partial<InstanceOrder>, kind: ErrorKind, message: RegExp) =>
      assert.rejects(
        lifecycle.create(account, { ...order, name: 'x', ...changes }),
        isKind(kind, message),
      )
    for (const name of ['', '_x', 'a b', 'a.b', 'x'.repeat(64), 'ä']) {
      await refused({ name }, 'invalid', /cannot be the name/)
    }
    await refused({ name: 'Test123' }, 'conflict', /"Test123" already/)
    await refused({ plan: 2 }, 'invalid', /no plan "2"/)
    await refused({ type: 'redis_ha_instance' }, 'invalid', /no type/)
    await refused({ uri: 'mongodb://x', mode: 'embedded' }, 'invalid', /attached/)
    await refused({ mode: 'attached' }, 'invalid', /needs a uri/)
    const barred = { ...account, mayAddInstances: false }
    await assert.rejects(
      lifecycle.create(barred, { ...order, name: 'x' }),
      isKind('forbidden', /may not/),
    )
    assert.equal(instances.all().length, before)
    assert.equal((await lifecycle.create(other, order)).name, 'Test123')
  })

  test('of the same name asked for twice at once is made once', async () => {
    const { lifecycle, instances } = opened.control
    const results = await Promise.allSettled([1, 2, 3].map(() => lifecycle.create(account, order)))
    const made = results.filter(({ status }) => status === 'fulfilled')
    assert.equal(made.length, 1)
    assert.equal(instances.ofAccount(account.id).length, 1)
  })

  test('goes on under another name, with its key, port, user and data', async () => {
    const { lifecycle, instances, acls } = opened.control
    const made = await lifecycle.create(account, order)
    await settled(made.id)
    await acls.add(made, '10.0.0.1', 'one')
    await (await instances.mongodb(made)).insert('d', 'c', { _id: 1 })
    const before = instances.connectString(made)
    await lifecycle.rename(get('Test123'), 'Test456')
    assert.throws(() => get('Test123'), isKind('not_found', /no instance "Test123"/))
    const renamed = get('Test456')
    assert.equal(instances.connectString(renamed), before)
    assert.equal(instances.byApiKey(instances.apiKey(made))?.name, 'Test456')
    assert.equal(acls.list(renamed).length, 1)
    const second = await lifecycle.create(account, order)
    await settled(second.id)
    await assert.rejects(lifecycle.rename(renamed, 'Test123'), isKind('conflict', /already/))
    await assert.rejects(lifecycle.rename(renamed, 'no good'), isKind('invalid', /cannot be/))
    await close()
    await open()
    assert.deepEqual(
      opened.control.instances.ofAccount(account.id).map(({ name, id }) => [name, id]),
      [
        ['Test456', made.id],
        ['Test123', second.id],
      ],
    )
  })

  test('is deleted with all that belongs to it, and its name is free', async () => {
    const { lifecycle, instances, acls, schedules, tasks } = opened.control
    const made = await lifecycle.create(account, order)
    await settled(made.id)
    const apiKey = instances.apiKey(made)
    assert.ok(instances.byApiKey(apiKey))
    await acls.add(made, '10.0.0.1', 'one')
    const nextMs = Date.now() + 1e6
    const about = { kind: 'none', args: {}, instance: made.id }
    await schedules.save({ ...about, nextMs, everyMs: 0 })
    await lifecycle.remove(made)
    assert.throws(() => get('Test123'), isKind('not_found', /no instance/))
    assert.equal(instances.byApiKey(apiKey), undefined)
    assert.equal(instances.byId(made.id), undefined)
    assert.equal(existsSync(folderOf(made.id)), false)
    assert.deepEqual(acls.list(made), [])
    assert.deepEqual(await schedules.list({ instance: new ObjectId(made.id) }), [])
    const [task] = await tasks.list({ instance: new ObjectId(made.id) })
    assert.deepEqual([task.kind, task.state], ['instance.delete', 'succeeded'])
    await assert.rejects(instances.mongodb(made), isKind('unavailable', /deleted/))
    const again = await lifecycle.create(account, order)
    assert.notEqual(again.id, made.id)
    await settled(again.id)
    const found = await (await instances.mongodb(again)).delete('d', 'c', {})
    assert.equal(found, 0)
  })

  test('gets a larger plan', async () => {
    const { lifecycle } = opened.control
    const { id } = await lifecycle.create(account, order)
    await settled(id)
    assert.equal((await lifecycle.resize(get('Test123'), 5)).state, 'RESIZE')
    assert.equal((await settled(id)).state, 'succeeded')
    const { plan, state, settings } = get('Test123')
    assert.deepEqual([plan, state, settings], [5, 'ACTIVE', {}])
    await assert.rejects(lifecycle.resize(get('Test123'), 5), isKind('invalid', /not larger/))
    await assert.rejects(lifecycle.resize(get('Test123'), 6), isKind('invalid', /no plan/))
  })

  test('that cannot start is in error, says why, and is ready once it can', async () => {
    const { lifecycle, instances } = opened.control
    const { writeFileSync, mkdirSync } = await import('node:fs')
    const made = await lifecycle.create(account, order)
    await settled(made.id)
    await instances.stop(made)
    rmSync(folderOf(made.id), { recursive: true })
    mkdirSync(join(folder, 'instances'), { recursive: true })
    writeFileSync(folderOf(made.id), 'no folder')
    await close()
    await open()
    const failed = await opened.registry.startAll()
    assert.deepEqual(
      failed.map(({ instance }) => instance.name),
      ['Test123'],
    )
    assert.equal(get('Test123').state, 'ERROR')
    assert.match(get('Test123').error ?? '', /EEXIST|ENOTDIR/)
    rmSync(folderOf(made.id))
    await opened.control.instances.mongodb(get('Test123'))
    assert.deepEqual([get('Test123').state, get('Test123').error], ['ACTIVE', undefined])
  })

  test('is built and deleted to the end by the next start when the server did not get to its task', async () => {
    const { lifecycle } = opened.control
    const built = await lifecycle.create(account, { ...order, name: 'built' })
    const gone = await lifecycle.create(account, { ...order, name: 'gone' })
    await settled(built.id)
    await settled(gone.id)
    // As they are when the server is killed after the record and before the task.
    await opened.registry.change(built, { state: 'REQUESTED' })
    await opened.registry.change(gone, { state: 'DELETING', name: `gone (deleted ${gone.id})` })
    await close()
    await open()
    await opened.begin('http://none')
    assert.equal((await settled(built.id)).state, 'succeeded')
    assert.equal((await settled(gone.id)).state, 'succeeded')
    assert.equal(get('built').state, 'ACTIVE')
    assert.equal(existsSync(folderOf(gone.id)), false)
  })
})
