/**
 * The only door to LMDB. A store is a few trees of ordered byte keys with byte values.
 *
 * Reads are synchronous and see what is committed. Writes are group-committed: each is a
 * synchronous function, all that wait run in one LMDB transaction, and their promises
 * resolve when that transaction is on disk. LMDB commits and syncs on a thread of its own,
 * so the event loop only spends the time of the functions themselves.
 */
import { type Database, open, type RootDatabase } from 'lmdb'
import { openTrees, viewOf, writesOf } from './trees.js'
import type { Snapshot, Transaction, TreeName, View } from './view.js'
import { createWriteQueue, type WriteOptions } from './write-queue.js'

export interface Store extends View {
  write<T>(work: (transaction: Transaction) => T, options?: WriteOptions): Promise<T>
  snapshot(): Snapshot
  /** Called inside each write transaction, after the write functions, to write what is kept in memory until then. */
  onBeforeCommit(hook: (transaction: Transaction) => void): void
  /** Called when a write function threw and its writes were undone. */
  onUndo(hook: () => void): void
  /** Called when a commit failed and all its writes are lost: what is in memory must be read anew. */
  onLost(hook: () => void): void
  /** Called when a commit is on disk, before the writes in it are answered. */
  onCommitted(hook: () => void): void
  /** Bytes that the files take. */
  fileSize(): number
  /** Bytes that the pages of a tree take. */
  treeSize(tree: TreeName): number
  close(): Promise<void>
}

/** The map is virtual address space only; the file grows as it is filled, and lmdb maps more when it must. */
const MAP_SIZE = 2 ** 36

/** Opens the store in a folder, and makes it when it is not there. */
export function openStore(path: string): Store {
  const environment = open({
    path,
    // Without it, a dot in the folder's name would have lmdb take the path for a file's.
    noSubdir: false,
    maxDbs: 8,
    maxReaders: 510,
    mapSize: MAP_SIZE,
    // Our own queue batches; lmdb's would make a failed commit an unhandled rejection.
    eventTurnBatching: false,
    encoding: 'binary',
    keyEncoding: 'binary',
  })
  const trees = openTrees(environment)
  const view = viewOf(trees)
  const beforeCommit: ((transaction: Transaction) => void)[] = []
  const undone: (() => void)[] = []
  const lost: (() => void)[] = []
  const committed: (() => void)[] = []
  const queue = createWriteQueue(
    environment,
    { ...view, ...writesOf(trees) },
    { beforeCommit, undone, lost, committed },
  )
  return {
    ...view,
    write: queue.write,
    snapshot() {
      const held = environment.useReadTransaction()
      return { ...viewOf(trees, held), release: () => held.done() }
    },
    onBeforeCommit: (hook) => beforeCommit.push(hook),
    onUndo: (hook) => undone.push(hook),
    onLost: (hook) => lost.push(hook),
    onCommitted: (hook) => committed.push(hook),
    fileSize: () => fileSizeOf(environment),
    treeSize: (tree) => treeSizeOf(trees[tree]),
    async close() {
      await queue.close()
      await environment.close()
    },
  }
}

function fileSizeOf(environment: RootDatabase): number {
  const { lastPageNumber, pageSize } = environment.getStats() as Record<string, number>
  return (lastPageNumber + 1) * pageSize
}

function treeSizeOf(tree: Database): number {
  const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } =
    tree.getStats() as Record<string, number>
  return (treeBranchPageCount + treeLeafPageCount + overflowPages) * pageSize
}
