import { v2 } from '@gantry/api'
import { Double, type Value, type Writable } from '@gantry/bson'
import { numberOf } from '../../control/reply.js'
import { route } from './route.js'
import { whole } from './values.js'

export const collectionRoutes = [
  route(v2.listCollections, async ({ control, instance, params: { database } }) => {
    await control.databases.stats(instance, database)
    return control.collections.list(instance, database)
  }),
  route(v2.createCollection, async ({ control, instance, params: { database }, body, noted }) => {
    await control.databases.stats(instance, database)
    const { name, shard_keys = [] } = body
    await control.collections.create(instance, { db: database, collection: name }, shard_keys)
    noted.collection = name
    return `Successfully added collection: '${name}' to database: '${database}'`
  }),
  route(v2.getCollection, async ({ control, instance, params: { database, collection } }) => {
    await control.databases.stats(instance, database)
    const stats = await control.collections.stats(instance, { db: database, collection })
    const [shard] = await control.shards.list(instance)
    return present(stats, shard.name)
  }),
]

/** Only these fields: scripts take any other with "size" in its name for the size. */
function present(stats: { readonly [field: string]: Writable }, shard: string) {
  const value = (field: string) => numberOf(stats[field] as Value | undefined)
  const count = (field: string) => whole(value(field))
  const primary = stats.primary
  return {
    ns: stats.ns,
    count: count('count'),
    size: count('size'),
    avgObjSize: new Double(value('avgObjSize')),
    storageSize: count('storageSize'),
    numExtents: count('numExtents'),
    nindexes: count('nindexes'),
    indexSizes: stats.indexSizes ?? {},
    totalIndexSize: count('totalIndexSize'),
    lastExtentSize: count('lastExtentSize'),
    paddingFactor: new Double(value('paddingFactor') || 1),
    systemFlags: count('systemFlags'),
    userFlags: count('userFlags'),
    ok: new Double(1),
    primary: typeof primary === 'string' ? primary : shard,
    sharded: stats.sharded === true,
  }
}
