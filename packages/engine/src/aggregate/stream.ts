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

/** Documents between two looks at the clock. */
const STRIDE = 32

/** A stream that needs all its input before it has a first document. */
export function blocking(
  input: DocumentStream,
  overdue: Overdue,
  take: (doc: Buffer) => void,
  finish: () => Iterator<Buffer>,
): DocumentStream {
  let results: Iterator<Buffer> | undefined
  return {
    next: () => {
      if (!results) {
        const pause = drain(input, overdue, take)
        if (pause) return pause
        results = finish()
      }
      const step = results.next()
      return step.done ? undefined : step.value
    },
    close: () => input.close?.(),
  }
}

/** Takes documents to the end of the input; a pause means that it is not there yet. */
export function drain(
  input: DocumentStream,
  overdue: Overdue,
  take: (doc: Buffer) => void,
): Pause | undefined {
  for (let count = 1; ; count++) {
    const doc = input.next()
    if (doc === undefined) return undefined
    if (doc instanceof Pause) return doc
    take(doc)
    if (count % STRIDE === 0 && overdue()) return PAUSE
  }
}
