import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

/** An archive that is read. */
export interface Archive {
  readonly body: Readable
  readonly size: number
}

/** The archives of a folder, by the ids of their jobs. */
export interface Archives {
  pathOf(id: string): string
  /** Undefined when there is none. */
  open(id: string): Promise<Archive | undefined>
  /** It may be gone already. */
  remove(id: string): Promise<void>
  /** Deletes what is of no job. */
  removeStray(isOfJob: (id: string) => Promise<boolean>): Promise<void>
}

/** The folder need not be there yet. */
export function archivesIn(folder: string): Archives {
  const pathOf = (id: string) => join(folder, `${id}.tar.gz`)
  return {
    pathOf,
    async open(id) {
      try {
        const file = await open(pathOf(id))
        const { size } = await file.stat()
        return { body: file.createReadStream(), size }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    remove: (id) => rm(pathOf(id), { force: true }),
    async removeStray(isOfJob) {
      const names = await readdir(folder).catch(() => [])
      for (const name of names) {
        const [id] = name.split('.')
        if (!(await isOfJob(id))) await rm(join(folder, name), { force: true })
      }
    },
  }
}
