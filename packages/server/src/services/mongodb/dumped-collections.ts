import type { Timestamp } from '@gantry/bson'
import { type CollectionDescription, type DumpSource, namespaceOf } from '../../backups/dump.js'
import type { Consistency } from '../backup.js'

/** What is to be dumped, with what a backup says of it. */
export interface Dumpable {
  readonly source: DumpSource
  /** About how many bytes there are. */
  readonly bytes: number
  readonly consistency: Consistency
  /** Of the replica set or cluster. */
  readonly name: string
  /** The last change in it, known when all of it has been read. */
  readonly lastChange: () => Timestamp | undefined
}

export const USERS = 'admin.system.users'
export const ROLES = 'admin.system.roles'
export const VERSION = 'admin.system.version'

const OF_SYSTEM: ReadonlySet<string> = new Set([USERS, ROLES, VERSION])

/** Whether mongodump takes a collection: what a server keeps for itself it leaves out. */
export function isDumped(collection: Pick<CollectionDescription, 'db' | 'name'>): boolean {
  const { db, name } = collection
  if (db === 'local' || db === 'config') return false
  if (OF_SYSTEM.has(namespaceOf(collection))) return true
  if (db === 'admin') return !name.startsWith('system.') && !/^temp(users|roles)$/.test(name)
  return !name.startsWith('system.') || name === 'system.js'
}

/** By namespace, but users and roles first: mongorestore wants them so in an archive. */
export function inDumpOrder(
  collections: readonly CollectionDescription[],
): CollectionDescription[] {
  const rank = (collection: CollectionDescription) =>
    `${OF_SYSTEM.has(namespaceOf(collection)) ? 0 : 1}${namespaceOf(collection)}`
  return [...collections].sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
}
