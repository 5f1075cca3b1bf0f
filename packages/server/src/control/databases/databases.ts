import { type Doc, Double, decodeDocument, type Value, type Writable } from '@gantry/bson'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { saveUser } from '../users/users.js'

/** Databases that belong to MongoDB itself. */
export const SYSTEM_DATABASES: readonly string[] = ['admin', 'local', 'config']

/** A database with its `dbStats`. */
export interface DatabaseStats {
  readonly name: string
  readonly stats: { readonly [field: string]: Writable }
}

export interface Databases {
  /** All databases but MongoDB's own, by name; those made with `add` too while they are empty. */
  list(instance: Instance): Promise<DatabaseStats[]>
  /**
   * Makes a database, and users in it who may read and write there; a user who exists gets
   * the new password.
   */
  add(instance: Instance, name: string, users: ReadonlyMap<string, string>): Promise<void>
}

export function databasesOf(instances: InstanceRegistry): Databases {
  return {
    async list(instance) {
      const deployment = await instances.mongodb(instance)
      const listed = decodeDocument(
        await deployment.command('admin', { listDatabases: 1, nameOnly: true }),
      )
      const found = (listed.get('databases') as Doc[]).map((entry) => entry.get('name') as string)
      const names = new Set([...found, ...instance.databases])
      for (const name of SYSTEM_DATABASES) names.delete(name)
      const databases: DatabaseStats[] = []
      for (const name of [...names].sort()) {
        const stats = await deployment.command(name, { dbStats: 1 })
        databases.push({ name, stats: present(decodeDocument(stats)) })
      }
      return databases
    },
    async add(instance, name, users) {
      const deployment = await instances.mongodb(instance)
      for (const [user, password] of users) {
        await saveUser(deployment, { db: name, name: user, password, role: 'readWrite' })
      }
      await instances.addDatabase(instance, name)
    },
  }
}

/** The fields that servers of every age answered. */
function present(stats: Doc): { [field: string]: Writable } {
  const field = (name: string, otherwise: Value = 0) => stats.get(name) ?? otherwise
  return {
    objects: field('objects'),
    avgObjSize: field('avgObjSize', new Double(0)),
    dataSize: field('dataSize'),
    storageSize: field('storageSize'),
    numExtents: field('numExtents'),
    indexes: field('indexes'),
    indexSize: field('indexSize'),
    fileSize: field('fileSize', field('totalSize')),
    ok: new Double(1),
  }
}
