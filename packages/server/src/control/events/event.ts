import { DateTime, type Doc, Double, ObjectId, type Value, type Writable } from '@gantry/bson'
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

/** What a fact can be: `currentValue` has a number and its units. */
export type Fact =
  | string
  | number
  | boolean
  | { readonly [name: string]: string | number | boolean | undefined }

/** What happened: facts by the names that the Public API has for them. */
export interface EventFacts extends Actor {
  /** The project that it concerns, if any. */
  readonly groupId?: string
  /** The organisation whose matter it is, not only that of a project. */
  readonly orgId?: string
  /** The cluster, as instances are called. */
  readonly clusterName?: string
  /** Anything else that belongs to it: `hostname`, `targetUsername`, `alertId` and so on. */
  readonly [fact: string]: Fact | undefined
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
    ['groupId', 'eventTypeName', '_id'],
    ['orgId', 'eventTypeName', '_id'],
    ['groupId', 'clusterName', '_id'],
  ],
  write: ({ id, eventTypeName, createdMs, facts }) => ({
    _id: new ObjectId(id),
    eventTypeName,
    created: DateTime.fromMs(createdMs),
    groupId: facts.groupId,
    orgId: facts.orgId,
    clusterName: facts.clusterName,
    facts: factsOf(facts),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    eventTypeName: textIn(doc, 'eventTypeName'),
    createdMs: timeIn(doc, 'created'),
    facts: factsIn(doc.get('facts') as Doc) as EventFacts,
  }),
}

type Facts = { readonly [name: string]: Fact | undefined }

function factsOf(facts: Facts): { [name: string]: Writable | undefined } {
  const entries = Object.entries(facts).map(([name, fact]) => {
    if (typeof fact === 'object') return [name, factsOf(fact)]
    return [name, typeof fact === 'number' && (fact | 0) !== fact ? new Double(fact) : fact]
  })
  return Object.fromEntries(entries)
}

function factsIn(doc: Doc): Facts {
  const entries = [...doc].map(([name, value]: [string, Value]) => {
    if (value instanceof Map) return [name, factsIn(value as Doc)]
    return [name, value instanceof Double ? value.value : value]
  })
  return Object.fromEntries(entries)
}

const ID_BYTES = 12

/** Ids of events tell when they happened, to the millisecond, so that they are in order. */
export function eventId(createdMs: number, rest: (bytes: Buffer, at: number) => void): string {
  const id = Buffer.alloc(ID_BYTES)
  // What is asked for may lie before or behind all that an id can say.
  id.writeUInt32BE(Math.min(0xffffffff, Math.max(0, Math.floor(createdMs / 1000))))
  id.writeUInt16BE(Math.max(0, createdMs % 1000), 4)
  rest(id, 6)
  return id.toString('hex')
}

/** The least and the greatest id that events of a time have. */
export function leastId(createdMs: number): string {
  return eventId(createdMs, () => {})
}

export function greatestId(createdMs: number): string {
  return eventId(createdMs, (bytes, at) => bytes.fill(0xff, at))
}
