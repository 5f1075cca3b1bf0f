import type { Dump } from '../../backups/dump.js'
import { DamagedDump } from '../../backups/dump.js'
import type { FileSource } from '../../backups/files.js'
import { gunzipped } from '../../backups/gzip.js'
import { openArchive } from '../../backups/read-archive.js'
import { openDirectory } from '../../backups/read-directory.js'

const ARCHIVE = /\.archive(\.gz)?$/

/** Opens the dump among the files of a backup, be it an archive or a folder, at the top or one level below. */
export async function openDump(source: FileSource): Promise<Dump> {
  const names = (await source.list()).map(({ name }) => name)
  const archives = names.filter((name) => ARCHIVE.test(name))
  if (archives.length > 1) {
    throw new DamagedDump(
      `there are several archives, and only one can be read: ${archives.join(', ')}`,
    )
  }
  const [archive] = archives
  if (archive !== undefined) {
    const bytes = source.read(archive)
    return openArchive(archive.endsWith('.gz') ? gunzipped(bytes) : bytes)
  }
  const top = commonFolder(names)
  return openDirectory(top === undefined ? source : below(source, top))
}

/** The folder in which all the files of databases are, when it is not the top. */
function commonFolder(names: readonly string[]): string | undefined {
  const folders = new Set(
    names.filter((name) => name.includes('/')).map((name) => name.split('/')[0]),
  )
  const [folder] = folders
  const deep = names.some((name) => name.split('/').length === 3)
  return folders.size === 1 && deep ? folder : undefined
}

function below(source: FileSource, folder: string): FileSource {
  const prefix = `${folder}/`
  return {
    async list() {
      const files = (await source.list()).filter(({ name }) => name.startsWith(prefix))
      return files.map(({ name, size }) => ({ name: name.slice(prefix.length), size }))
    },
    read: (name) => source.read(prefix + name),
  }
}
