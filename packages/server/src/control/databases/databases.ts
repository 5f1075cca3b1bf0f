import { type Doc, Double, type Value, type Writable } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Deployment } from '../../services/deployment.js'
import { saveUser } from '../../services/mongodb/users.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { ask, docsIn } from '../reply.js'

/** Databases that belong to MongoDB itself. */
export const SYSTEM_DATABASES: readonly string[] = ['admin', 'local', 'config']

/** A database with its `dbStats`. */
export interface DatabaseStats {
  readonly name: string
  readonly stats: { readonly [field: string]: Writable }
}

export interface Databases {
  /** The names of those that `list` lists. */
  names(instance: Instance): Promise<string[]>
  /** All databases but MongoDB's own, by name; those made with `add` too while they are empty. */
  list(instance: Instance): Promise<DatabaseStats[]>
  /**
   * Makes a database, and users in it who may read and write there; a user who exists gets
   * the new password.
   */
  add(instance: Instance, name: string, users: ReadonlyMap<string, string>): Promise<void>
  /** The whole `dbStats` of a database. Rejects with `not_found` when `names` does not have it. */
  stats(instance: Instance, name: string): Promise<Doc>
  /** Deletes a database with its users; rejects as `stats` does. */
  delete(instance: Instance, name: string): Promise<void>
}

export function databasesOf(instances: InstanceRegistry): Databases {
  /** Whoever holds an instance may hold it from before a database was made. */
  const latest = (instance: Instance) => instances.byId(instance.id) ?? instance

  async function existing(instance: Instance, name: string): Promise<Deployment> {
    const deployment = await instances.mongodb(instance)
    const names = await userDatabases(deployment, latest(instance))
    if (!names.includes(name)) throw new AppError('not_found', 'database not found')
    return deployment
  }

  return {
    names: async (instance) => userDatabases(await instances.mongodb(instance), latest(instance)),
    async list(instance) {
      const deployment = await instances.mongodb(instance)
      const databases: DatabaseStats[] = []
      for (const name of await userDatabases(deployment, latest(instance))) {
        databases.push({ name, stats: present(await ask(deployment, name, { dbStats: 1 })) })
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
    async stats(instance, name) {
      return ask(await existing(instance, name), name, { dbStats: 1 })
    },
    async delete(instance, name) {
      const deployment = await existing(instance, name)
      await deployment.command(name, { dropAllUsersFromDatabase: 1 })
      await deployment.command(name, { dropDatabase: 1 })
      await instances.forgetDatabase(instance, name)
    },
  }
}

/** All databases that hold something, MongoDB's own included. */
export async function databaseNames(deployment: Deployment): Promise<string[]> {
  const listed = await ask(deployment, 'admin', { listDatabases: 1, nameOnly: true })
  return docsIn(listed.get('databases')).map((entry) => entry.get('name') as string)
}

/** The databases that `list` lists. */
export async function userDatabases(
  deployment: Deployment,
  { databases }: Instance,
): Promise<string[]> {
  const names = new Set([...(await databaseNames(deployment)), ...databases])
  for (const name of SYSTEM_DATABASES) names.delete(name)
  return [...names].sort()
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
