/**
 * What a service does for backups. Where the files go and when, what is kept and for how
 * long, is decided above; a service only writes what it is made of and reads it back.
 */

/** How files of MongoDB are laid out: as one archive, or as a folder with files for each collection. */
export type BackupLayout = 'archive' | 'directory'

export interface BackupOptions {
  /** Stands in the names of the files, such as `20150827_0001`. */
  readonly label: string
  /** For services that have both. */
  readonly layout: BackupLayout
  readonly gzip: boolean
  /** Stops the work, which then rejects with the reason. */
  readonly signal: AbortSignal
  /** From 0 to 1. */
  progress(done: number): void
}

/** Which state a backup holds. */
export type Consistency =
  /** The one at a moment, whatever was written meanwhile. */
  | 'snapshot'
  /** The one at the end of the backup, which restoring reaches by going through the oplog. */
  | 'oplog'
  /** Each part as it was when it was read: together they may never have existed. */
  | 'parts'

/** Documents of a collection, keys of a database, an index: whatever the service counts. */
export interface BackupCount {
  readonly name: string
  readonly documents: number
  readonly bytes: number
  /** SHA-256 over the content as it was read, in hexadecimal; absent where the order is not fixed. */
  readonly sha256?: string
}

/** What a backup holds, by which it can be verified. */
export interface BackupContent {
  /** Such as `mongodump archive, gzip`. */
  readonly format: string
  /** Of the database that it comes from. */
  readonly serverVersion: string
  readonly consistency: Consistency
  /** The file (or folder, with a slash behind it) of each shard or process, by its name. */
  readonly parts: Readonly<Record<string, string>>
  readonly counts: readonly BackupCount[]
  /** Bytes before compression. */
  readonly bytes: number
  /** The last change that is in it, as an oplog counts them; absent where there is none to say so. */
  readonly lastChange?: ChangeTime
}

/** A point in an oplog. */
export interface ChangeTime {
  /** Since 1970. */
  readonly seconds: number
  /** Which change within the second, from 1. */
  readonly increment: number
}

export interface RestoreOptions {
  /** Bytes before compression, for the progress; 0 when unknown. */
  readonly bytes: number
  /** Whether users and roles are restored, too; the instance's own user stays in any case. */
  readonly users: boolean
  /** Whether changes that are kept beside the data, such as an oplog, are gone through. Default: true. */
  readonly changes?: boolean
  readonly signal: AbortSignal
  /** From 0 to 1. */
  progress(done: number): void
}

export interface RestoreReport {
  readonly counts: readonly BackupCount[]
  /** What could not be restored as it was, in words; the data are all there. */
  readonly warnings: readonly string[]
}
