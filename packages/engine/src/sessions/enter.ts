import { CommandError } from '../errors.js'
import type { LogicalSession, LogicalSessions } from './logical-session.js'
import { newSessionState, type StatementRecord } from './statements.js'

/** Errors after which the whole transaction may be tried again. */
const transient = ['TransientTransactionError']

/** Brings a session to a command within a multi-document transaction: begins it, or finds it open. */
export async function enterTransaction(
  sessions: LogicalSessions,
  session: LogicalSession,
  txnNumber: bigint,
  start: boolean,
): Promise<void> {
  const { state } = session
  if (txnNumber < state.txnNumber) throw tooOld(session, txnNumber)
  if (start) {
    if (
      txnNumber === state.txnNumber &&
      (session.transaction || state.committed || state.answers.count > 0)
    ) {
      throw new CommandError(
        'ConflictingOperationInProgress',
        `Cannot start transaction ${txnNumber}: a transaction or retryable write with that number already exists on the session`,
      )
    }
    return sessions.begin(session, txnNumber)
  }
  if (txnNumber === state.txnNumber && session.transaction) return
  throw notInProgress(session, txnNumber)
}

/** The error for a transaction that is not, or no longer, open. */
export function notInProgress(session: LogicalSession, txnNumber: bigint): CommandError {
  const { state } = session
  if (txnNumber === state.txnNumber && state.committed) {
    return new CommandError(
      'TransactionCommitted',
      `Transaction with { txnNumber: ${txnNumber} } has been committed.`,
    )
  }
  const message =
    session.abortedTxnNumber === txnNumber
      ? `Transaction with { txnNumber: ${txnNumber} } has been aborted.`
      : `Given transaction number ${txnNumber} does not match any in-progress transactions. The active transaction number is ${state.txnNumber}`
  return new CommandError('NoSuchTransaction', message, { errorLabels: transient })
}

function tooOld({ state }: LogicalSession, txnNumber: bigint): CommandError {
  return new CommandError(
    'TransactionTooOld',
    `Cannot start transaction with { txnNumber: ${txnNumber} } on session because a newer transaction with txnNumber ${state.txnNumber} has already started on this session.`,
  )
}

/** Brings a session to a retryable write: what an earlier try of the same number has done already counts; `repeated` is called for each such statement. */
export function enterRetryableWrite(
  sessions: LogicalSessions,
  session: LogicalSession,
  txnNumber: bigint,
  statementId: (index: number) => number,
  repeated: () => void,
): StatementRecord {
  if (txnNumber < session.state.txnNumber) throw tooOld(session, txnNumber)
  if (txnNumber > session.state.txnNumber) {
    sessions.abort(session)
    session.state = { ...newSessionState(), txnNumber }
  }
  const { answers } = session.state
  return {
    answer(index) {
      const answer = answers.get(statementId(index))
      if (answer) repeated()
      return answer
    },
    record: (index, answer) => answers.add(statementId(index), answer),
  }
}

/** An error within a transaction, with the label that tells drivers whether to try again. */
export function labelled(error: unknown): unknown {
  if (!(error instanceof CommandError) || error.details.errorLabels) return error
  if (
    !['WriteConflict', 'NoSuchTransaction', 'LockTimeout', 'InterruptedAtShutdown'].includes(
      error.codeName,
    )
  )
    return error
  return new CommandError(error.code, error.message, { ...error.details, errorLabels: transient })
}
