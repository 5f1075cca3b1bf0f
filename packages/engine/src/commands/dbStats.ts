import { Double } from '@gantry/bson'
import { arg, optional, withDefault } from './args.js'
import { command } from './command.js'
import { integer, storageSize, totalIndexSize } from './sizes.js'

/** Counts and sizes of a database. */
export const dbStats = command({
  name: 'dbStats',
  aliases: ['dbstats'],
  help: 'Counts and sizes of a database',
  access: { action: 'dbStats', on: 'database' },
  args: { dbStats: arg.any, scale: withDefault(arg.scale, 1), freeStorage: optional(arg.any) },
  run({ catalog, db, store }, { scale }) {
    const all = catalog.collections(db)
    const collections = all.filter(({ options }) => !options.has('viewOn'))
    const sum = (of: (collection: (typeof all)[number]) => number) =>
      collections.reduce((total, collection) => total + of(collection), 0)
    const objects = sum(({ count }) => count)
    const dataSize = sum((collection) => collection.dataSize)
    const stored = sum(storageSize)
    const indexed = sum(totalIndexSize)
    const scaled = (size: number) => new Double(size / scale)
    return {
      db,
      collections: integer(collections.length),
      views: integer(all.length - collections.length),
      objects: integer(objects),
      avgObjSize: new Double(objects === 0 ? 0 : dataSize / objects),
      dataSize: scaled(dataSize),
      storageSize: scaled(stored),
      indexes: integer(sum(({ indexes }) => indexes.length)),
      indexSize: scaled(indexed),
      totalSize: scaled(stored + indexed),
      scaleFactor: integer(scale),
      fsUsedSize: scaled(store.fileSize()),
      fsTotalSize: scaled(store.fileSize()),
    }
  },
})
