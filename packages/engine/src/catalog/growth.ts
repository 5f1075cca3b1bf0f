import { CommandError } from '../errors.js'
import type { Collection } from './collection.js'

/** Whether data may grow. */
export interface Growth {
  /** Why they may not; undefined: they may. */
  refusal: string | undefined
}

/** Databases whose data are the engine's own business. */
const OWN: ReadonlySet<string> = new Set(['admin', 'config', 'local'])

/** Throws `OutOfDiskSpace`, before anything is written, when a user's collection may not grow. */
export function checkGrowth({ refusal }: Growth, { db, name }: Collection): void {
  if (refusal === undefined || OWN.has(db) || name.startsWith('system.')) return
  throw new CommandError('OutOfDiskSpace', refusal)
}
