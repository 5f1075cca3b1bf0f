import type { FileSink, FileSource } from '../backups/files.js'

/** Files in memory, for tests of what writes and reads them. */
export interface MemoryFiles extends FileSink, FileSource {
  readonly files: Map<string, Buffer>
}

export function memoryFiles(): MemoryFiles {
  const files = new Map<string, Buffer>()
  return {
    files,
    async write(name, content) {
      const chunks: Buffer[] = []
      for await (const chunk of content) chunks.push(chunk)
      files.set(name, Buffer.concat(chunks))
    },
    async list() {
      return [...files].map(([name, { length }]) => ({ name, size: length }))
    },
    async *read(name) {
      const bytes = files.get(name)
      if (!bytes) throw new Error(`no file ${name}`)
      yield bytes
    },
  }
}
