import { CommandError } from '../errors.js'
import { arg, optional, withDefault } from './args.js'
import { command } from './command.js'

/** Resolves when everything written so far is on disk. With `lock`, writers wait from then on until `fsyncUnlock`. */
export const fsync = command({
  name: 'fsync',
  help: 'Writes everything to disk, and may keep writers out',
  access: { action: 'fsync', on: 'cluster' },
  adminOnly: true,
  args: {
    fsync: arg.any,
    lock: withDefault(optional(arg.bool), false),
    fsyncLockAcquisitionTimeoutMillis: optional(arg.long),
  },
  async run({ store, writeLock }, { lock }) {
    const count = lock ? writeLock.lock() : 0
    // Writes are answered when they are on disk, and those before this one are written first.
    await store.write(() => {}, { throwsBeforeWriting: true })
    if (!lock) return { numFiles: 1 }
    return {
      info: 'now locked against writes, use db.fsyncUnlock() to unlock',
      lockCount: BigInt(count),
      seeAlso: 'http://dochub.mongodb.org/core/fsynccommand',
    }
  },
})

export const fsyncUnlock = command({
  name: 'fsyncUnlock',
  help: 'Lets writers in again',
  access: { action: 'unlock', on: 'cluster' },
  adminOnly: true,
  args: { fsyncUnlock: arg.any },
  run({ writeLock }) {
    if (writeLock.count === 0) {
      throw new CommandError('IllegalOperation', 'fsyncUnlock called when not locked')
    }
    return { info: 'fsyncUnlock completed', lockCount: BigInt(writeLock.unlock()) }
  },
})
