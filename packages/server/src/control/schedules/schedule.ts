import { createHash } from 'node:crypto'
import { DateTime, ObjectId } from '@gantry/bson'
import {
  idIn,
  numberIn,
  optionalIdIn,
  optionalTextIn,
  type PlainFields,
  plainFieldsIn,
  plainFieldsOf,
  type Table,
  textIn,
  timeIn,
} from '../state.js'

/** When to make which task. */
export interface Schedule {
  readonly id: string
  /** The kind of the tasks that it makes. */
  readonly kind: string
  readonly instance?: string
  readonly account?: string
  /** The only server that may run its tasks. */
  readonly home?: string
  readonly args: PlainFields
  /** When it fires next. */
  readonly nextMs: number
  /** From one time to the next; 0: it fires once. */
  readonly everyMs: number
}

export const scheduleTable: Table<Schedule> = {
  collection: 'schedules',
  indexes: [['next'], ['instance']],
  write: ({ id, kind, instance, account, home, args, nextMs, everyMs }) => ({
    _id: new ObjectId(id),
    kind,
    ...(instance !== undefined && { instance: new ObjectId(instance) }),
    ...(account !== undefined && { account: new ObjectId(account) }),
    ...(home !== undefined && { home }),
    args: plainFieldsOf(args),
    next: DateTime.fromMs(nextMs),
    everyMs,
  }),
  read(doc) {
    const instance = optionalIdIn(doc, 'instance')
    const account = optionalIdIn(doc, 'account')
    const home = optionalTextIn(doc, 'home')
    return {
      id: idIn(doc, '_id'),
      kind: textIn(doc, 'kind'),
      ...(instance !== undefined && { instance }),
      ...(account !== undefined && { account }),
      ...(home !== undefined && { home }),
      args: plainFieldsIn(doc, 'args'),
      nextMs: timeIn(doc, 'next'),
      everyMs: numberIn(doc, 'everyMs'),
    }
  },
}

/** The id of the one schedule of a kind that an instance has, the same on every server. */
export function scheduleIdOf(kind: string, instance: string): string {
  return createHash('sha256').update(`${kind} ${instance}`).digest('hex').slice(0, 24)
}

/** The first time after now at which a schedule is due that was due at `nextMs`. */
export function following(nextMs: number, everyMs: number, nowMs: number): number {
  const missed = Math.floor((nowMs - nextMs) / everyMs)
  return nextMs + (Math.max(0, missed) + 1) * everyMs
}
