/** Sorted documents, in memory or on disk, seen through the first that is left. */
import type { SpillFile } from '../spill/working-memory.js'

export interface SortItem {
  readonly key: Buffer
  readonly recordId: number
  readonly doc: Buffer
}

/** A run with at least one document. */
export interface Run {
  readonly key: Buffer
  readonly recordId: number
  take(): SortItem
  /** Goes on to the next document; says whether there is one. */
  advance(): boolean
}

/** Takes the items over: each is let go of as soon as it is taken. */
export function memoryRun(items: SortItem[]): Run {
  items.reverse()
  let head = items.pop() as SortItem
  return {
    get key() {
      return head.key
    },
    get recordId() {
      return head.recordId
    },
    take: () => head,
    advance() {
      const next = items.pop()
      if (!next) return false
      head = next
      return true
    },
  }
}

/** Of a record: the lengths of its key and document, and its record id. */
const HEADER = 16
const header = Buffer.alloc(HEADER)

export function writeItem(file: SpillFile, { key, doc, recordId }: SortItem): void {
  header.writeUInt32LE(key.length, 0)
  header.writeUInt32LE(doc.length, 4)
  header.writeDoubleLE(recordId, 8)
  file.write(header)
  file.write(key)
  file.write(doc)
}

/** Documents are read when they are taken: while runs are compared, only keys are in memory. */
export function spilledRun(file: SpillFile, start: number, end: number, bufferBytes: number): Run {
  const reader = file.read(start, end, bufferBytes)
  let at = start
  let docLength = 0
  const run = {
    key: EMPTY,
    recordId: 0,
    take: () => ({ key: run.key, recordId: run.recordId, doc: reader.bytes(at, docLength) }),
    advance() {
      at += docLength
      if (at >= end) return false
      const lengths = reader.bytes(at, HEADER)
      docLength = lengths.readUInt32LE(4)
      run.recordId = lengths.readDoubleLE(8)
      run.key = reader.bytes(at + HEADER, lengths.readUInt32LE(0))
      at += HEADER + run.key.length
      return true
    },
  }
  run.advance()
  return run
}

const EMPTY: Buffer = Buffer.alloc(0)
