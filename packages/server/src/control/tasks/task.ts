import { DateTime, ObjectId } from '@gantry/bson'
import {
  idIn,
  numberIn,
  optionalIdIn,
  optionalTextIn,
  optionalTimeIn,
  type PlainFields,
  plainFieldsIn,
  plainFieldsOf,
  type Table,
  textIn,
  timeIn,
  truthIn,
} from '../state.js'

export type TaskState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'

/** Work that is done to the end, also when the server is killed on the way. */
export interface Task {
  readonly id: string
  /** What is to be done; it names the handler. */
  readonly kind: string
  readonly instance?: string
  readonly account?: string
  readonly args: PlainFields
  readonly state: TaskState
  /** How far it has come, in words. */
  readonly step: string
  /** Parts of a thousand. */
  readonly permille: number
  /** What came of it, or of each step so far: what a step leaves for the next ones. */
  readonly result: PlainFields
  /** Why it failed. */
  readonly error?: string
  /** That it went on after a restart, or was rolled back, and from where. */
  readonly note?: string
  /** There is one unfinished task at most with the same. */
  readonly exclusive?: string
  /** There is one task at most with the same, finished ones included. */
  readonly key?: string
  /** The only server that may run it; missing: any of those that share the state. */
  readonly home?: string
  /** The server that runs it. */
  readonly owner?: string
  /** Until when nobody else may take it over. */
  readonly leaseUntilMs: number
  /** How often it was begun. */
  readonly attempts: number
  readonly cancelRequested: boolean
  readonly createdMs: number
  readonly startedMs?: number
  readonly finishedMs?: number
}

export const taskTable: Table<Task> = {
  collection: 'tasks',
  uniqueIfThere: [['exclusive'], ['key']],
  indexes: [['state'], ['instance'], ['account']],
  write(task) {
    const { id, instance, account, args, result, createdMs, startedMs, finishedMs, ...rest } = task
    const { leaseUntilMs, state, ...plain } = rest
    const defined = Object.entries(plain).filter(([, value]) => value !== undefined)
    return {
      _id: new ObjectId(id),
      state: state as string,
      ...Object.fromEntries(defined),
      ...(instance !== undefined && { instance: new ObjectId(instance) }),
      ...(account !== undefined && { account: new ObjectId(account) }),
      args: plainFieldsOf(args),
      result: plainFieldsOf(result),
      leaseUntil: DateTime.fromMs(leaseUntilMs),
      created: DateTime.fromMs(createdMs),
      ...(startedMs !== undefined && { started: DateTime.fromMs(startedMs) }),
      ...(finishedMs !== undefined && { finished: DateTime.fromMs(finishedMs) }),
    }
  },
  read(doc) {
    const optional = {
      instance: optionalIdIn(doc, 'instance'),
      account: optionalIdIn(doc, 'account'),
      error: optionalTextIn(doc, 'error'),
      note: optionalTextIn(doc, 'note'),
      exclusive: optionalTextIn(doc, 'exclusive'),
      key: optionalTextIn(doc, 'key'),
      home: optionalTextIn(doc, 'home'),
      owner: optionalTextIn(doc, 'owner'),
      startedMs: optionalTimeIn(doc, 'started'),
      finishedMs: optionalTimeIn(doc, 'finished'),
    }
    const there = Object.entries(optional).filter(([, value]) => value !== undefined)
    return {
      id: idIn(doc, '_id'),
      kind: textIn(doc, 'kind'),
      ...Object.fromEntries(there),
      args: plainFieldsIn(doc, 'args'),
      state: textIn(doc, 'state') as TaskState,
      step: textIn(doc, 'step'),
      permille: numberIn(doc, 'permille'),
      result: plainFieldsIn(doc, 'result'),
      leaseUntilMs: timeIn(doc, 'leaseUntil'),
      attempts: numberIn(doc, 'attempts'),
      cancelRequested: truthIn(doc, 'cancelRequested'),
      createdMs: timeIn(doc, 'created'),
    }
  },
}

/** Whether it has come to an end, whichever. */
export function isFinished({ state }: Pick<Task, 'state'>): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled'
}
