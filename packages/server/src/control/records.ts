import { ObjectId } from '@gantry/bson'
import type { State, Table } from './state.js'

/** Reads anew what is kept of a collection, by its name; for servers that share a state. */
export type Reloads = Map<string, () => Promise<void>>

/** Where records are kept, and who is told how to read them anew. */
export interface Keeping {
  readonly state: State
  readonly reloads: Reloads
}

/** What all records have. */
export interface Kept {
  /** 24 hexadecimal digits. */
  readonly id: string
  readonly createdMs: number
}

/** All records of a table that is small enough to be held in memory, the oldest first. */
export interface Records<R extends Kept> {
  all(): readonly R[]
  get(id: string): R | undefined
  /** Rejects with `conflict` when a field that is unique is taken. */
  insert(record: R): Promise<void>
  /** Puts a record in the place of the one with its id, or behind all others. */
  save(record: R): Promise<void>
  /** Says whether there was one. */
  delete(id: string): Promise<boolean>
  /** Takes over what was written otherwise. */
  refresh(record: R): void
}

/** Makes what the table needs in the state, and reads it. */
export async function openRecords<R extends Kept>(
  { state, reloads }: Keeping,
  table: Table<R>,
): Promise<Records<R>> {
  await state.prepare(table)
  let byId = new Map<string, R>()
  /** How often they were changed here. */
  let changes = 0

  async function reload(): Promise<void> {
    let stored: R[]
    let before: number
    do {
      before = changes
      stored = await state.list(table)
      // What changed here meanwhile may be missing in what was read.
    } while (changes !== before)
    byId = new Map(stored.sort(byAge).map((record) => [record.id, record]))
  }

  function put(record: R): void {
    changes++
    byId.set(record.id, record)
  }

  await reload()
  reloads.set(table.collection, reload)
  return {
    all: () => [...byId.values()],
    get: (id) => byId.get(id),
    async insert(record) {
      await state.insert(table, record)
      put(record)
    },
    async save(record) {
      await state.save(table, record)
      put(record)
    },
    async delete(id) {
      const wasThere = await state.delete(table, new ObjectId(id))
      changes++
      byId.delete(id)
      return wasThere
    },
    refresh: put,
  }
}

function byAge(a: Kept, b: Kept): number {
  return a.createdMs - b.createdMs || (a.id < b.id ? -1 : 1)
}
