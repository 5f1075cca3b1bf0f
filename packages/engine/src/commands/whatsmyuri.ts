import { arg } from './args.js'
import { command } from './command.js'

/** The address that the caller comes from; empty within the process. */
export const whatsmyuri = command({
  name: 'whatsmyuri',
  help: 'The address that the caller comes from',
  access: 'anyone',
  args: { whatsmyuri: arg.any },
  run: ({ session }) => ({ you: session.address ?? '' }),
})
