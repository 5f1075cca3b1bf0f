import type { FileSink, FileSource } from './files.js'

/** Where backups are kept. A path is `INSTANCE/LABEL`. */
export interface BackupTarget {
  readonly kind: 'folder' | 's3'
  /** The files of the backup at a path; it is there with its first file. */
  files(path: string): FileSink & FileSource
  /** Removes a backup with whatever of it is there; removing what is not there does nothing. */
  remove(path: string): Promise<void>
  /** Where people find it, such as `/srv/gantry-data/backups/ID/20150827_0001` or `s3://bucket/ID/20150827_0001`. */
  locate(path: string): string
  /** Rejects with what is wrong when nothing can be kept there. */
  check(): Promise<void>
}
