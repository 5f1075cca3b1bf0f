import { v2 } from '@gantry/api'
import { type Doc, Double, type Value, type Writable } from '@gantry/bson'
import { docsIn, numberOf } from '../../control/reply.js'
import { route, type V2Call } from './route.js'
import { shardText } from './shard-text.js'
import { whole } from './values.js'

export const databaseRoutes = [
  route(v2.listDatabases, async ({ control, instance }) => {
    const names = await control.databases.names(instance)
    return Promise.all(
      names.map(async (name) => summary(name, await control.databases.stats(instance, name))),
    )
  }),
  route(v2.createDatabase, async (call) => {
    const { name, username, password } = call.body
    await call.control.databases.add(call.instance, name, new Map([[username, password]]))
    Object.assign(call.noted, { database: name, targetUsername: username })
    return statsOf(call, name)
  }),
  route(v2.getDatabase, (call) => statsOf(call, call.params.database)),
  route(v2.deleteDatabase, async ({ control, instance, params: { database } }) => {
    await control.databases.delete(instance, database)
    return `Successfully deleted Database "${database}" from Instance "${instance.name}".`
  }),
  route(v2.getAggregateDatabaseStats, ({ control, instance }) => aggregateStats(control, instance)),
]

type Place = Pick<V2Call<typeof v2.getDatabase>, 'control' | 'instance'>

/** What all databases of an instance take together. */
export async function aggregateStats(control: Place['control'], instance: Place['instance']) {
  const names = await control.databases.names(instance)
  const all = await Promise.all(names.map((name) => control.databases.stats(instance, name)))
  const sum = (field: string) => all.reduce((total, stats) => total + numberOf(stats.get(field)), 0)
  const files = all.reduce((total, stats) => total + fileSize(stats), 0)
  const [objects, dataSize] = [sum('objects'), sum('dataSize')]
  return {
    avgObjSize: whole(objects === 0 ? 0 : dataSize / objects),
    dataSize: whole(dataSize),
    fileSize: whole(files),
    indexSize: whole(sum('indexSize')),
    indexes: whole(sum('indexes')),
    nsSize: whole(sum('nsSizeMB') * MEBIBYTE),
    numExtents: whole(sum('numExtents')),
    objects: whole(objects),
    storageSize: whole(sum('storageSize')),
  }
}

const MEBIBYTE = 1024 * 1024

function summary(name: string, stats: Doc) {
  const count = (field: string) => whole(numberOf(stats.get(field)))
  return {
    name,
    object_count: count('objects'),
    average_object_size_in_bytes: new Double(numberOf(stats.get('avgObjSize'))),
    collection_count: count('collections'),
    data_size_in_bytes: count('dataSize'),
    storage_size_in_bytes: count('storageSize'),
    index_count: count('indexes'),
    index_size_in_bytes: count('indexSize'),
    file_size_in_bytes: whole(fileSize(stats)),
  }
}

async function statsOf({ control, instance }: Place, name: string): Promise<Writable> {
  const stats = await control.databases.stats(instance, name)
  const count = (field: string) => whole(numberOf(stats.get(field)))
  return {
    avgObjSize: new Double(numberOf(stats.get('avgObjSize'))),
    dataSize: count('dataSize'),
    storageSize: count('storageSize'),
    numExtents: count('numExtents'),
    nsSize: whole(numberOf(stats.get('nsSizeMB')) * MEBIBYTE),
    objects: count('objects'),
    indexes: count('indexes'),
    indexSize: count('indexSize'),
    fileSize: whole(fileSize(stats)),
    extentFreeList: { num: 0, totalSize: 0 },
    ok: new Double(1),
    raw: await byShard({ control, instance }, stats),
  }
}

/** A cluster tells of each of its shards; anything else is one shard. */
async function byShard({ control, instance }: Place, stats: Doc): Promise<Writable> {
  const raw = stats.get('raw')
  if (raw instanceof Map) return new Map([...raw].map(([shard, of]) => [shard, shardStats(of)]))
  const [shard] = await control.shards.list(instance)
  return new Map([[shardText(shard), shardStats(stats)]])
}

/** With what only servers of old had, of which there is none now. */
function shardStats(stats: Value): Writable {
  const [fields] = docsIn([stats])
  const old = { nsSizeMB: 0, dataFileVersion: { major: 0, minor: 0 } }
  return { ...old, ...Object.fromEntries(fields) }
}

function fileSize(stats: Doc): number {
  return numberOf(stats.get('fileSize') ?? stats.get('totalSize'))
}
