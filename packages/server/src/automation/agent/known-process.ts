/** What is known of a process of the goal document before anything is done with it. */

/** With what a process was last started. */
export interface StartedAs {
  readonly version: string
  /** Stands for its configuration; see `Wanted`. */
  readonly settings: string
  /** Whether it demands credentials. */
  readonly auth: boolean
}

/** Things done once, each by the value that stood for it when it was done. */
export interface Done {
  readonly restart?: string
  readonly resync?: string
  readonly compact?: string
  /** Of its replica set, shards, users or indexes, as they were last seen to. */
  readonly set?: string
  readonly shards?: string
  readonly compatibility?: string
  readonly auth?: string
  readonly indexes?: string
}

export interface KnownProcess {
  readonly alive: boolean
  /** Undefined: it was never started here. */
  readonly started?: StartedAs
  readonly done: Done
}

/** A process that nobody has started yet. */
export const unknownProcess: KnownProcess = { alive: false, done: {} }
