import { join } from 'node:path'
import { readFileIfThere, writePrivateFile } from '../../data-dir/private-file.js'
import { AppError } from '../../errors.js'
import type { Done, StartedAs } from './known-process.js'

/** How a process was last launched. */
export interface Launched extends StartedAs {
  /** It is the embedded engine. */
  readonly isEngine: boolean
  /** Undefined for a router. */
  readonly dbPath?: string
}

/** What the agent keeps of a process in a file beside it, to go on from after its own death. */
export interface AgentRecord {
  /** Written before the launch: a process that is found running runs so. */
  readonly launched?: Launched
  readonly done: Done
  /** Each index that was built, as it stood in the document. */
  readonly indexes: readonly string[]
  /** Each user that a document has wanted, as `db.user`, and that may be there. */
  readonly users?: readonly string[]
  /** The last version of the document that was reached wholly. */
  readonly achieved: number
}

const FILE = 'agent.json'
const emptyRecord: AgentRecord = { done: {}, indexes: [], achieved: 0 }

/** Rejects with `unavailable` when the file is damaged. */
export async function readAgentRecord(folder: string): Promise<AgentRecord> {
  const path = join(folder, FILE)
  const text = await readFileIfThere(path)
  if (text === undefined) return emptyRecord
  try {
    return JSON.parse(text) as AgentRecord
  } catch (cause) {
    throw new AppError('unavailable', `${path} is damaged: restore it from a copy`, {}, { cause })
  }
}

export function writeAgentRecord(folder: string, record: AgentRecord): Promise<void> {
  return writePrivateFile(join(folder, FILE), JSON.stringify(record))
}
