import { notInProgress } from '../sessions/enter.js'
import { arg, optional } from './args.js'
import { command } from './command.js'
import { transactionOf } from './transaction-of.js'

/** Gives up a transaction with all its writes. */
export const abortTransaction = command({
  name: 'abortTransaction',
  help: 'Gives up a transaction',
  access: 'authenticated',
  adminOnly: true,
  endsTransaction: true,
  takesWriteConcern: true,
  args: { abortTransaction: arg.any, recoveryToken: optional(arg.document) },
  run(context) {
    const { session, txnNumber } = transactionOf(context)
    if (session.state.txnNumber !== txnNumber || !session.transaction) {
      throw notInProgress(session, txnNumber)
    }
    context.logicalSessions.abort(session)
    return {}
  },
})
