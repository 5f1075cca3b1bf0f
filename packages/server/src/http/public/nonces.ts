import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** What a nonce is worth to somebody who answered it correctly. */
export type Standing =
  /** This use counts. */
  | 'good'
  /** It has expired, was used up, or was used with this count before: a fresh one is needed. */
  | 'stale'
  /** It was not made here. */
  | 'forged'

/**
 * Nonces, which hold when they were made and prove it, so that those of clients who never
 * come back take no memory. Those in use are remembered with their counts in any order, as
 * clients with several threads send them so.
 */
export interface Nonces {
  create(): string
  isGenuine(nonce: string): boolean
  /** Uses a genuine nonce with a count, which is a number above zero. */
  use(nonce: string, count: number): Standing
}

export interface NonceOptions {
  readonly lifetimeMs: number
  readonly now: () => number
}

const MOST_USES = 10_000
const HEAD_BYTES = 16
const MAC_BYTES = 16

export function openNonces({ lifetimeMs, now }: NonceOptions): Nonces {
  const key = randomBytes(32)
  let current = new Map<string, Set<number>>()
  let previous = new Map<string, Set<number>>()
  let turnedMs = now()

  function usesOf(nonce: string): Set<number> {
    // What is older than two lifetimes has expired, whatever it was used for.
    const at = now()
    if (at - turnedMs >= lifetimeMs) {
      previous = at - turnedMs < 2 * lifetimeMs ? current : new Map()
      current = new Map()
      turnedMs = at
    }
    const uses = current.get(nonce) ?? previous.get(nonce) ?? new Set()
    current.set(nonce, uses)
    return uses
  }

  function mac(head: Buffer): Buffer {
    return createHmac('sha256', key).update(head).digest().subarray(0, MAC_BYTES)
  }

  return {
    create() {
      const head = randomBytes(HEAD_BYTES)
      head.writeUIntBE(now(), 0, 6)
      return Buffer.concat([head, mac(head)]).toString('base64url')
    },
    isGenuine(nonce) {
      const bytes = Buffer.from(nonce, 'base64url')
      // Another text for the same bytes would have uses of its own.
      if (bytes.length !== HEAD_BYTES + MAC_BYTES) return false
      if (bytes.toString('base64url') !== nonce) return false
      return timingSafeEqual(mac(bytes.subarray(0, HEAD_BYTES)), bytes.subarray(HEAD_BYTES))
    },
    use(nonce, count) {
      if (!this.isGenuine(nonce)) return 'forged'
      const madeMs = Buffer.from(nonce, 'base64url').readUIntBE(0, 6)
      if (now() - madeMs >= lifetimeMs) return 'stale'
      const uses = usesOf(nonce)
      if (uses.has(count) || uses.size >= MOST_USES) return 'stale'
      uses.add(count)
      return 'good'
    },
  }
}
