import { arg } from './args.js'
import { command } from './command.js'
import { continueLogin, readPayload } from './sasl.js'

/** Goes on with a login. */
export const saslContinue = command({
  name: 'saslContinue',
  help: 'Goes on with a login',
  access: 'anyone',
  args: { saslContinue: arg.any, conversationId: arg.long, payload: arg.any },
  run: (context, { conversationId, payload }) =>
    continueLogin(context, conversationId, readPayload(payload)),
})
