import { DateTime, type Doc, ObjectId, type Writable } from '@gantry/bson'
import { idIn, type Table, textIn, timeIn } from '../state.js'

/** Who did something, and from where. */
export interface Actor {
  readonly userId?: string
  readonly username?: string
  readonly apiKeyId?: string
  readonly publicKey?: string
  readonly remoteAddress?: string
  readonly isGlobalAdmin?: boolean
}

/** What happened: facts by the names that the Public API has for them. */
export interface EventFacts extends Actor {
  /** The project that it concerns, if any. */
  readonly groupId?: string
  readonly orgId?: string
  /** Anything else that belongs to it: `hostname`, `targetUsername`, `alertId` and so on. */
  readonly [fact: string]: string | number | boolean | undefined
}

/** Something that changed, or that somebody shall learn of. */
export interface AuditEvent {
  readonly id: string
  readonly eventTypeName: string
  readonly createdMs: number
  readonly facts: EventFacts
}

export const eventTable: Table<AuditEvent> = {
  collection: 'events',
  indexes: [
    ['groupId', '_id'],
    ['orgId', '_id'],
  ],
  write: ({ id, eventTypeName, createdMs, facts }) => ({
    _id: new ObjectId(id),
    eventTypeName,
    created: DateTime.fromMs(createdMs),
    groupId: facts.groupId,
    orgId: facts.orgId,
    facts: facts as { readonly [fact: string]: Writable | undefined },
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    eventTypeName: textIn(doc, 'eventTypeName'),
    createdMs: timeIn(doc, 'created'),
    facts: Object.fromEntries(doc.get('facts') as Doc) as EventFacts,
  }),
}
