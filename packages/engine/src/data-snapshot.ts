import type { Doc, Timestamp } from '@gantry/bson'
import type { Collection } from './catalog/collection.js'
import { scanRecords } from './catalog/records.js'
import { storedCollections } from './catalog/stored.js'
import { latestLogged } from './oplog/oplog.js'
import type { Store } from './storage/store.js'

/** A collection or view as it is in a snapshot. */
export interface SnapshotCollection {
  readonly db: string
  readonly name: string
  /** As `create` takes them; with `viewOn` it is a view. */
  readonly options: Doc
  /** As `listIndexes` shows them, those that are ready; none for a view. */
  readonly indexes: readonly Doc[]
  /** Sixteen bytes. */
  readonly uuid: Buffer
  /** Number of documents. */
  readonly count: number
  /** Bytes of all documents. */
  readonly dataSize: number
}

/** Documents in the order of their insertion, one behind the other. */
export interface SnapshotChunk {
  readonly bytes: Buffer
  readonly count: number
}

/**
 * All data of an engine as they are at one moment, whatever is written meanwhile: what a backup
 * is made of. Pages that it still needs cannot be used again, so the file grows by what is
 * written while it is held; release it soon.
 */
export interface DataSnapshot {
  /** In order of their namespaces. */
  readonly collections: readonly SnapshotCollection[]
  /** The time of the last change in it; undefined when nothing was ever changed. */
  readonly operationTime: Timestamp | undefined
  /** The documents of one of the collections; others use the event loop between the chunks. */
  chunks(collection: SnapshotCollection): AsyncIterable<SnapshotChunk>
  release(): void
}

/** Copied in well below a millisecond, and large enough for little overhead. */
const CHUNK = 512 * 1024

/** Takes a snapshot that has every write answered so far. Whoever takes it releases it. */
export async function takeSnapshot(store: Store): Promise<DataSnapshot> {
  // Behind every write under way, as lmdb would else show the state from before them.
  await store.write(() => {})
  const view = store.snapshot()
  const stored = new Map<SnapshotCollection, Collection>()
  for (const collection of storedCollections(view)) stored.set(describe(collection), collection)
  const latest = latestLogged(view)
  let released = false
  return {
    collections: [...stored.keys()],
    operationTime: latest.t > 0 ? latest : undefined,
    async *chunks(described) {
      const collection = stored.get(described)
      if (!collection) throw new TypeError('not a collection of this snapshot')
      let after: number | undefined
      for (;;) {
        if (released) throw new Error('the snapshot has been released')
        const writer = new ChunkWriter()
        scanRecords(view, collection, { after }, (recordId, { value, size }) => {
          if (!writer.add(value, size)) return false
          after = recordId
          return true
        })
        if (writer.count === 0) return
        yield writer.take()
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
    release() {
      if (released) return
      released = true
      view.release()
    },
  }
}

function describe({ db, name, options, indexes, uuid, count, dataSize }: Collection) {
  const ready = indexes.filter(({ building }) => !building).map(({ spec }) => spec)
  return { db, name, options, indexes: ready, uuid, count, dataSize }
}

/** Takes documents as long as there is room; the first has always room. */
class ChunkWriter {
  private bytes: Buffer | undefined
  private length = 0
  count = 0

  add(value: Buffer, size: number): boolean {
    this.bytes ??= Buffer.allocUnsafeSlow(Math.max(size, CHUNK))
    if (this.length + size > this.bytes.length) return false
    value.copy(this.bytes, this.length, 0, size)
    this.length += size
    this.count++
    return true
  }

  take(): SnapshotChunk {
    return { bytes: (this.bytes as Buffer).subarray(0, this.length), count: this.count }
  }
}
