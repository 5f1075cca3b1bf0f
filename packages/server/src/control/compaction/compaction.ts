/**
 * Giving back the space that is free within an instance's files.
 *
 * Secondaries are compacted one after the other, then the primaries step down, when the
 * stepdown window lets them, and are compacted as the secondaries that they are then. A set
 * of one member, as an embedded instance is, has nobody to step down for and is compacted as
 * it is. How far it is stands in the state, so that a restart goes on with the next member.
 */
import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Instance } from '../instances/instances.js'
import type { State } from '../state.js'
import type { Tasks } from '../tasks/tasks.js'
import { type Compaction, compactionTable } from './record.js'

export interface Compactions {
  /** The latest one of an instance; undefined when there never was any. */
  get(instance: Pick<Instance, 'id'>): Promise<Compaction | undefined>
  /** Rejects with `conflict` while one is under way. */
  start(instance: Instance): Promise<Compaction>
  /** Goes on with one that waits for the primaries to step down, if there is one. */
  goOn(instance: Instance): Promise<void>
  forget(instance: Pick<Instance, 'id'>): Promise<void>
}

/** The kind of its tasks. */
export const COMPACTION = 'mongodb.compaction'

export function compactionsOf(state: State, tasks: Tasks): Compactions {
  const get = ({ id }: Pick<Instance, 'id'>) =>
    state.find(compactionTable, { _id: new ObjectId(id) })

  function makeTask({ id, account, home }: Instance) {
    const exclusive = `${COMPACTION} ${id}`
    return tasks.create({
      kind: COMPACTION,
      instance: id,
      account,
      exclusive,
      ...(home !== undefined && { home }),
    })
  }

  return {
    get,
    async start(instance) {
      if (instance.service !== 'mongodb') {
        throw new AppError('unsupported', `no compaction for service ${instance.service}`)
      }
      const underWay = `a compaction of instance "${instance.name}" is under way`
      if ((await get(instance))?.state === 'awaiting_stepdown') {
        throw new AppError('conflict', `${underWay}: it waits for the stepdown window`)
      }
      const before = await get(instance)
      const nowMs = Date.now()
      const requested: Compaction = {
        instance: instance.id,
        state: 'requested',
        startMs: nowMs,
        updatedMs: nowMs,
        shards: [],
      }
      const isBusy = await isUnderWay(tasks, instance)
      if (isBusy) throw new AppError('conflict', underWay)
      await state.save(compactionTable, requested)
      try {
        await makeTask(instance)
      } catch (error) {
        if (!(error instanceof AppError && error.kind === 'conflict')) throw error
        if (before) await state.save(compactionTable, before)
        throw new AppError('conflict', underWay, {}, { cause: error })
      }
      return requested
    },
    async goOn(instance) {
      if ((await get(instance))?.state !== 'awaiting_stepdown') return
      await makeTask(instance).catch((error: unknown) => {
        if (!(error instanceof AppError && error.kind === 'conflict')) throw error
      })
    },
    async forget({ id }) {
      await state.delete(compactionTable, new ObjectId(id))
    },
  }
}

async function isUnderWay(tasks: Tasks, { id }: Instance): Promise<boolean> {
  const unfinished = {
    kind: COMPACTION,
    instance: new ObjectId(id),
    state: { $in: ['queued', 'running'] },
  }
  return (await tasks.list(unfinished, 1)).length > 0
}
