import { Timestamp } from '@gantry/bson'

/** The logical clock of the engine: seconds since 1970 and a count within them, never twice the same. */
export interface LogicalClock {
  /** The next point in time. */
  next(): Timestamp
  /** The latest point that `next` gave. */
  readonly latest: Timestamp
}

/** Goes on from a former latest point, also when the system's clock was set back meanwhile. */
export function createLogicalClock(now: () => number, formerLatest: Timestamp): LogicalClock {
  let latest = formerLatest
  return {
    next() {
      const seconds = Math.floor(now() / 1000)
      latest =
        seconds > latest.t ? new Timestamp(seconds, 1) : new Timestamp(latest.t, latest.i + 1)
      return latest
    },
    get latest() {
      return latest
    },
  }
}

/** A timestamp as bytes in the order of time. */
export function timestampKey({ t, i }: Timestamp): Buffer {
  const key = Buffer.allocUnsafe(8)
  key.writeUInt32BE(t >>> 0, 0)
  key.writeUInt32BE(i >>> 0, 4)
  return key
}

export function compareTimestamps(a: Timestamp, b: Timestamp): number {
  return a.t - b.t || a.i - b.i
}
