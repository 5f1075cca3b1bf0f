import type { Sample } from './series.js'

/** What a subject said of itself at a moment. */
export interface Reading {
  readonly atMs: number
  readonly values: { readonly [name: string]: number }
}

/** How the numbers of a kind of service are to be understood. */
export interface Understanding {
  /** Whether a number counts up from the service's start on. */
  counts(name: string): boolean
  /** For how long the service has been running; undefined where it does not tell. */
  uptimeMs(values: Reading['values']): number | undefined
}

/** How often the service was started anew; told of every subject. */
export const RESTARTS = 'restarts'

/** Uptimes are told to the second, and clocks are set. */
const SAME_START_MS = 2_500

/**
 * What happened between two readings, one after the other. A counter that starts anew, with the
 * service or alone, has risen by what it says. Without a reading before, or when that is longer
 * ago than `mostMs`, nothing is known of rises.
 */
export function sampleBetween(
  before: Reading | undefined,
  { atMs, values }: Reading,
  { counts, uptimeMs }: Understanding,
  mostMs: number,
): Sample {
  const gauges = new Map<string, number>()
  const rises = new Map<string, number>()
  const passedMs = before ? atMs - before.atMs : 0
  const elapsedMs = passedMs > 0 && passedMs <= mostMs ? passedMs : 0
  const started = before && startedAnew(before, { atMs, values }, uptimeMs)
  if (before && elapsedMs > 0) rises.set(RESTARTS, started ? 1 : 0)
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isFinite(value)) continue
    if (!counts(name)) {
      gauges.set(name, value)
      continue
    }
    const last = before?.values[name]
    if (last === undefined || elapsedMs === 0) continue
    rises.set(name, started || value < last ? value : value - last)
  }
  return { atMs, elapsedMs, gauges, rises }
}

function startedAnew(
  before: Reading,
  after: Reading,
  uptimeMs: Understanding['uptimeMs'],
): boolean {
  const [was, is] = [before, after].map(({ atMs, values }) => {
    const uptime = uptimeMs(values)
    return uptime === undefined ? undefined : atMs - uptime
  })
  return was !== undefined && is !== undefined && is - was > SAME_START_MS
}
