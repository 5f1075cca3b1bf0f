/** How finely numbers are kept, and for how long. */
export interface Tier {
  /** Stands in the ids of blocks. */
  readonly letter: string
  /** From one point to the next. */
  readonly stepMs: number
  /** Points that are stored together. */
  readonly blockPoints: number
  readonly keepMs: number
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** The finest first; each is made from the one before. A block of one is a whole number of points of the next. */
export const tiers: readonly Tier[] = [
  { letter: 's', stepMs: 10 * SECOND, blockPoints: 60, keepMs: DAY },
  { letter: 'm', stepMs: MINUTE, blockPoints: 120, keepMs: 2 * DAY },
  { letter: 'f', stepMs: 5 * MINUTE, blockPoints: 144, keepMs: 7 * DAY },
  { letter: 'h', stepMs: HOUR, blockPoints: 168, keepMs: 63 * DAY },
  { letter: 'd', stepMs: DAY, blockPoints: 64, keepMs: 366 * DAY },
]

/** Index of the tier that samples go into. */
export const FINEST = 0

/** From the start of one block to that of the next. */
export function blockMs({ stepMs, blockPoints }: Tier): number {
  return stepMs * blockPoints
}

/** The beginning of the step, or whatever else has this length, in which a moment lies. */
export function floorTo(ms: number, lengthMs: number): number {
  return Math.floor(ms / lengthMs) * lengthMs
}

/** The first such beginning that is not before a moment. */
export function ceilTo(ms: number, lengthMs: number): number {
  return Math.ceil(ms / lengthMs) * lengthMs
}
