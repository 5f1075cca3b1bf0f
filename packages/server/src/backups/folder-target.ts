import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { syncFolder } from '../data-dir/private-file.js'
import { AppError } from '../errors.js'
import type { FileEntry, FileSink, FileSource } from './files.js'
import type { BackupTarget } from './target.js'

/** Ends the names of files that are not whole yet. */
const PARTIAL = '.partial'
const READ = 256 * 1024

/** Backups in a folder, which is made when it is missing. Only its owner may look into it. */
export function folderTarget(root: string): BackupTarget {
  const place = (path: string) => inside(root, path)
  return {
    kind: 'folder',
    files: (path) => folderFiles(place(path)),
    async remove(path) {
      await rm(place(path), { recursive: true, force: true })
      await mkdir(dirname(place(path)), { recursive: true, mode: 0o700 })
      await syncFolder(dirname(place(path)))
    },
    locate: place,
    async check() {
      await mkdir(root, { recursive: true, mode: 0o700 })
    },
  }
}

/** The files in a folder and those below it. */
export function folderFiles(folder: string): FileSink & FileSource {
  return {
    async write(name, content) {
      const path = inside(folder, name)
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await writeWhole(path, content)
    },
    async list() {
      const options = { recursive: true, withFileTypes: true } as const
      const entries = await readdir(folder, options).catch(noneWithout)
      const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith(PARTIAL))
      const listed = files.map(async (entry): Promise<FileEntry> => {
        const path = join(entry.parentPath, entry.name)
        const name = path.slice(folder.length + 1).replaceAll(sep, '/')
        return { name, size: (await stat(path)).size }
      })
      return (await Promise.all(listed)).sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    read: (name) => readWhole(inside(folder, name), name),
  }
}

/** What is not there has no files. */
function noneWithout(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return []
  throw error
}

/** On disk under its name only when it is whole. */
async function writeWhole(path: string, content: AsyncIterable<Buffer>): Promise<void> {
  // Short, as a name may be as long as any can be already.
  const short = createHash('sha1').update(basename(path)).digest('hex')
  const partial = join(dirname(path), `.${short}${PARTIAL}`)
  // Removed first, as the mode counts only for a file that is made.
  await rm(partial, { force: true })
  const file = await open(partial, 'wx', 0o600)
  try {
    for await (const chunk of content) await file.writeFile(chunk)
    await file.sync()
  } catch (error) {
    await file.close()
    await rm(partial, { force: true })
    throw error
  }
  await file.close()
  await rename(partial, path)
  await syncFolder(dirname(path))
}

async function* readWhole(path: string, name: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: READ })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new AppError('not_found', `the file ${name} of the backup is missing`)
  }
}

function inside(root: string, path: string): string {
  const absolute = resolve(root, path)
  if (absolute.startsWith(resolve(root) + sep)) return absolute
  throw new AppError('invalid', `"${path}" leads out of the folder of the backups`)
}
