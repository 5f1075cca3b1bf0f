import type { DataSnapshot, SnapshotCollection } from '@gantry/engine'
import type { CollectionDescription, DumpSource } from '../../backups/dump.js'
import { type Dumpable, inDumpOrder, isDumped } from './dumped-collections.js'

/** A snapshot of the embedded engine as what is to be dumped. */
export function snapshotSource(snapshot: DataSnapshot, serverVersion: string): Dumpable {
  const byDescription = new Map<CollectionDescription, SnapshotCollection>()
  for (const collection of snapshot.collections.filter(isDumped)) {
    byDescription.set(describe(collection), collection)
  }
  const bytes = [...byDescription.values()].reduce((sum, { dataSize }) => sum + dataSize, 0)
  const source: DumpSource = {
    serverVersion,
    collections: inDumpOrder([...byDescription.keys()]),
    documents: (collection) => snapshot.chunks(byDescription.get(collection) as SnapshotCollection),
  }
  const lastChange = () => snapshot.operationTime
  return { source, bytes, consistency: 'snapshot', name: 'gantry', lastChange }
}

function describe({ db, name, options, indexes, uuid }: SnapshotCollection): CollectionDescription {
  const isView = options.has('viewOn')
  const type = isView ? 'view' : 'collection'
  return { db, name, type, options, indexes, ...(!isView && { uuid }) }
}
