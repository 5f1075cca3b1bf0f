import { ObjectId } from '@gantry/bson'
import { AppError, isDatabaseError } from '../../errors.js'
import type { Deployment } from '../../services/deployment.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { ask, docsIn, numberOf } from '../reply.js'
import type { Shard, Shards } from '../shards/shards.js'
import type { State } from '../state.js'
import { primaryOf, stepDown } from '../stepdown/step-down.js'
import type { Stepdowns } from '../stepdown/stepdowns.js'
import type { TaskHandler, TaskWork } from '../tasks/handler.js'
import {
  type Compaction,
  compactionTable,
  type MemberCompaction,
  type ShardCompaction,
} from './record.js'

export interface CompactionParts {
  readonly state: State
  readonly registry: InstanceRegistry
  readonly shards: Shards
  readonly stepdowns: Pick<Stepdowns, 'mayStepDown'>
}

/** Waits for the primaries to step down: what has been done so far stays done. */
class AwaitingStepdown extends Error {}

/** Compacts an instance, member after member; see `compaction.ts`. */
export function compactionHandler(parts: CompactionParts): TaskHandler {
  const { state, registry } = parts
  return {
    cancellable: true,
    async run({ instance: id = '' }, work) {
      const instance = registry.byId(id)
      if (!instance) throw new AppError('not_found', 'the instance is gone')
      const stored = await state.find(compactionTable, { _id: new ObjectId(id) })
      if (!stored) throw new AppError('not_found', 'nobody asked for a compaction')
      const record = keeper(state, { ...stored, state: 'running' })
      await record.save()
      try {
        for (const shard of await parts.shards.list(instance)) {
          await compactShard(parts, instance, shard, record, work)
        }
        await record.set({ state: 'compressed' })
      } catch (error) {
        if (!(error instanceof AwaitingStepdown)) throw error
        await record.set({ state: 'awaiting_stepdown' })
        await work.step('awaiting the stepdown window')
      }
    },
    async rollBack({ instance: id = '' }, error) {
      // What has been compacted is none the worse for it.
      const stored = await state.find(compactionTable, { _id: new ObjectId(id) })
      if (!stored) return
      const isCancelled = error === 'cancelled'
      const reason = error instanceof Error ? error.message : String(error)
      const end = isCancelled
        ? { state: 'cancelled' as const }
        : { state: 'failed' as const, error: reason }
      await keeper(state, stored).set(end)
    },
  }
}

/** The record while it changes. */
function keeper(state: State, initial: Compaction) {
  let current = initial
  async function set(fields: Partial<Compaction>): Promise<void> {
    current = { ...current, ...fields, updatedMs: Date.now() }
    await state.save(compactionTable, current)
  }
  return {
    set,
    save: () => set({}),
    shard: (name: string) => current.shards.find((shard) => shard.name === name),
    async setShard(shard: ShardCompaction): Promise<void> {
      const others = current.shards.filter(({ name }) => name !== shard.name)
      await set({ shards: [...others, { ...shard, updatedMs: Date.now() }] })
    },
  }
}

type Keeper = ReturnType<typeof keeper>

async function compactShard(
  parts: CompactionParts,
  instance: Instance,
  { name, members }: Shard,
  record: Keeper,
  work: TaskWork,
): Promise<void> {
  const nowMs = Date.now()
  const fresh: ShardCompaction = {
    name,
    state: 'compressing',
    startMs: nowMs,
    updatedMs: nowMs,
    members: members.map((member) => ({ name: member, state: 'waiting', updatedMs: nowMs })),
  }
  const { member } = await parts.registry.running(instance, 'mongodb')
  const known = record.shard(name) ?? fresh
  await record.setShard({ ...known, state: 'compressing' })
  const isDone = (host: string) =>
    record.shard(name)?.members.some((done) => done.name === host && done.state === 'compressed')
  let primary = await primaryOf(member, members)
  const secondaries = members.filter((host) => host !== primary)
  for (const host of secondaries) {
    if (!isDone(host))
      await compactMember(member, { shard: name, host, force: false }, record, work)
  }
  if (primary === undefined || isDone(primary)) {
    await markShard(record, name, { state: 'compressed' })
    return
  }
  const last = primary
  if (secondaries.length > 0) {
    await markShard(record, name, { state: 'awaiting_stepdown_request', primary: last })
    if (!(await parts.stepdowns.mayStepDown(instance))) throw new AwaitingStepdown()
    await markShard(record, name, { state: 'stepdown_requested' })
    await stepDown(await member(last))
    primary = await primaryOf(member, members)
  }
  const force = secondaries.length === 0 || primary === last
  await compactMember(member, { shard: name, host: last, force }, record, work)
  await markShard(record, name, { state: 'compressed' })
}

async function markShard(record: Keeper, name: string, fields: Partial<ShardCompaction>) {
  const shard = record.shard(name)
  if (shard) await record.setShard({ ...shard, ...fields })
}

interface Target {
  readonly shard: string
  readonly host: string
  /** The member stays primary, which it must be told that one knows. */
  readonly force: boolean
}

async function compactMember(
  member: (host: string) => Promise<Deployment>,
  { shard, host, force }: Target,
  record: Keeper,
  work: TaskWork,
): Promise<void> {
  async function mark(fields: Partial<MemberCompaction>): Promise<void> {
    const known = record.shard(shard)
    if (!known) return
    const members = known.members.map((one) =>
      one.name === host ? { ...one, ...fields, updatedMs: Date.now() } : one,
    )
    await record.setShard({ ...known, members })
  }
  await work.step(`compacting ${host}`)
  await mark({ state: 'compressing', startMs: Date.now() })
  let freedBytes = 0
  for (const { db, collection } of await collectionsOf(await member(host))) {
    work.signal.throwIfAborted()
    // Asked for anew each time, as a step down may close what there was.
    freedBytes += await compactCollection(await member(host), db, collection, force)
  }
  await mark({ state: 'compressed', finishMs: Date.now(), freedBytes })
}

async function compactCollection(
  deployment: Deployment,
  db: string,
  collection: string,
  force: boolean,
): Promise<number> {
  try {
    const reply = await ask(deployment, db, { compact: collection, ...(force && { force }) })
    return numberOf(reply.get('bytesFreed'))
  } catch (error) {
    // It was dropped meanwhile.
    if (isDatabaseError(error, 'NamespaceNotFound')) return 0
    throw error
  }
}

/** The collections of users; views have no files. */
async function collectionsOf(deployment: Deployment) {
  const listed = await ask(deployment, 'admin', { listDatabases: 1, nameOnly: true })
  const names = docsIn(listed.get('databases')).map((entry) => String(entry.get('name')))
  const found: { db: string; collection: string }[] = []
  for (const db of names.filter((name) => name !== 'local' && name !== 'config')) {
    const filter = { type: 'collection' }
    const reply = await ask(deployment, db, {
      listCollections: 1,
      filter,
      nameOnly: true,
      cursor: { batchSize: 1e6 },
    })
    const cursor = reply.get('cursor')
    const batch = cursor instanceof Map ? docsIn(cursor.get('firstBatch')) : []
    for (const entry of batch) found.push({ db, collection: String(entry.get('name')) })
  }
  return found.filter(({ collection }) => !collection.startsWith('system.'))
}
