/**
 * How documents flow: each stage is asked for the next one and asks the stage before it.
 * Everything is synchronous. A source that has nothing yet, or has held the event loop long
 * enough, answers a pause, which passes through all stages to whoever runs the pipeline;
 * asking again goes on where it stopped.
 */

/** Nothing for now: ask again once `ready` is resolved, or at the next turn of the event loop. */
export class Pause {
  constructor(readonly ready?: Promise<unknown>) {}
}

export const PAUSE = new Pause()

/** A raw BSON document, a pause, or undefined at the end. */
export type Next = Buffer | Pause | undefined

export interface DocumentStream {
  next(): Next
  /** Lets go of what the source holds; may be called at any time, also twice. */
  close?(): void
}

/** Asked by stages that work long without handing anything out: whether it is time to pause. */
export type Overdue = () => boolean

export function streamOf(documents: Iterable<Buffer>): DocumentStream {
  const iterator = documents[Symbol.iterator]()
  return {
    next: () => {
      const step = iterator.next()
      return step.done ? undefined : step.value
    },
  }
}

/** A stream that changes or drops each document by itself; `apply` answers undefined to drop one. */
export function eachDocument(
  input: DocumentStream,
  apply: (doc: Buffer) => Buffer | undefined,
): DocumentStream {
  return {
    next: () => {
      for (;;) {
        const doc = input.next()
        if (doc === undefined || doc instanceof Pause) return doc
        const result = apply(doc)
        if (result) return result
      }
    },
    close: () => input.close?.(),
  }
}

/** Documents, and bytes of them, between two looks at the clock. */
const STRIDE = 32
const STRIDE_BYTES = 1024 * 1024

/** A stream that needs all its input before it has a first document; `release` lets go of what it has gathered. */
export function blocking(
  input: DocumentStream,
  overdue: Overdue,
  take: (doc: Buffer) => void,
  finish: () => Iterator<Buffer | Pause>,
  release?: () => void,
): DocumentStream {
  let results: Iterator<Buffer | Pause> | undefined
  let count = 0
  return {
    next: () => {
      if (!results) {
        const pause = drain(input, overdue, take)
        if (pause) return pause
        results = finish()
      }
      // Stages behind it may drop many documents without a look at the clock.
      if (++count % STRIDE === 0 && overdue()) return PAUSE
      const step = results.next()
      return step.done ? undefined : step.value
    },
    close: () => {
      input.close?.()
      release?.()
    },
  }
}

/** Takes documents to the end of the input; a pause means that it is not there yet. */
export function drain(
  input: DocumentStream,
  overdue: Overdue,
  take: (doc: Buffer) => void,
): Pause | undefined {
  let bytes = 0
  for (let count = 1; ; count++) {
    const doc = input.next()
    if (doc === undefined) return undefined
    if (doc instanceof Pause) return doc
    take(doc)
    bytes += doc.length
    if ((count % STRIDE === 0 || bytes > STRIDE_BYTES) && overdue()) return PAUSE
  }
}
