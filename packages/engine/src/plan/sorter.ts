import { CommandError } from '../errors.js'

/** Documents kept for a sort may take this much, in bytes; MongoDB's own default. */
export const SORT_MEMORY_LIMIT = 100 * 1024 * 1024

/** Documents sorted in one go: few enough not to hold the event loop. */
const RUN_LENGTH = 4096

export interface SortedDocument {
  readonly doc: Buffer
  readonly recordId: number
}

interface Item extends SortedDocument {
  readonly key: Buffer
}

type Run = readonly Item[]

/** Sorts documents in memory, in runs that are merged as they are handed out. */
export interface Sorter {
  add(recordId: number, doc: Buffer): void
  finish(): Iterator<SortedDocument>
}

/** With a limit (0: none) that is not too large, no more than about twice as many documents are kept. */
export function createSorter(sortKey: (buf: Buffer, doc: number) => Buffer, limit: number): Sorter {
  const keep = limit > 0 && limit <= RUN_LENGTH / 2 ? limit : undefined
  const runs: Run[] = []
  let current: Item[] = []
  let size = 0

  function endRun(): void {
    current.sort(compareItems)
    if (keep === undefined) {
      runs.push(current)
      current = []
      return
    }
    for (const item of current.slice(keep)) size -= sizeOf(item)
    current = current.slice(0, keep)
  }

  return {
    add(recordId, doc) {
      const item = { key: sortKey(doc, 0), doc, recordId }
      current.push(item)
      size += sizeOf(item)
      if (current.length >= RUN_LENGTH) endRun()
      if (size > SORT_MEMORY_LIMIT) {
        if (keep !== undefined) endRun()
        if (size > SORT_MEMORY_LIMIT) throw tooLarge()
      }
    },
    finish() {
      endRun()
      return merge(keep === undefined ? runs : [current])
    },
  }
}

/** Equal keys stay in the order of the records, so pages of a sort do not overlap. */
function compareItems(a: Item, b: Item): number {
  return a.key.compare(b.key) || a.recordId - b.recordId
}

interface Head {
  readonly run: Run
  at: number
}

function compareHeads(a: Head, b: Head): number {
  return compareItems(a.run[a.at], b.run[b.at])
}

/** Merges sorted runs with a heap of their first items. */
function* merge(runs: readonly Run[]): Generator<SortedDocument> {
  const heap: Head[] = []
  for (const run of runs) {
    if (run.length === 0) continue
    heap.push({ run, at: 0 })
    siftUp(heap)
  }
  while (heap.length > 0) {
    const head = heap[0]
    yield head.run[head.at++]
    if (head.at === head.run.length) {
      const last = heap.pop() as Head
      if (heap.length === 0) return
      if (last !== head) heap[0] = last
    }
    siftDown(heap)
  }
}

function siftUp(heap: Head[]): void {
  let child = heap.length - 1
  while (child > 0) {
    const parent = (child - 1) >> 1
    if (compareHeads(heap[parent], heap[child]) <= 0) return
    swap(heap, parent, child)
    child = parent
  }
}

function siftDown(heap: Head[]): void {
  let parent = 0
  for (;;) {
    const left = parent * 2 + 1
    if (left >= heap.length) return
    const right = left + 1
    const child = right < heap.length && compareHeads(heap[right], heap[left]) < 0 ? right : left
    if (compareHeads(heap[parent], heap[child]) <= 0) return
    swap(heap, parent, child)
    parent = child
  }
}

function swap(heap: Head[], a: number, b: number): void {
  const item = heap[a]
  heap[a] = heap[b]
  heap[b] = item
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
