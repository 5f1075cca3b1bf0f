import { arg } from './args.js'
import { command } from './command.js'

/** The connections that this server has made to others: there are no others. */
export const connPoolStats = command({
  name: 'connPoolStats',
  help: 'Connections from this server to others, of which there are none',
  access: { action: 'connPoolStats', on: 'cluster' },
  takesAnything: true,
  args: { connPoolStats: arg.any },
  run: () => ({
    numClientConnections: 0,
    numAScopedConnections: 0,
    totalInUse: 0,
    totalAvailable: 0,
    totalLeased: 0,
    totalCreated: 0,
    totalRefreshing: 0,
    pools: {},
    hosts: {},
    replicaSets: {},
  }),
})
