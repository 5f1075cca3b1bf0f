import { refusal } from '../../control/refusal.js'

/** Over which time, and how finely. */
export interface Period {
  readonly startMs: number
  readonly endMs: number
  readonly granularityMs: number
}

/** What a call says of it. */
export interface PeriodQuery {
  readonly granularity: string
  /** A duration up to now, instead of start and end. */
  readonly period: string | undefined
  readonly start: Date | undefined
  readonly end: Date | undefined
}

const granularities: { readonly [name: string]: number } = {
  PT10S: 10_000,
  PT1M: 60_000,
  PT5M: 300_000,
  PT1H: 3_600_000,
  P1D: 86_400_000,
}

const MOST_POINTS = 10_000
const DAY_MS = 86_400_000
const DURATION =
  /^P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/
/** Years and months have no length of their own; these are what clients mean. */
const UNITS_MS = [365 * DAY_MS, 30 * DAY_MS, 7 * DAY_MS, DAY_MS, 3_600_000, 60_000, 1000]

/** Reads which time is asked for; the period ends now. Throws when this makes no sense. */
export function readPeriod(query: PeriodQuery, nowMs: number): Period {
  const { granularity, period, start, end } = query
  const granularityMs = Object.hasOwn(granularities, granularity)
    ? granularities[granularity]
    : undefined
  if (granularityMs === undefined) throw refusal('INVALID_GRANULARITY', granularity)
  const { startMs, endMs } = spanOf(period, start, end, nowMs)
  const range = [new Date(startMs), new Date(endMs)].map((date) => date.toISOString())
  const hasMuch = (endMs - startMs) / granularityMs > MOST_POINTS
  if (startMs > endMs || hasMuch) throw refusal('INVALID_DATE_RANGE', ...range)
  return { startMs, endMs, granularityMs }
}

function spanOf(
  period: string | undefined,
  start: Date | undefined,
  end: Date | undefined,
  nowMs: number,
): Pick<Period, 'startMs' | 'endMs'> {
  if (period !== undefined) {
    const other = start ? 'start' : end && 'end'
    if (other) throw refusal('MUTUALLY_EXCLUSIVE_QUERY_PARAMETERS', 'period', other)
    const durationMs = readDuration(period)
    if (durationMs === undefined || durationMs > nowMs) throw refusal('INVALID_PERIOD', period)
    return { startMs: nowMs - durationMs, endMs: nowMs }
  }
  if (!start && !end) throw refusal('MISSING_QUERY_PARAMETER', 'period')
  if (!start) throw refusal('MISSING_QUERY_PARAMETER', 'start')
  if (!end) throw refusal('MISSING_QUERY_PARAMETER', 'end')
  return { startMs: start.getTime(), endMs: end.getTime() }
}

/** A duration of ISO 8601 in milliseconds; undefined when it is none. */
export function readDuration(text: string): number | undefined {
  const parts = DURATION.exec(text)?.slice(1)
  return parts?.reduce((sum, part, i) => sum + Number(part ?? 0) * UNITS_MS[i], 0)
}
