/**
 * Temporary files of queries that need more memory than they may have. They lie in a folder
 * of their own, which is emptied whenever the engine starts: what a crash leaves is gone then.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { CommandError } from '../errors.js'
import { createSpillFile } from './spill-file.js'
import { MEMORY_LIMIT, type SpillFile, type SpillUse } from './working-memory.js'

export interface SpillStore {
  /** What queries may hold in memory before they spill, and whether they may when they do not say. */
  readonly settings: { sortBytes: number; groupBytes: number; allowDiskUseByDefault: boolean }
  /** Files made so far. */
  readonly files: Readonly<Record<SpillUse, number>>
  /** A place for the files of one query. */
  space(): SpillSpace
  /** Drops all files; resolves when they are gone. */
  close(): Promise<void>
}

export interface SpillSpace {
  create(use: SpillUse): SpillFile
  /** Drops all its files; may be called twice. There can be no new ones. */
  close(): void
}

/** Empties the folder; it is made again with the first file. */
export function openSpillStore(folder: string): SpillStore {
  rmSync(folder, { recursive: true, force: true })
  const spaces = new Set<SpillSpace>()
  const removals = new Set<Promise<void>>()
  const files = { sort: 0, group: 0 }
  let created = 0
  let closed = false

  function dropped(gone: Promise<void>): void {
    removals.add(gone)
    const settled = () => removals.delete(gone)
    // A file that cannot be removed now is when the engine starts again.
    gone.then(settled, settled)
  }

  function space(): SpillSpace {
    const own = new Set<SpillFile>()
    let open = !closed
    const made: SpillSpace = {
      create(use) {
        if (!open) throw new CommandError('CursorKilled', 'cursor was killed')
        if (own.size === 0) {
          mkdirSync(folder, { recursive: true, mode: 0o700 })
          spaces.add(made)
        }
        const file = createSpillFile(join(folder, `${++created}.tmp`), (gone) => {
          own.delete(file)
          if (own.size === 0) spaces.delete(made)
          dropped(gone)
        })
        own.add(file)
        files[use]++
        return file
      },
      close() {
        open = false
        for (const file of own) file.drop()
      },
    }
    return made
  }

  return {
    settings: { sortBytes: MEMORY_LIMIT, groupBytes: MEMORY_LIMIT, allowDiskUseByDefault: true },
    files,
    space,
    async close() {
      closed = true
      for (const each of spaces) each.close()
      await Promise.allSettled(removals)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
