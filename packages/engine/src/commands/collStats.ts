import type { Writable } from '@gantry/bson'
import { capOf } from '../catalog/capped.js'
import type { Collection } from '../catalog/collection.js'
import { arg, withDefault } from './args.js'
import { type CommandContext, command } from './command.js'
import { indexSize, integer, storageSize, totalIndexSize } from './sizes.js'
import { notView } from './writable-collection.js'

/** Counts and sizes of a collection. One that does not exist has none. */
export const collStats = command({
  name: 'collStats',
  aliases: ['collstats'],
  help: 'Counts and sizes of a collection',
  access: { action: 'collStats', on: 'collection' },
  args: { collStats: arg.collectionName, scale: withDefault(arg.scale, 1) },
  run: (context, { collStats: name, scale }) => collectionStatistics(context, name, scale),
})

/** Counts and sizes as `collStats` answers them, divided by the scale. */
export function collectionStatistics(
  { catalog, db }: Pick<CommandContext, 'catalog' | 'db'>,
  name: string,
  scale: number,
): Readonly<Record<string, Writable>> {
  const ns = `${db}.${name}`
  const collection = catalog.find(db, name)
  const scaled = (size: number) => integer(size / scale)
  if (!collection) return noStatistics(ns, scale)
  const { count, dataSize, indexes } = notView(collection)
  return {
    ns,
    size: scaled(dataSize),
    count: integer(count),
    ...(count > 0 && { avgObjSize: integer(dataSize / count) }),
    numOrphanDocs: 0,
    storageSize: scaled(storageSize(collection)),
    freeStorageSize: 0,
    ...cappedStatistics(collection),
    nindexes: indexes.length,
    indexBuilds: indexes.filter(({ building }) => building).map((index) => index.name),
    totalIndexSize: scaled(totalIndexSize(collection)),
    totalSize: scaled(storageSize(collection) + totalIndexSize(collection)),
    indexSizes: new Map(indexes.map((index) => [index.name, scaled(indexSize(index))])),
    scaleFactor: integer(scale),
  }
}

function noStatistics(ns: string, scale: number): Readonly<Record<string, Writable>> {
  return {
    ns,
    size: 0,
    count: 0,
    numOrphanDocs: 0,
    storageSize: 0,
    totalSize: 0,
    nindexes: 0,
    totalIndexSize: 0,
    indexDetails: {},
    indexSizes: {},
    scaleFactor: integer(scale),
  }
}

function cappedStatistics(collection: Collection): Readonly<Record<string, Writable>> {
  const cap = capOf(collection)
  if (!cap) return { capped: false }
  const max = Number.isFinite(cap.max) ? integer(cap.max) : 0
  return { capped: true, max, maxSize: integer(cap.size) }
}
