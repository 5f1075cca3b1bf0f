import { arg } from './args.js'
import { command } from './command.js'

/** Answers, and does nothing else. */
export const ping = command({
  name: 'ping',
  help: 'Answers',
  access: 'anyone',
  args: { ping: arg.any },
  run: () => ({}),
})
