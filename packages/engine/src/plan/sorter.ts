import { CommandError } from '../errors.js'

/** Documents kept for a sort may take this much, in bytes; MongoDB's own default. */
export const SORT_MEMORY_LIMIT = 100 * 1024 * 1024

interface Item {
  readonly key: Buffer
  readonly doc: Buffer
  readonly recordId: number
}

/** Sorts documents in memory; with a limit it keeps no more than about twice as many. */
export interface Sorter {
  add(recordId: number, doc: Buffer): void
  /** The lowest so far that still gets in, to leave others out before they are copied. */
  finish(): readonly { readonly recordId: number; readonly doc: Buffer }[]
}

export function createSorter(sortKey: (buf: Buffer, doc: number) => Buffer, limit: number): Sorter {
  let items: Item[] = []
  let size = 0
  const keep = limit > 0 ? limit : Number.POSITIVE_INFINITY

  function prune(): void {
    items.sort(compareItems)
    items = items.slice(0, keep)
    size = items.reduce((sum, item) => sum + sizeOf(item), 0)
  }

  return {
    add(recordId, doc) {
      const item = { key: sortKey(doc, 0), doc, recordId }
      items.push(item)
      size += sizeOf(item)
      if (items.length >= keep * 2 + 100) prune()
      if (size > SORT_MEMORY_LIMIT) {
        prune()
        if (size > SORT_MEMORY_LIMIT) throw tooLarge()
      }
    },
    finish() {
      prune()
      return items
    },
  }
}

/** Equal keys stay in the order of the records, so pages of a sort do not overlap. */
function compareItems(a: Item, b: Item): number {
  return a.key.compare(b.key) || a.recordId - b.recordId
}

function sizeOf(item: Item): number {
  return item.key.length + item.doc.length + 64
}

function tooLarge(): CommandError {
  return new CommandError(
    'QueryExceededMemoryLimitNoDiskUseAllowed',
    `Executor error during find command :: caused by :: Sort exceeded memory limit of ${SORT_MEMORY_LIMIT} bytes, but did not opt in to external sorting.`,
  )
}
