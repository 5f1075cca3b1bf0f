import { type Doc, decodeDocument, encodeDocument } from '@gantry/bson'
import { copyValue } from '../storage/copy.js'
import type { Transaction, View } from '../storage/view.js'
import { StatementAnswers } from './statement-answers.js'

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
  readonly answers: StatementAnswers
  lastUsedMs: number
}

export function newSessionState(): SessionState {
  return { txnNumber: -1n, committed: false, answers: new StatementAnswers(), lastUsedMs: 0 }
}

export function loadSessionState(view: View, key: Buffer): SessionState | undefined {
  const entry = view.get('sessions', key)
  if (!entry) return undefined
  const doc = decodeDocument(copyValue(entry))
  const answers = new StatementAnswers()
  for (const item of doc.get('answers') as Doc[]) {
    answers.add(item.get('first') as number, item.get('answer') as Doc, item.get('last') as number)
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
      answers: state.answers.runs.map(({ first, last, answer }) => ({ first, last, answer })),
      lastUsedMs: BigInt(state.lastUsedMs),
    }),
  )
}
