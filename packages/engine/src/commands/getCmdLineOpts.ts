import { arg } from './args.js'
import { command } from './command.js'

/** How the server was started, in MongoDB's terms. The arguments themselves are not shown: there may be secrets in them. */
export const getCmdLineOpts = command({
  name: 'getCmdLineOpts',
  adminOnly: true,
  help: 'How the server was started',
  access: { action: 'getCmdLineOpts', on: 'cluster' },
  args: { getCmdLineOpts: arg.any },
  run: ({ identity, session }) => ({
    argv: [],
    parsed: {
      replication: { replSet: identity.setName },
      security: {
        authorization: session.unrestricted && !session.internal ? 'disabled' : 'enabled',
      },
    },
  }),
})
