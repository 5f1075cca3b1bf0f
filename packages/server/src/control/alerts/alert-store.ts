import { DateTime, ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Filter } from '../../services/deployment.js'
import type { State } from '../state.js'
import {
  type Acknowledgement,
  type Alert,
  type AlertStatus,
  alertTable,
  writeAcknowledgement,
  writeChanging,
} from './alert.js'

/** Which alerts. */
export interface AlertQuery {
  /** Undefined: of all of them. */
  readonly project?: string
  readonly config?: string
  /** Any of these; undefined: all. */
  readonly statuses?: readonly AlertStatus[]
}

/** Alerts in the state, in which they stay for a while after they are over. */
export interface AlertStore {
  get(project: string, id: string): Promise<Alert | undefined>
  count(query: AlertQuery): Promise<number>
  /** The newest first. */
  list(query: AlertQuery, skip: number, limit: number): Promise<Alert[]>
  /** How many come up to the last of these that is still there. */
  behind(query: AlertQuery, ids: readonly string[]): Promise<number | undefined>
  /** Those of a project that are not over and told yet. */
  live(project: string): Promise<Alert[]>
  /** The ids of projects that have such. */
  liveProjects(): Promise<string[]>
  /** Which of these there are. */
  known(ids: readonly string[]): Promise<ReadonlySet<string>>
  /** Says false when there is one like it already, of this server or another. */
  insert(alert: Alert): Promise<boolean>
  /** Replaces what changes of an alert, unless somebody else has changed it since it was `before`. */
  change(before: Alert, alert: Alert): Promise<boolean>
  /** Undefined takes an acknowledgement back. */
  acknowledge(id: string, acknowledged: Acknowledgement | undefined): Promise<void>
  /** Deletes those that were over before. */
  sweep(beforeMs: number): Promise<void>
  forget(project: string): Promise<void>
}

const NEWEST = { created: -1, _id: -1 } as const
/** Fields of `writeChanging` that may no longer be there. */
const OPTIONAL = ['recorded', 'value', 'resolved', 'open'] as const

export async function openAlertStore(state: State): Promise<AlertStore> {
  await state.prepare(alertTable)

  async function find(project: string, id: string): Promise<Alert | undefined> {
    const filter = { _id: new ObjectId(id), project: new ObjectId(project) }
    return state.find(alertTable, filter)
  }

  return {
    get: find,
    count: (query) => state.count(alertTable, filterOf(query)),
    list: (query, skip, limit) =>
      state.list(alertTable, filterOf(query), { sort: NEWEST, skip, limit }),
    async behind(query, ids) {
      const _id = { $in: ids.map((id) => new ObjectId(id)) }
      const there = await state.list(alertTable, { _id }, { sort: NEWEST })
      const last = there.at(-1)
      if (!last) return undefined
      const created = DateTime.fromMs(last.createdMs)
      const before = [
        { created: { $gt: created } },
        { created, _id: { $gte: new ObjectId(last.id) } },
      ]
      return state.count(alertTable, { ...filterOf(query), $or: before })
    },
    live: (project) => state.list(alertTable, { live: true, project: new ObjectId(project) }),
    async liveProjects() {
      const live = await state.list(alertTable, { live: true })
      return [...new Set(live.map(({ project }) => project))]
    },
    async known(ids) {
      const _id = { $in: ids.map((id) => new ObjectId(id)) }
      const there = ids.length === 0 ? [] : await state.list(alertTable, { _id })
      return new Set(there.map(({ id }) => id))
    },
    async insert(alert) {
      try {
        await state.insert(alertTable, alert)
        return true
      } catch (error) {
        if (error instanceof AppError && error.kind === 'conflict') return false
        throw error
      }
    },
    change(before, alert) {
      const fields = writeChanging(alert)
      const gone = OPTIONAL.filter((name) => !(name in fields)).map((name) => [name, ''])
      const asSeen = { _id: new ObjectId(before.id), revision: before.revision }
      return state.updateIf(alertTable, asSeen, {
        $set: fields,
        ...(gone.length > 0 && { $unset: Object.fromEntries(gone) }),
      })
    },
    async acknowledge(id, acknowledged) {
      const change = acknowledged
        ? { $set: { acknowledged: writeAcknowledgement(acknowledged) } }
        : { $unset: { acknowledged: '' } }
      await state.update(alertTable, new ObjectId(id), change)
    },
    async sweep(beforeMs) {
      const old = { live: false, updated: { $lt: DateTime.fromMs(beforeMs) } }
      await state.deleteAll(alertTable, old)
    },
    async forget(project) {
      await state.deleteAll(alertTable, { project: new ObjectId(project) })
    },
  }
}

function filterOf({ project, config, statuses }: AlertQuery): Filter {
  return {
    ...(project !== undefined && { project: new ObjectId(project) }),
    ...(config !== undefined && { config: new ObjectId(config) }),
    ...(statuses && { status: { $in: [...statuses] } }),
  }
}
