import type { Run, SortItem } from './sorted-runs.js'

/** Merges sorted runs, none of them empty, with a heap of their first items. */
export function* mergeRuns(runs: readonly Run[]): Generator<SortItem> {
  const heap: Run[] = []
  for (const run of runs) {
    heap.push(run)
    siftUp(heap)
  }
  while (heap.length > 0) {
    const [first] = heap
    yield first.take()
    if (!first.advance()) {
      const last = heap.pop() as Run
      if (heap.length === 0) return
      if (last !== first) heap[0] = last
    }
    siftDown(heap)
  }
}

function compareRuns(a: Run, b: Run): number {
  return a.key.compare(b.key) || a.recordId - b.recordId
}

function siftUp(heap: Run[]): void {
  let child = heap.length - 1
  while (child > 0) {
    const parent = (child - 1) >> 1
    if (compareRuns(heap[parent], heap[child]) <= 0) return
    swap(heap, parent, child)
    child = parent
  }
}

function siftDown(heap: Run[]): void {
  let parent = 0
  for (;;) {
    const left = parent * 2 + 1
    if (left >= heap.length) return
    const right = left + 1
    const child = right < heap.length && compareRuns(heap[right], heap[left]) < 0 ? right : left
    if (compareRuns(heap[parent], heap[child]) <= 0) return
    swap(heap, parent, child)
    parent = child
  }
}

function swap(heap: Run[], a: number, b: number): void {
  const item = heap[a]
  heap[a] = heap[b]
  heap[b] = item
}
