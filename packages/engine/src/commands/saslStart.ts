import { command } from './command.js'
import { beginLogin, loginRequest, saslStartArgs } from './sasl.js'

/** Begins a login with SCRAM. */
export const saslStart = command({
  name: 'saslStart',
  help: 'Begins a login',
  access: 'anyone',
  args: saslStartArgs,
  run: (context, args) => beginLogin(context, loginRequest(context.db, args)),
})
