/** What has changed, by whom and from where: the audit log, and what alerts are made of. */
import { DateTime, ObjectId } from '@gantry/bson'
import type { Command } from '../../services/deployment.js'
import type { State } from '../state.js'
import { type AuditEvent, type EventFacts, eventTable } from './event.js'

/** Which events to list. */
export interface EventQuery {
  readonly groupId?: string
  readonly orgId?: string
  /** Any of these; none of them: all. */
  readonly types?: readonly string[]
  /** Both inclusive. */
  readonly minMs?: number
  readonly maxMs?: number
}

export interface Events {
  /** Writes down that something happened; the answer to whoever did it waits for this. */
  record(eventTypeName: string, facts: EventFacts): Promise<AuditEvent>
  /** Calls back with every event of this server from now on, after it was written down. */
  watch(listener: (event: AuditEvent) => void): void
  get(id: string): Promise<AuditEvent | undefined>
  count(query: EventQuery): Promise<number>
  /** The newest first. */
  list(query: EventQuery, skip: number, limit: number): Promise<AuditEvent[]>
  /** How many events there are that are not older than one, whether or not that is there still. */
  rank(query: EventQuery, id: string): Promise<number>
}

export async function openEvents(state: State, now: () => number = Date.now): Promise<Events> {
  await state.prepare(eventTable)
  const listeners: ((event: AuditEvent) => void)[] = []
  return {
    async record(eventTypeName, facts) {
      const id = new ObjectId().toHexString()
      const event = { id, eventTypeName, createdMs: now(), facts }
      await state.insert(eventTable, event)
      for (const listener of listeners) listener(event)
      return event
    },
    watch: (listener) => void listeners.push(listener),
    async get(id) {
      const [event] = await state.list(eventTable, { _id: new ObjectId(id) })
      return event
    },
    count: (query) => state.count(eventTable, filterOf(query)),
    list: (query, skip, limit) =>
      state.list(eventTable, filterOf(query), { sort: { _id: -1 }, skip, limit }),
    rank: (query, id) =>
      state.count(eventTable, { $and: [filterOf(query), { _id: { $gte: new ObjectId(id) } }] }),
  }
}

function filterOf({ groupId, orgId, types = [], minMs, maxMs }: EventQuery): Command {
  const created = {
    ...(minMs !== undefined && { $gte: DateTime.fromMs(minMs) }),
    ...(maxMs !== undefined && { $lte: DateTime.fromMs(maxMs) }),
  }
  return {
    ...(groupId !== undefined && { groupId }),
    ...(orgId !== undefined && { orgId }),
    ...(types.length > 0 && { eventTypeName: { $in: types } }),
    ...(Object.keys(created).length > 0 && { created }),
  }
}
