import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ObjectId } from '@gantry/bson'
import type { AppError } from '../../errors.js'
import type { Deployment } from '../../services/deployment.js'
import { openEmbedded } from '../../services/mongodb/embedded.js'
import { openTestApp, type TestApp } from '../../testing/test-app.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { type State, stateIn } from '../state.js'
import type { Task } from '../tasks/task.js'
import { compactionTable } from './record.js'
import { compactionHandler } from './task.js'

describe('compaction of an embedded instance', () => {
  let app: TestApp
  let instance: Instance
  before(async () => {
    app = await openTestApp()
    ;[instance] = app.control.instances.all()
  })
  after(() => app.close())

  test('goes over its one member, and is under way once at a time', async () => {
    const { compactions, tasks, instances } = app.control
    assert.equal(await compactions.get(instance), undefined)
    await (await instances.mongodb(instance)).insert('d', 'c', { _id: 1 })
    const results = await Promise.allSettled([1, 2, 3].map(() => compactions.start(instance)))
    const started = results.filter(({ status }) => status === 'fulfilled')
    assert.equal(started.length, 1)
    for (const result of results) {
      if (result.status === 'fulfilled') assert.equal(result.value.state, 'requested')
      else assert.equal((result.reason as AppError).kind, 'conflict')
    }
    const [task] = await tasks.list({ instance: new ObjectId(instance.id) })
    assert.equal((await tasks.finished(task.id)).state, 'succeeded')
    const done = await compactions.get(instance)
    assert.equal(done?.state, 'compressed')
    const [shard] = done?.shards ?? []
    assert.deepEqual([shard.state, shard.members.length], ['compressed', 1])
    const [{ state, startMs = 0, finishMs = 0 }] = shard.members
    assert.equal(state, 'compressed')
    assert.ok(startMs > 0 && startMs <= finishMs)
    await compactions.start(instance)
  })

  test('is for MongoDB alone', async () => {
    const redis: Instance = { ...instance, service: 'redis' }
    await assert.rejects(app.control.compactions.start(redis), /no compaction for service redis/)
  })
})

/** A replica set of which only what a compaction asks is there; which member is primary may change. */
function replicaSet(hosts: readonly string[]) {
  const set = { primary: hosts[0], compacted: [] as string[], steppedDown: [] as string[] }
  const embedded = (host: string, real: Deployment): Deployment => ({
    ...real,
    async command(db, command) {
      if ('hello' in command) {
        const reply = { isWritablePrimary: host === set.primary, ok: 1 }
        const { encodeDocument } = await import('@gantry/bson')
        return encodeDocument(reply)
      }
      if ('replSetStepDown' in command) {
        set.steppedDown.push(host)
        set.primary = hosts.find((other) => other !== host) ?? host
        throw new Error('connection 5 to 10.0.0.1 closed')
      }
      if (command.compact === 'c') {
        const { force = false } = command
        if (host === set.primary && !force)
          throw new Error('will not run compact on an active primary')
        set.compacted.push(`${host} ${command.compact}`)
      }
      return real.command(db, command)
    },
  })
  return { set, embedded }
}

describe('compaction of a replica set', () => {
  let folder: string
  let real: Deployment
  let state: State
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-compaction-'))
    real = await openEmbedded(folder)
    state = stateIn(real)
    await real.insert('d', 'c', { _id: 1 })
  })
  after(async () => {
    await real.close()
    rmSync(folder, { recursive: true })
  })

  const id = '5'.repeat(24)
  const hosts = ['a:1', 'b:1', 'c:1']

  /** Runs the task once, with or without leave to step down. */
  async function run(
    { embedded }: ReturnType<typeof replicaSet>,
    mayStepDown: boolean,
    members = hosts,
  ): Promise<void> {
    const registry = {
      byId: () => ({ id }) as Instance,
      running: async () => ({ member: async (host: string) => embedded(host, real) }),
    } as unknown as InstanceRegistry
    const shards = {
      list: async () => [{ name: 'rs', members }],
      add: async () => [],
    }
    const handler = compactionHandler({
      state,
      registry,
      shards,
      stepdowns: { mayStepDown: async () => mayStepDown },
    })
    const work = {
      signal: new AbortController().signal,
      isResumed: false,
      step: async () => {},
      progress() {},
    }
    await handler.run({ instance: id } as Task, work)
  }

  const request = () => {
    const nowMs = Date.now()
    const requested = {
      instance: id,
      state: 'requested' as const,
      startMs: nowMs,
      updatedMs: nowMs,
    }
    return state.save(compactionTable, { ...requested, shards: [] })
  }
  const record = async () => (await state.find(compactionTable, { _id: new ObjectId(id) }))!

  test('takes the secondaries, waits for leave, and then has the primary step down', async () => {
    const rs = replicaSet(hosts)
    await request()
    await run(rs, false)
    assert.deepEqual(rs.set.compacted, ['b:1 c', 'c:1 c'])
    const waiting = await record()
    assert.equal(waiting.state, 'awaiting_stepdown')
    assert.equal(waiting.shards[0].state, 'awaiting_stepdown_request')
    assert.equal(waiting.shards[0].primary, 'a:1')
    await run(rs, true)
    assert.deepEqual(rs.set.steppedDown, ['a:1'])
    assert.deepEqual(rs.set.compacted, ['b:1 c', 'c:1 c', 'a:1 c'])
    const done = await record()
    assert.equal(done.state, 'compressed')
    assert.ok(done.shards[0].members.every((member) => member.state === 'compressed'))
  })

  test('goes on after a restart with the members that are left', async () => {
    const rs = replicaSet(hosts)
    await request()
    await run(rs, false)
    await run(rs, false)
    assert.deepEqual(rs.set.compacted, ['b:1 c', 'c:1 c'])
  })
})
