import { CommandError } from '../errors.js'
import {
  cannotSpill,
  type SpillFile,
  UNSPILLED,
  type WorkingMemory,
} from '../spill/working-memory.js'
import { mergeRuns } from './merge-runs.js'
import { memoryRun, type Run, type SortItem, spilledRun, writeItem } from './sorted-runs.js'

/** Documents sorted in one go: few enough not to hold the event loop. */
const RUN_LENGTH = 4096
/** All buffers together through which spilled runs are read, and what one gets of it at least and at most. */
const READ_BUFFERS = 8 * 1024 * 1024
const LEAST_BUFFER = 4 * 1024
const LARGEST_BUFFER = 256 * 1024

export interface SortedDocument {
  readonly doc: Buffer
  readonly recordId: number
}

/** Sorts documents in runs that are merged as they are handed out. */
export interface Sorter {
  add(recordId: number, doc: Buffer): void
  /** Gives its file back when it has come to its end. */
  finish(): Iterator<SortedDocument>
  /** Gives the file back before the end. */
  close(): void
}

/** Runs on their way to disk, merged into one. */
interface Spilling {
  readonly start: number
  readonly items: Generator<SortItem>
}

/**
 * With a limit (0: none) that is not too large, no more than about twice as many documents are kept.
 * Documents are spilled a few with each one that is added, so that no call takes long, and
 * faster than they come, so that there are never many more than fit in the memory.
 */
export function createSorter(
  sortKey: (buf: Buffer, doc: number) => Buffer,
  limit: number,
  memory: WorkingMemory = UNSPILLED,
): Sorter {
  return new SpillingSorter(
    sortKey,
    memory,
    limit > 0 && limit <= RUN_LENGTH / 2 ? limit : undefined,
  )
}

class SpillingSorter implements Sorter {
  private runs: SortItem[][] = []
  private current: SortItem[] = []
  private size = 0
  private file: SpillFile | undefined
  private spilling: Spilling | undefined
  /** Where the runs on disk begin and end. */
  private readonly segments: [start: number, end: number][] = []

  constructor(
    private readonly sortKey: (buf: Buffer, doc: number) => Buffer,
    private readonly memory: WorkingMemory,
    private keep: number | undefined,
  ) {}

  add(recordId: number, doc: Buffer): void {
    const item = { key: this.sortKey(doc, 0), doc, recordId }
    this.current.push(item)
    this.size += sizeOf(item)
    if (this.current.length >= RUN_LENGTH) this.endRun()
    if (this.spilling) this.spill(2 * sizeOf(item))
    else if (this.size > this.memory.sortBytes) this.exceed()
  }

  private endRun(): void {
    const { keep } = this
    this.current.sort(compareItems)
    if (keep === undefined) {
      if (this.current.length > 0) this.runs.push(this.current)
      this.current = []
      return
    }
    for (let i = keep; i < this.current.length; i++) this.size -= sizeOf(this.current[i])
    this.current = this.current.slice(0, keep)
  }

  private exceed(): void {
    const { sortBytes, createFile, failure, unspilledStage } = this.memory
    if (this.keep !== undefined) {
      this.endRun()
      if (this.size <= sortBytes) return
    }
    if (unspilledStage) throw cannotSpill(unspilledStage, sortBytes)
    if (!createFile) {
      throw new CommandError(
        'QueryExceededMemoryLimitNoDiskUseAllowed',
        `${failure}Sort exceeded memory limit of ${sortBytes} bytes, but did not opt in to external sorting.`,
      )
    }
    this.keep = undefined
    this.endRun()
    this.file ??= createFile('sort')
    this.spilling = { start: this.file.size, items: mergeRuns(this.runs.map(memoryRun)) }
    this.runs = []
    this.spill(1)
  }

  /** Writes at least so many bytes of the runs that are to go. */
  private spill(bytes: number): void {
    const { file, spilling } = this
    if (!file || !spilling) return
    for (let left = bytes; left > 0; ) {
      const next = spilling.items.next()
      if (next.done) {
        this.segments.push([spilling.start, file.size])
        this.spilling = undefined
        return
      }
      writeItem(file, next.value)
      this.size -= sizeOf(next.value)
      left -= sizeOf(next.value)
    }
  }

  finish(): Iterator<SortedDocument> {
    this.endRun()
    const { file, keep, spilling, segments } = this
    const inMemory = keep === undefined ? this.runs : [this.current]
    const runs: Run[] = inMemory.filter((items) => items.length > 0).map(memoryRun)
    this.runs = []
    this.current = []
    if (!file) return mergeRuns(runs)
    if (spilling) {
      segments.push([spilling.start, file.size])
      const rest = generatedRun(spilling.items)
      if (rest) runs.push(rest)
    }
    const share = Math.floor(READ_BUFFERS / segments.length)
    const buffer = Math.min(LARGEST_BUFFER, Math.max(LEAST_BUFFER, share))
    for (const [start, end] of segments) runs.push(spilledRun(file, start, end, buffer))
    return this.untilEnd(mergeRuns(runs))
  }

  private *untilEnd(items: Generator<SortedDocument>): Generator<SortedDocument> {
    yield* items
    this.close()
  }

  close(): void {
    this.file?.drop()
  }
}

/** What is left of a merge that has begun. */
function generatedRun(items: Generator<SortItem>): Run | undefined {
  let head = items.next()
  if (head.done) return undefined
  return {
    get key() {
      return (head.value as SortItem).key
    },
    get recordId() {
      return (head.value as SortItem).recordId
    },
    take: () => head.value as SortItem,
    advance() {
      head = items.next()
      return !head.done
    },
  }
}

/** Equal keys stay in the order of the records, so pages of a sort do not overlap. */
function compareItems(a: SortItem, b: SortItem): number {
  return a.key.compare(b.key) || a.recordId - b.recordId
}

function sizeOf(item: SortItem): number {
  return item.key.length + item.doc.length + 64
}
