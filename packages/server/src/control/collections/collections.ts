import { type Doc, Double, decodeDocument, type Value, type Writable } from '@gantry/bson'
import { AppError, isDatabaseError } from '../../errors.js'
import type { Deployment } from '../../services/deployment.js'
import type { Namespace } from '../documents/documents.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { ask } from '../reply.js'
import { isSharded } from '../shards/shards.js'
import { textIn } from '../state.js'

export interface Collections {
  /** `collStats` of a collection and whether it is sharded. Rejects with `not_found` when it does not exist. */
  stats(instance: Instance, namespace: Namespace): Promise<{ [field: string]: Writable }>
  /** Makes an index over one field (dotted: within documents); does nothing when it is there. */
  createIndex(
    instance: Instance,
    namespace: Namespace,
    field: string,
    direction: 1 | -1,
  ): Promise<void>
  /** The names of all collections of a database, by name, but those that are MongoDB's own. */
  list(instance: Instance, db: string): Promise<string[]>
  /**
   * Makes a collection, sharded by these keys where the instance is sharded. Rejects with
   * `conflict` when it is there.
   */
  create(instance: Instance, namespace: Namespace, keys: readonly ShardKey[]): Promise<void>
}

/** A field that a sharded collection is spread by. */
export interface ShardKey {
  readonly key: string
  readonly hashed: boolean
}

export function collectionsOf({ mongodb }: InstanceRegistry): Collections {
  return {
    async stats(instance, { db, collection }) {
      const deployment = await mongodb(instance)
      if (!(await exists(deployment, db, collection)))
        throw new AppError('not_found', 'collection not found')
      return present(await ask(deployment, db, { collStats: collection }))
    },
    async createIndex(instance, { db, collection }, field, direction) {
      const deployment = await mongodb(instance)
      const index = { key: new Map([[field, direction]]), name: `${field}_${direction}` }
      await deployment.command(db, { createIndexes: collection, indexes: [index] })
    },
    async list(instance, db) {
      const names: string[] = []
      const deployment = await mongodb(instance)
      const list = { listCollections: 1, nameOnly: true }
      for await (const batch of deployment.batches(db, list)) {
        for (const { buf, at } of batch) names.push(textIn(decodeDocument(buf, at), 'name'))
      }
      return names.filter((name) => !name.startsWith('system.')).sort()
    },
    async create(instance, { db, collection }, keys) {
      const deployment = await mongodb(instance)
      // To make the same again is no error to MongoDB.
      if (await exists(deployment, db, collection)) throw taken(collection)
      await deployment.command(db, { create: collection }).catch((error: unknown) => {
        throw isDatabaseError(error, 'NamespaceExists') ? taken(collection) : error
      })
      if (keys.length === 0 || !(await isSharded(deployment))) return
      const key = new Map(keys.map(({ key, hashed }) => [key, hashed ? 'hashed' : 1]))
      await deployment.command('admin', { enableSharding: db })
      await deployment.command('admin', { shardCollection: `${db}.${collection}`, key })
    },
  }
}

async function exists(deployment: Deployment, db: string, collection: string): Promise<boolean> {
  const list = { listCollections: 1, filter: { name: collection }, nameOnly: true }
  for await (const batch of deployment.batches(db, list)) if (batch.length > 0) return true
  return false
}

function taken(collection: string): AppError {
  return new AppError('conflict', `collection "${collection}" already exists`)
}

/** What servers of every age answered, with zeros for what newer ones do not count. */
function present(stats: Doc): { [field: string]: Writable } {
  const old = { avgObjSize: new Double(0), numExtents: 1, flags: 1 }
  const fields: { [field: string]: Value } = {}
  for (const [name, value] of stats) fields[name] = value
  return { ...old, ...fields, ok: new Double(1), sharded: stats.get('sharded') === true }
}
