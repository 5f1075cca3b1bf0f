import { CommandError } from '../errors.js'
import { arg, optional, withDefault } from './args.js'
import { command } from './command.js'

/** Resolves when everything written so far is on disk. Keeping writers out meanwhile is not supported. */
export const fsync = command({
  name: 'fsync',
  help: 'Writes everything to disk',
  access: { action: 'fsync', on: 'cluster' },
  adminOnly: true,
  args: {
    fsync: arg.any,
    lock: withDefault(optional(arg.bool), false),
    fsyncLockAcquisitionTimeoutMillis: optional(arg.long),
  },
  async run({ define }, { lock }) {
    if (lock) throw new CommandError('CommandNotSupported', "fsync with 'lock' is not supported")
    // Writes are answered when they are on disk, and those before this one are written first.
    await define(() => {})
    return { numFiles: 1 }
  },
})

export const fsyncUnlock = command({
  name: 'fsyncUnlock',
  help: 'Lets writers in again',
  access: { action: 'unlock', on: 'cluster' },
  adminOnly: true,
  args: { fsyncUnlock: arg.any },
  run() {
    throw new CommandError('IllegalOperation', 'fsyncUnlock called when not locked')
  },
})
