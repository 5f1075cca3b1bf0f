import type { RawValue, Timestamp, Writable } from '@gantry/bson'

/** What an update may ask of its surroundings while it is applied to one document. */
export interface UpdateContext {
  /** The array position that the query matched, for the positional `$`; absent or undefined when there is none. */
  readonly matchedIndex?: () => number | undefined
  /** Whether the document is about to be inserted by an upsert. */
  readonly inserting: boolean
  /** Milliseconds since 1970 UTC. */
  readonly now: () => bigint
  /** The next timestamp of the oplog's clock; without it `$currentDate` makes one from `now`. */
  readonly nextTimestamp?: () => Timestamp
}

/** One application of an update to one document. */
export interface UpdateRun {
  readonly buf: Buffer
  /** Where the document as it was before the update begins. */
  readonly doc: number
  readonly context: UpdateContext
  /** The names on the way from the document to the field at hand. */
  readonly path: string[]
  /** What each `$rename` found under its old name. */
  readonly renamed: ReadonlyMap<Modifier, RawValue>
}

/** Says that a field goes away; in an array null takes its place. */
export const REMOVED = Symbol('removed')

/** What one update operator does to one field. */
export interface Modifier {
  readonly kind: 'modifier'
  /** The operator's name, `$set` for one. */
  readonly operator: string
  /** The new value of a field that exists; undefined leaves it as it is. */
  update(current: RawValue, run: UpdateRun): Writable | typeof REMOVED | undefined
  /** The value of a field that does not exist; undefined creates none. */
  create(run: UpdateRun): Writable | undefined
  /** Whether `create` will have a value, so that the path to the field must be made. */
  creates(run: UpdateRun): boolean
  /** What a path means that a scalar blocks, to an operator that creates nothing: an error, or nothing to do. */
  readonly blocked: 'error' | 'ignore'
  /** How many levels of documents and arrays the value brings along below its field. */
  readonly depth: number
}

/** The rest of a modifier that acts on fields that exist and creates none. */
export const createsNothing = {
  create: () => undefined,
  creates: () => false,
  blocked: 'error',
  depth: 0,
} as const

/** The dotted path to the field at hand. */
export function currentPath(run: UpdateRun): string {
  return run.path.join('.')
}

/** The last name of the path to the field at hand. */
export function currentName(run: UpdateRun): string {
  return run.path[run.path.length - 1]
}
