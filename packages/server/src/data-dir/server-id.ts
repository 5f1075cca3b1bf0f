import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readFileIfThere, writePrivateFile } from './private-file.js'

/** The id of the server that has a data directory, the same at each start: 24 hexadecimal digits. */
export function keepServerId(dataDir: string): Promise<string> {
  return keepId(dataDir, 'server-id')
}

/** The id in a file of a folder, which is drawn when there is none yet. */
export async function keepId(folder: string, name: string): Promise<string> {
  const path = join(folder, name)
  const kept = (await readFileIfThere(path))?.trim()
  if (kept !== undefined && /^[0-9a-f]{24}$/.test(kept)) return kept
  const id = randomBytes(12).toString('hex')
  await writePrivateFile(path, `${id}\n`)
  return id
}
