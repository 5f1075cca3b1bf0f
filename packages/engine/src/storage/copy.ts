import type { Entry } from './entry.js'

/** A value as bytes of their own. */
export function copyValue(entry: Entry): Buffer {
  const copy = Buffer.allocUnsafe(entry.size)
  entry.value.copy(copy, 0, 0, entry.size)
  return copy
}
