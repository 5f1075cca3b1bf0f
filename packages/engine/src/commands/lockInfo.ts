import { arg, optional } from './args.js'
import { command } from './command.js'

/** The locks that are held or waited for: the engine has none of MongoDB's. */
export const lockInfo = command({
  name: 'lockInfo',
  adminOnly: true,
  help: 'Locks that are held or waited for, of which there are none',
  access: { action: 'serverStatus', on: 'cluster' },
  args: { lockInfo: arg.any, includeStorageEngineLocks: optional(arg.bool) },
  run: () => ({ lockInfo: [] }),
})
