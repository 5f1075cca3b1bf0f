/**
 * Where the files of a backup are written to and read from, be it a folder or a bucket.
 *
 * Names are relative, with slashes between their parts. A file is there when `write` has
 * resolved, and not before: what was cut off is never taken for a file.
 */

/** Takes the files of one backup. */
export interface FileSink {
  /** Writes a file, for which the memory of a few chunks suffices; rejects with what the content throws. */
  write(name: string, content: AsyncIterable<Buffer>): Promise<void>
}

export interface FileEntry {
  readonly name: string
  readonly size: number
}

/** Gives the files of one backup. */
export interface FileSource {
  /** All files, in order of their names. */
  list(): Promise<FileEntry[]>
  /** The content of a file; rejects with `not_found` when it is not there. */
  read(name: string): AsyncIterable<Buffer>
}
