import { randomBytes, timingSafeEqual } from 'node:crypto'

/** What a nonce is worth to somebody who answered it correctly. */
export type Standing =
  /** This use counts. */
  | 'good'
  /** It has expired, was used up, or was used with this count before: a fresh one is needed. */
  | 'stale'
  /** None of the servers with this state has made it. */
  | 'forged'

/**
 * Nonces, which hold when they were made and prove it, so that those of clients who never
 * come back take no memory, and those of other servers with the same secret are as good. Those
 * in use are remembered with their counts in any order, as clients with several threads send
 * them so.
 */
export interface Nonces {
  create(): string
  isGenuine(nonce: string): boolean
  /** Uses a genuine nonce with a count, which is a number above zero. */
  use(nonce: string, count: number): Standing
  /** Until when a nonce may be in use. */
  readonly lifetimeMs: number
}

export interface NonceOptions {
  readonly lifetimeMs: number
  readonly now: () => number
  /** What only servers with the same state can make of a text; at least 16 bytes. */
  readonly sign: (text: string) => Buffer
  /** What was used before then, of whoever's nonces, is not known here. */
  readonly startedMs: number
}

/** Clocks of servers may differ by so much. */
export const CLOCKS_MS = 60_000

const MOST_USES = 10_000
const HEAD_BYTES = 16
/** When it was made, by whom, and what makes it the only one. */
const MAKER_AT = 6
const MAKER_BYTES = 4
const MAC_BYTES = 16

export function openNonces({ lifetimeMs, now, sign, startedMs }: NonceOptions): Nonces {
  /** After what time nothing that was used then can be good, whoever made it. */
  const keptMs = lifetimeMs + CLOCKS_MS
  const maker = randomBytes(MAKER_BYTES)
  let current = new Map<string, Set<number>>()
  let previous = new Map<string, Set<number>>()
  let turnedMs = now()

  function usesOf(nonce: string): Set<number> {
    const at = now()
    if (at - turnedMs >= keptMs) {
      previous = at - turnedMs < 2 * keptMs ? current : new Map()
      current = new Map()
      turnedMs = at
    }
    const uses = current.get(nonce) ?? previous.get(nonce) ?? new Set()
    current.set(nonce, uses)
    return uses
  }

  function mac(head: Buffer): Buffer {
    return sign(head.toString('base64url')).subarray(0, MAC_BYTES)
  }

  return {
    lifetimeMs,
    create() {
      const head = randomBytes(HEAD_BYTES)
      head.writeUIntBE(now(), 0, MAKER_AT)
      maker.copy(head, MAKER_AT)
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
      const head = Buffer.from(nonce, 'base64url')
      const madeMs = head.readUIntBE(0, MAKER_AT)
      const ageMs = now() - madeMs
      if (ageMs >= lifetimeMs || ageMs < -CLOCKS_MS) return 'stale'
      const isOurs = head.subarray(MAKER_AT, MAKER_AT + MAKER_BYTES).equals(maker)
      if (!isOurs && madeMs < startedMs) return 'stale'
      const uses = usesOf(nonce)
      if (uses.has(count) || uses.size >= MOST_USES) return 'stale'
      uses.add(count)
      return 'good'
    },
  }
}
