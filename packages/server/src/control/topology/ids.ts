import { createHash } from 'node:crypto'

/** An id that is always the same for the same thing, of so many hexadecimal digits. */
export function idOf(digits: 24 | 32, ...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join(' ')).digest('hex').slice(0, digits)
}
