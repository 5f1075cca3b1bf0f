import { type Doc, Double, type Value, type Writable } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Namespace } from '../documents/documents.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { ask } from '../reply.js'

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
}

export function collectionsOf({ mongodb }: InstanceRegistry): Collections {
  return {
    async stats(instance, { db, collection }) {
      const deployment = await mongodb(instance)
      const list = { listCollections: 1, filter: { name: collection }, nameOnly: true }
      let exists = false
      for await (const _batch of deployment.batches(db, list)) exists = true
      if (!exists) throw new AppError('not_found', 'collection not found')
      return present(await ask(deployment, db, { collStats: collection }))
    },
    async createIndex(instance, { db, collection }, field, direction) {
      const deployment = await mongodb(instance)
      const index = { key: new Map([[field, direction]]), name: `${field}_${direction}` }
      await deployment.command(db, { createIndexes: collection, indexes: [index] })
    },
  }
}

/** What servers of every age answered, with zeros for what newer ones do not count. */
function present(stats: Doc): { [field: string]: Writable } {
  const old = { avgObjSize: new Double(0), numExtents: 1, flags: 1 }
  const fields: { [field: string]: Value } = {}
  for (const [name, value] of stats) fields[name] = value
  return { ...old, ...fields, ok: new Double(1), sharded: false }
}
