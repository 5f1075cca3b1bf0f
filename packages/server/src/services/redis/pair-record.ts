import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readFileIfThere, writePrivateFile } from '../../data-dir/private-file.js'

/** The two processes of an instance. Either may be the primary. */
export type NodeName = 'a' | 'b'

export const otherNode = (name: NodeName): NodeName => (name === 'a' ? 'b' : 'a')

/** What must outlive a crash; on disk before anything is done that relies on it. */
export interface PairRecord {
  readonly primary: NodeName
  /** Counts promotions. */
  readonly term: number
  /** Whether the replica held all that the primary had answered, when last looked at, and kept it on disk. */
  readonly inSync: boolean
  readonly ports: { readonly [N in NodeName]: number }
  /** Of our own user. */
  readonly ownPassword: string
  /** A node whose data are to be replaced by those that are laid out beside them. */
  readonly restoring?: NodeName
}

const recordPath = (folder: string) => join(folder, 'pair.json')

/** The record of an instance's folder; undefined when it is new. */
export async function readPairRecord(folder: string): Promise<PairRecord | undefined> {
  const text = await readFileIfThere(recordPath(folder))
  return text === undefined ? undefined : (JSON.parse(text) as PairRecord)
}

/** On disk when this resolves. */
export function writePairRecord(folder: string, record: PairRecord): Promise<void> {
  return writePrivateFile(recordPath(folder), `${JSON.stringify(record)}\n`)
}

export function newPairRecord(ports: PairRecord['ports']): PairRecord {
  const ownPassword = randomBytes(24).toString('hex')
  return { primary: 'a', term: 0, inSync: false, ports, ownPassword }
}
