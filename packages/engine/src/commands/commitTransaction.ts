import { notInProgress } from '../sessions/enter.js'
import { arg, optional } from './args.js'
import { command } from './command.js'
import { transactionOf } from './transaction-of.js'

/** Makes the writes of a transaction, all of them or none. May be repeated after a lost answer. */
export const commitTransaction = command({
  name: 'commitTransaction',
  help: 'Makes the writes of a transaction',
  access: 'authenticated',
  adminOnly: true,
  endsTransaction: true,
  takesWriteConcern: true,
  args: { commitTransaction: arg.any, recoveryToken: optional(arg.document) },
  async run(context) {
    const { session, txnNumber } = transactionOf(context)
    const { state } = session
    if (state.txnNumber === txnNumber && state.committed) return {}
    if (state.txnNumber !== txnNumber || !session.transaction) {
      throw notInProgress(session, txnNumber)
    }
    await context.logicalSessions.commit(session, (work) => context.define(work))
    return {}
  },
})
