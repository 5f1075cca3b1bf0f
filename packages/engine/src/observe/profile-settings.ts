import type { RawValue } from '@gantry/bson'
import type { DocumentPredicate } from '../query/filter.js'

/** 0: nothing; 1: what is slow, or what a filter takes; 2: everything. */
export type ProfileLevel = 0 | 1 | 2

/** Chooses operations by their profile documents, in place of `slowms` and `sampleRate`. */
export interface ProfileFilter {
  /** As it is shown. */
  readonly document: RawValue
  readonly matches: DocumentPredicate
}

/** What is profiled and what counts as slow. As in MongoDB nothing of it outlives the process. */
export interface ProfileSettings {
  /** Milliseconds from which on an operation is slow, in every database. */
  slowMs: number
  /** The part of the slow operations that is profiled and logged, in every database. */
  sampleRate: number
  level(db: string): ProfileLevel
  filter(db: string): ProfileFilter | undefined
  setLevel(db: string, level: ProfileLevel): void
  setFilter(db: string, filter: ProfileFilter | undefined): void
  /** A database is dropped: its settings go, too. */
  forget(db: string): void
  /** Some database has a level above zero or a filter. */
  readonly active: boolean
}

const DEFAULT_SLOW_MS = 100

interface DatabaseSettings {
  level: ProfileLevel
  filter: ProfileFilter | undefined
}

export function createProfileSettings(): ProfileSettings {
  const databases = new Map<string, DatabaseSettings>()

  function change(db: string, changes: Partial<DatabaseSettings>): void {
    const settings = { level: 0 as const, filter: undefined, ...databases.get(db), ...changes }
    if (settings.level === 0 && !settings.filter) databases.delete(db)
    else databases.set(db, settings)
  }

  return {
    slowMs: DEFAULT_SLOW_MS,
    sampleRate: 1,
    level: (db) => databases.get(db)?.level ?? 0,
    filter: (db) => databases.get(db)?.filter,
    setLevel: (db, level) => change(db, { level }),
    setFilter: (db, filter) => change(db, { filter }),
    forget: (db) => void databases.delete(db),
    get active() {
      return databases.size > 0
    },
  }
}
