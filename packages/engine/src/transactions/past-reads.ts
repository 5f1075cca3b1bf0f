import type { Timestamp } from '@gantry/bson'
import type { Catalog } from '../catalog/catalog.js'
import type { Collection } from '../catalog/collection.js'
import { CommandError } from '../errors.js'
import { compareTimestamps } from '../oplog/clock.js'
import { latestLogged, type Oplog } from '../oplog/oplog.js'
import type { Store } from '../storage/store.js'
import type { View } from '../storage/view.js'

/** The data as they were at a point in time, for reads outside of transactions. */
export interface PastRead {
  readonly time: Timestamp
  readonly view: View
  /** The collections that were there; to find one that has been defined anew since is an error. */
  readonly catalog: Catalog
  /** Keeps the point in time until the function that it answers is called. */
  hold(): () => void
}

/** The points in time that can be read. Each is a state of the store that is held, so there are few of them. */
export interface PastReads {
  /** The data at a time, or as they are now. */
  at(time: Timestamp | undefined): Promise<PastRead>
  /** Lets go of what is older than the window, unless a cursor reads it. */
  expire(): void
  close(): void
}

/** For how long a time that was read once can be read again; MongoDB's own default. */
export const HISTORY_WINDOW_MS = 300_000
/** Points in time that are held beside those that cursors read. */
const MOST_HELD = 32

interface Services {
  readonly store: Store
  readonly catalog: Catalog
  readonly oplog: Oplog
  readonly now: () => number
}

interface Held extends PastRead {
  readonly takenMs: number
  users: number
  release(): void
}

export function createPastReads({ store, catalog, oplog, now }: Services): PastReads {
  let held: Held[] = []

  async function take(): Promise<Held> {
    // What is being committed just now belongs to the present, too.
    await store.write(() => {}, { throwsBeforeWriting: true })
    const snapshot = store.snapshot()
    const taken: Held = {
      time: latestLogged(snapshot),
      view: snapshot,
      catalog: pastCatalog(catalog),
      takenMs: now(),
      users: 0,
      release: () => snapshot.release(),
      hold() {
        taken.users++
        return () => {
          taken.users--
        }
      },
    }
    const same = held.find(({ time }) => compareTimestamps(time, taken.time) === 0)
    if (same) {
      // Indexes may have come since without a change in the log, so the newer of the two is kept;
      // the other one stays for as long as a cursor reads it.
      if (same.users === 0) {
        same.release()
        held = held.filter((other) => other !== same)
      }
    }
    held.push(taken)
    letGo()
    return taken
  }

  function letGo(): void {
    const oldest = now() - HISTORY_WINDOW_MS
    const unused = held.filter(({ users }) => users === 0)
    const tooMany = new Set(unused.slice(0, Math.max(0, unused.length - MOST_HELD)))
    held = held.filter((one) => {
      if (one.users > 0 || (one.takenMs >= oldest && !tooMany.has(one))) return true
      one.release()
      return false
    })
  }

  /** Of those held, the one that shows the data as they were at a time: nothing changed in between. */
  function showing(time: Timestamp): Held | undefined {
    for (const one of [...held].reverse()) {
      if (compareTimestamps(one.time, time) > 0) continue
      let unchanged = true
      oplog.read(store, one.time, (_buf, _doc, ts) => {
        unchanged = compareTimestamps(ts, time) > 0
        return false
      })
      return unchanged ? one : undefined
    }
    return undefined
  }

  return {
    async at(time) {
      if (!time) return take()
      if (compareTimestamps(time, oplog.clock.latest) > 0) {
        throw new CommandError(
          'InvalidOptions',
          'readConcern atClusterTime value must not be greater than the current clusterTime',
        )
      }
      // Even a past time may be the present one: then nothing has changed since.
      const found = showing(time) ?? (await takenAt(time))
      if (found) return found
      throw new CommandError(
        'SnapshotTooOld',
        `Read timestamp Timestamp(${time.t}, ${time.i}) is older than the oldest available timestamp.`,
      )
    },
    expire: letGo,
    close() {
      for (const one of held) one.release()
      held = []
    },
  }

  async function takenAt(time: Timestamp): Promise<Held | undefined> {
    const present = await take()
    return compareTimestamps(present.time, time) <= 0 ? present : undefined
  }
}

/** The catalog as it is now, kept. */
function pastCatalog(catalog: Catalog): Catalog {
  const kept = new Map<number, { copy: Collection; indexes: Collection['indexes'] }>()
  const byName = new Map<string, Collection>()
  for (const db of catalog.databases()) {
    for (const real of catalog.collections(db)) {
      const copy = { ...real }
      kept.set(real.id, { copy, indexes: real.indexes })
      byName.set(`${real.db}.${real.name}`, copy)
    }
  }

  function same(was: Collection | undefined, is: Collection | undefined): Collection | undefined {
    if (!was && !is) return undefined
    const known = was && kept.get(was.id)
    if (known && is?.id === known.copy.id && is.indexes === known.indexes) return known.copy
    throw new CommandError(
      'SnapshotUnavailable',
      'Unable to read from a snapshot due to pending collection catalog changes; please retry the operation.',
    )
  }

  return {
    ...catalog,
    find: (db, name) => same(byName.get(`${db}.${name}`), catalog.find(db, name)),
    findById: (id) => same(kept.get(id)?.copy, catalog.findById(id)),
  }
}
