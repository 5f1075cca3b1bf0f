import type { Database, Transaction as ReadTransaction, RootDatabase } from 'lmdb'
import { entry, entryEncoder, entryKeyEncoder, type Key } from './entry.js'
import { type Range, type Transaction, type TreeName, treeNames, type View } from './view.js'

export type Trees = Readonly<Record<TreeName, Database>>

export function openTrees(environment: RootDatabase): Trees {
  const options = { encoder: entryEncoder, keyEncoder: entryKeyEncoder }
  const trees = treeNames.map((name) => [name, environment.openDB(name, options as never)])
  return Object.fromEntries(trees) as Trees
}

/** Reads of what is committed, of the transaction under way within a write function, or of a held snapshot. */
export function viewOf(trees: Trees, held?: ReadTransaction): View {
  const options = held && { transaction: held }
  return {
    get(tree, key) {
      // The encoder puts what it finds into `entry`.
      const found = trees[tree].get(key as never, options)
      return found === undefined ? undefined : entry
    },
    scan(tree, range, visit) {
      for (const _ of trees[tree].getRange({ ...lmdbRange(range), transaction: held } as never)) {
        if (!visit(entry)) return
      }
    },
  }
}

export function writesOf(trees: Trees): Pick<Transaction, 'put' | 'remove'> {
  return {
    put(tree: TreeName, key: Key, value: Uint8Array) {
      void trees[tree].put(key as never, value)
    },
    remove(tree: TreeName, key: Key) {
      // Within a transaction lmdb removes at once and leaves the answer on the promise.
      return (trees[tree].remove(key as never) as { result?: boolean }).result !== false
    },
  }
}

function lmdbRange(range: Range) {
  return range.reverse
    ? {
        start: range.high,
        exclusiveStart: !range.highInclusive,
        end: range.low,
        inclusiveEnd: !range.lowExclusive,
        reverse: true,
      }
    : {
        start: range.low,
        exclusiveStart: range.lowExclusive,
        end: range.high,
        inclusiveEnd: range.highInclusive,
      }
}
