import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { encodeDocument, ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Command, Deployment } from '../../services/deployment.js'
import { attachedTo } from '../../services/mongodb/attached.js'
import { openEmbedded } from '../../services/mongodb/embedded.js'
import type { RemoteDeployment } from '../../services/mongodb/remote.js'
import { compactionTable } from '../compaction/record.js'
import { compactionHandler } from '../compaction/task.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { type State, stateIn } from '../state.js'
import { stepdownTable } from '../stepdown/record.js'
import { stepdownHandler } from '../stepdown/stepdowns.js'
import type { Task } from '../tasks/task.js'
import { shardsOf } from './shards.js'

/** Commands that only ask. */
const QUESTIONS = ['hello', 'listShards', 'listDatabases', 'listCollections']

/** A cluster whose router and members write down what they are told to do, rather than doing it. */
function recordedCluster({ isSharded }: { readonly isSharded: boolean }) {
  const told: [host: string, command: Command][] = []
  const sets = new Map([
    ['rs0', ['a:1', 'b:1']],
    ['rs1', ['c:1', 'd:1']],
  ])
  const primaries = new Map([
    ['rs0', 'a:1'],
    ['rs1', 'c:1'],
  ])
  const setOf = (host: string) =>
    [...sets].find(([, hosts]) => hosts.includes(host)) ?? assert.fail(host)

  function hello(host: string): Command {
    if (host !== 'router') return { isWritablePrimary: primaries.get(setOf(host)[0]) === host }
    return isSharded ? { msg: 'isdbgrid' } : { setName: 'rs0', hosts: ['a:1', 'b:1'] }
  }

  function reply(host: string, command: Command): Command {
    const [name] = Object.keys(command)
    if (!QUESTIONS.includes(name)) told.push([host, command])
    switch (name) {
      case 'hello':
        return hello(host)
      case 'listShards':
        return { shards: [...sets].map(([_id, hosts]) => ({ _id, host: `${_id}/${hosts}` })) }
      case 'listDatabases':
        return { databases: [{ name: 'd' }] }
      case 'listCollections':
        return { cursor: { firstBatch: [{ name: 'c' }] } }
      case 'addShard': {
        const [set, hosts] = String(command.addShard).split('/')
        sets.set(set, hosts.split(','))
        return {}
      }
      case 'replSetStepDown': {
        const [set, hosts] = setOf(host)
        primaries.set(set, hosts.find((other) => other !== host) ?? host)
        return {}
      }
      default:
        return {}
    }
  }

  const at = (host: string) =>
    ({
      command: async (_db: string, command: Command) =>
        encodeDocument({ ...reply(host, command), ok: 1 }),
      host: async (other: string) => at(other),
    }) as unknown as RemoteDeployment
  return { told, running: attachedTo(at('router')) }
}

describe('an attached sharded cluster', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-cluster-'))
  const id = '7'.repeat(24)
  const instance = { id, name: 'far', mode: 'attached', service: 'mongodb' } as Instance
  let real: Deployment
  let state: State
  let cluster: ReturnType<typeof recordedCluster>
  before(async () => {
    real = await openEmbedded(folder)
    state = stateIn(real)
  })
  after(async () => {
    await real.close()
    rmSync(folder, { recursive: true })
  })
  beforeEach(() => {
    cluster = recordedCluster({ isSharded: true })
  })

  const registryOf = ({ running }: Pick<ReturnType<typeof recordedCluster>, 'running'>) =>
    ({
      byId: () => instance,
      mongodb: async () => running.deployment,
      running: async () => running,
      addressOf: () => undefined,
    }) as unknown as InstanceRegistry
  const work = () => ({
    signal: new AbortController().signal,
    isResumed: false,
    step: async () => {},
    progress() {},
  })
  /** A day around now. */
  const openWindow = () => {
    const [startMs, endMs] = [Date.now() - 1000, Date.now() + 24 * 3_600_000]
    const flags = { enabled: true, scheduled: true, weekly: false }
    return { ...flags, instance: id, startMs, endMs, outcome: '' }
  }
  const stepDownCommand = { replSetStepDown: 120, secondaryCatchUpPeriodSecs: 30 }

  test('adds the replica set that is named, by its own command', async () => {
    const shards = await shardsOf(registryOf(cluster)).add(instance, 'rs2/e:1,f:1')
    assert.deepEqual(cluster.told, [['router', { addShard: 'rs2/e:1,f:1' }]])
    assert.deepEqual(
      shards.map(({ name }) => name),
      ['rs0', 'rs1', 'rs2'],
    )
    assert.deepEqual(shards[2].members, ['e:1', 'f:1'])
  })

  test('is told nothing without a replica set, or by a name that is none', async () => {
    const { add } = shardsOf(registryOf(cluster))
    for (const shard of [undefined, '', 'e:1', 'rs2/', 'rs2/e', 'rs2/e:1,', 'rs2/e:1 ,f:1']) {
      await assert.rejects(add(instance, shard), (error) => {
        assert.ok(error instanceof AppError && error.kind === 'invalid')
        assert.match(error.message, /shardstr.*SET\/host:port/)
        return true
      })
    }
    const replicaSet = recordedCluster({ isSharded: false })
    await assert.rejects(shardsOf(registryOf(replicaSet)).add(instance, 'rs2/e:1'), (error) => {
      assert.ok(error instanceof AppError && error.kind === 'unsupported')
      assert.match(error.message, /not a sharded cluster/)
      return true
    })
    assert.deepEqual([...cluster.told, ...replicaSet.told], [])
  })

  test('has the primary of each shard step down, asked itself', async () => {
    const registry = registryOf(cluster)
    await state.save(stepdownTable, openWindow())
    const handler = stepdownHandler({
      state,
      registry,
      shards: shardsOf(registry),
      compactions: { goOn: async () => {} },
    })
    await handler.run({ instance: id } as Task, work())
    assert.deepEqual(cluster.told, [
      ['a:1', stepDownCommand],
      ['c:1', stepDownCommand],
    ])
    const window = await state.find(stepdownTable, { _id: new ObjectId(id) })
    assert.equal(window?.outcome, 'stepped down: a:1, c:1')
  })

  test('is compacted member by member, each primary after it has stepped down', async () => {
    const registry = registryOf(cluster)
    const nowMs = Date.now()
    const requested = { instance: id, state: 'requested' as const, startMs: nowMs }
    await state.save(compactionTable, { ...requested, updatedMs: nowMs, shards: [] })
    const handler = compactionHandler({
      state,
      registry,
      shards: shardsOf(registry),
      stepdowns: { mayStepDown: async () => true },
    })
    await handler.run({ instance: id } as Task, work())
    assert.deepEqual(cluster.told, [
      ['b:1', { compact: 'c' }],
      ['a:1', stepDownCommand],
      ['a:1', { compact: 'c' }],
      ['d:1', { compact: 'c' }],
      ['c:1', stepDownCommand],
      ['c:1', { compact: 'c' }],
    ])
    const record = await state.find(compactionTable, { _id: new ObjectId(id) })
    assert.equal(record?.state, 'compressed')
  })
})
