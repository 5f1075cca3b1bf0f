import { type Doc, encodeDocument, Timestamp, type Value } from '@gantry/bson'
import type { Oplog } from '../oplog/oplog.js'
import type { View } from '../storage/view.js'
import { type ChangeStreamOptions, eventsOf, isWatched, readEntry, type Watched } from './event.js'
import { encodeToken, type ResumeToken } from './token.js'

/** Entries of the log looked at before others get their turn. */
const STEP = 512

/** Events of a change stream from a point on. It keeps a position in the log, nothing else. */
export interface ChangeStream {
  /** The next events; none when there are none for now, or none within a stretch of the log. */
  read(view: View): Buffer[]
  /** Whether the last `read` came to the end of the log. */
  readonly atEnd: boolean
  /** An event has ended the stream: nothing comes any more. */
  readonly invalidated: boolean
  /** From where to go on after what was read. */
  readonly position: ResumeToken
}

export function openChangeStream(
  oplog: Oplog,
  watched: Watched,
  options: ChangeStreamOptions,
  start: ResumeToken,
  lookUp: (db: string, collection: string, id: Value) => Doc | undefined,
): ChangeStream {
  let position = start
  let atEnd = false
  let invalidated = false
  // Of the entry that a token points behind, what comes after the token's own event is still to be told.
  let rest: ResumeToken | undefined = start.kind === 'event' ? start : undefined

  function tell(events: readonly Doc[], out: Buffer[]): void {
    for (const event of events) {
      out.push(encodeDocument(withFullDocument(event)))
      if (event.get('operationType') === 'invalidate') invalidated = true
    }
  }

  function withFullDocument(event: Doc): Doc {
    if (event.get('operationType') !== 'update' || options.fullDocument !== 'updateLookup')
      return event
    const ns = event.get('ns') as Doc
    const id = (event.get('documentKey') as Doc).get('_id') as Value
    const found = lookUp(ns.get('db') as string, ns.get('coll') as string, id)
    event.set('fullDocument', found ?? null)
    return event
  }

  function tellRest(view: View, out: Buffer[]): void {
    const token = rest as ResumeToken
    rest = undefined
    oplog.read(view, before(token.ts), (buf, doc, ts) => {
      const entry = readEntry(buf, doc, ts)
      if (ts.t === token.ts.t && ts.i === token.ts.i && isWatched(watched, entry)) {
        tell(eventsOf(entry, watched, options).slice(1), out)
      }
      return false
    })
  }

  return {
    read(view) {
      const out: Buffer[] = []
      if (invalidated) return out
      if (rest) tellRest(view, out)
      const entries: { buf: Buffer; ts: Timestamp }[] = []
      let seen = 0
      atEnd = true
      if (!invalidated) {
        oplog.read(view, position.ts, (buf, doc, ts) => {
          entries.push({ buf: Buffer.from(buf.subarray(doc, doc + buf.readInt32LE(doc))), ts })
          atEnd = ++seen < STEP
          return atEnd
        })
      }
      for (const { buf, ts } of entries) {
        const entry = readEntry(buf, 0, ts)
        const events = isWatched(watched, entry) ? eventsOf(entry, watched, options) : []
        tell(events, out)
        position = {
          ts,
          kind: invalidated ? 'invalidate' : events.length > 0 ? 'event' : 'between',
        }
        if (invalidated) break
      }
      return out
    },
    get atEnd() {
      return atEnd
    },
    get invalidated() {
      return invalidated
    },
    get position() {
      return position
    },
  }
}

function before({ t, i }: Timestamp): Timestamp {
  return i > 0 ? new Timestamp(t, i - 1) : new Timestamp(t - 1, 0xffffffff)
}

/** The token as a document of its own, for `postBatchResumeToken`. */
export function tokenDocument(token: ResumeToken): Buffer {
  return encodeDocument(encodeToken(token))
}
