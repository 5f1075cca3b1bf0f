import { arg, optional, withDefault } from './args.js'
import { command } from './command.js'
import { existing } from './existing-collection.js'
import { checkCollectionName } from './namespace.js'

/**
 * Gives back the space of what was removed. The store does that all the time: pages that
 * become empty are the next ones to be written, so there is never any to give back.
 */
export const compact = command({
  name: 'compact',
  help: 'Gives back the space of what was removed',
  access: { action: 'compact', on: 'collection' },
  args: {
    compact: arg.collectionName,
    force: withDefault(optional(arg.bool), false),
    dryRun: withDefault(optional(arg.bool), false),
    freeSpaceTargetMB: optional(arg.count),
  },
  run(context, { compact: name, dryRun }) {
    checkCollectionName(context.db, name)
    existing(context, name)
    return dryRun ? { estimatedBytesFreed: 0 } : { bytesFreed: 0 }
  },
})
