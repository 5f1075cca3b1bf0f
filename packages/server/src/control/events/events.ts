/** What has changed, by whom and from where: the audit log, and what alerts are made of. */
import { randomFillSync } from 'node:crypto'
import type { EventType } from '@gantry/api'
import { ObjectId } from '@gantry/bson'
import type { Command } from '../../services/deployment.js'
import type { State } from '../state.js'
import { createCounts } from './counts.js'
import {
  type AuditEvent,
  type EventFacts,
  eventId,
  eventTable,
  greatestId,
  leastId,
} from './event.js'

/** Which events to list. */
export interface EventQuery {
  readonly groupId?: string
  readonly orgId?: string
  /** Any of these; none of them: all. */
  readonly types?: readonly string[]
  /** Any of these; none of them: all. */
  readonly clusterNames?: readonly string[]
  /** Both inclusive. */
  readonly minMs?: number
  readonly maxMs?: number
}

export interface Events {
  /** Writes down that something happened; the answer to whoever did it waits for this. */
  record(eventTypeName: EventType, facts: EventFacts): Promise<AuditEvent>
  /** Calls back with every event of this server from now on, after it was written down. */
  watch(listener: (event: AuditEvent) => void): void
  get(id: string): Promise<AuditEvent | undefined>
  count(query: EventQuery): Promise<number>
  /** The newest first. */
  list(query: EventQuery, skip: number, limit: number): Promise<AuditEvent[]>
  /** Those that are older than one, whether or not that is there still; the newest first. */
  olderThan(id: string, query: EventQuery, limit: number): Promise<AuditEvent[]>
  /** Deletes those from before a time, and resolves with their number. */
  trim(beforeMs: number): Promise<number>
}

const NEWEST_FIRST = { _id: -1 } as const

export async function openEvents(state: State, now: () => number = Date.now): Promise<Events> {
  await state.prepare(eventTable)
  const listeners: ((event: AuditEvent) => void)[] = []
  const counts = createCounts(now)
  /** How many of the same millisecond there were. */
  const last = { ms: 0, number: 0 }

  function nextId(createdMs: number): string {
    last.number = createdMs === last.ms ? last.number + 1 : 0
    last.ms = createdMs
    return eventId(createdMs, (bytes, at) => {
      bytes.writeUInt16BE(last.number & 0xffff, at)
      randomFillSync(bytes, at + 2)
    })
  }

  return {
    async record(eventTypeName, facts) {
      const createdMs = now()
      const event = { id: nextId(createdMs), eventTypeName, createdMs, facts }
      await state.insert(eventTable, event)
      for (const listener of listeners) listener(event)
      return event
    },
    watch: (listener) => void listeners.push(listener),
    get: (id) => state.find(eventTable, { _id: new ObjectId(id) }),
    count(query) {
      const { minMs, maxMs } = query
      // Within a time there are not so many, and they are counted as they are.
      if (minMs !== undefined || maxMs !== undefined) {
        return state.count(eventTable, filterOf(query))
      }
      return counts.of(JSON.stringify(query), (fromMs, beforeMs) =>
        state.count(
          eventTable,
          filterOf(
            { ...query, minMs: fromMs },
            beforeMs === undefined ? undefined : leastId(beforeMs),
          ),
        ),
      )
    },
    list: (query, skip, limit) =>
      state.list(eventTable, filterOf(query), { sort: NEWEST_FIRST, skip, limit }),
    olderThan: (id, query, limit) =>
      state.list(eventTable, filterOf(query, id), { sort: NEWEST_FIRST, limit }),
    async trim(beforeMs) {
      const old = { _id: { $lt: new ObjectId(leastId(beforeMs)) } }
      const gone = await state.deleteAll(eventTable, old)
      if (gone > 0) counts.forget()
      return gone
    },
  }
}

function filterOf(query: EventQuery, olderThan?: string): Command {
  const { groupId, orgId, types = [], clusterNames = [], minMs, maxMs } = query
  const id = {
    ...(minMs !== undefined && { $gte: new ObjectId(leastId(minMs)) }),
    ...(maxMs !== undefined && { $lte: new ObjectId(greatestId(maxMs)) }),
    ...(olderThan !== undefined && { $lt: new ObjectId(olderThan) }),
  }
  return {
    ...(groupId !== undefined && { groupId }),
    ...(orgId !== undefined && { orgId }),
    ...(types.length > 0 && { eventTypeName: oneOf(types) }),
    ...(clusterNames.length > 0 && { clusterName: oneOf(clusterNames) }),
    ...(Object.keys(id).length > 0 && { _id: id }),
  }
}

/** An equality where it can be one, which an index with the order behind it serves. */
function oneOf(values: readonly string[]) {
  return values.length === 1 ? values[0] : { $in: values }
}
