import { ObjectId } from '@gantry/bson'
import type { State, Table } from './state.js'

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
  state: State,
  table: Table<R>,
): Promise<Records<R>> {
  await state.prepare(table)
  const byId = new Map<string, R>()
  const stored = await state.list(table)
  for (const record of stored.sort(byAge)) byId.set(record.id, record)
  return {
    all: () => [...byId.values()],
    get: (id) => byId.get(id),
    async insert(record) {
      await state.insert(table, record)
      byId.set(record.id, record)
    },
    async save(record) {
      await state.save(table, record)
      byId.set(record.id, record)
    },
    async delete(id) {
      const wasThere = await state.delete(table, new ObjectId(id))
      byId.delete(id)
      return wasThere
    },
    refresh: (record) => void byId.set(record.id, record),
  }
}

function byAge(a: Kept, b: Kept): number {
  return a.createdMs - b.createdMs || (a.id < b.id ? -1 : 1)
}
