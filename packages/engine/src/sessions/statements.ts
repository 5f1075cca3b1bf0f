import { type Doc, decodeDocument, encodeDocument } from '@gantry/bson'
import { copyValue } from '../storage/copy.js'
import type { Transaction, View } from '../storage/view.js'

/** What the statements of a retryable write have answered, by their ids: a repeat gets the same answer and changes nothing. */
export interface StatementRecord {
  /** The answer that was recorded for the command's statement at an index. */
  answer(index: number): Doc | undefined
  /** Records an answer; it is stored with the write under way. */
  record(index: number, answer: Doc): void
}

/** How far a session has come, as it is stored. */
export interface SessionState {
  txnNumber: bigint
  /** The transaction of that number is committed. */
  committed: boolean
  readonly answers: Map<number, Doc>
  lastUsedMs: number
}

export function newSessionState(): SessionState {
  return { txnNumber: -1n, committed: false, answers: new Map(), lastUsedMs: 0 }
}

export function loadSessionState(view: View, key: Buffer): SessionState | undefined {
  const entry = view.get('sessions', key)
  if (!entry) return undefined
  const doc = decodeDocument(copyValue(entry))
  const answers = new Map<number, Doc>()
  for (const item of doc.get('answers') as Doc[]) {
    const first = item.get('first') as number
    const last = item.get('last') as number
    for (let id = first; id <= last; id++) answers.set(id, item.get('answer') as Doc)
  }
  return {
    txnNumber: doc.get('txnNumber') as bigint,
    committed: doc.get('committed') as boolean,
    answers,
    lastUsedMs: Number(doc.get('lastUsedMs')),
  }
}

export function storeSessionState(
  transaction: Transaction,
  key: Buffer,
  state: SessionState,
): void {
  transaction.put(
    'sessions',
    key,
    encodeDocument({
      txnNumber: state.txnNumber,
      committed: state.committed,
      answers: inRuns(state.answers),
      lastUsedMs: BigInt(state.lastUsedMs),
    }),
  )
}

/** Statements that follow each other with the same answer, as those of an insert do, are stored as one. */
function inRuns(answers: ReadonlyMap<number, Doc>) {
  const runs: { first: number; last: number; answer: Doc }[] = []
  for (const [id, answer] of answers) {
    const previous = runs.at(-1)
    if (previous && previous.last === id - 1 && previous.answer === answer) previous.last = id
    else runs.push({ first: id, last: id, answer })
  }
  return runs
}
