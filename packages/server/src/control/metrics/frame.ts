import type { Span } from './block-store.js'
import { type Points, unknown } from './points.js'
import type { Series } from './series.js'
import { ceilTo, floorTo, tiers } from './tiers.js'

/** Numbers of one host over a span of time, by step; `NaN` where there is a gap. */
export interface Frame {
  readonly startMs: number
  readonly stepMs: number
  readonly count: number
  /** The average of a number over each step; of one that counts up, by how much a second it rose. */
  average(name: string): Float64Array
  /** The greatest within each step, of what counts up per second. */
  most(name: string): Float64Array
  /** By how much a number that counts up rose in each step. */
  rise(name: string): Float64Array
}

/** Numbers that are those of the machine, whichever of its hosts is asked about. */
export function isOfMachine(name: string): boolean {
  return name.startsWith('system.') || name.startsWith('disk/')
}

/** Reads what is `wanted` of a host and of the machine that it is on. */
export async function readFrame(
  host: Series,
  machine: Series | undefined,
  { level, startMs, endMs }: Span & { readonly level: number },
  wanted: ReadonlySet<string>,
): Promise<Frame> {
  const { stepMs } = tiers[level]
  const first = floorTo(startMs, stepMs)
  const span = { startMs: first, endMs: Math.max(first, ceilTo(endMs, stepMs)) }
  const read = (series: Series | undefined, own: (name: string) => boolean) => {
    const isAsked = (name: string) => own(name) && wanted.has(name)
    return series && [...wanted].some(own) ? series.read(level, span, isAsked) : undefined
  }
  const [ofHost, ofMachine] = await Promise.all([
    read(host, (name) => !isOfMachine(name)),
    read(machine, isOfMachine),
  ])
  const count = (span.endMs - span.startMs) / stepMs
  return frameOf({ startMs: span.startMs, stepMs, count }, ofHost, ofMachine)
}

function frameOf(
  place: Pick<Frame, 'startMs' | 'stepMs' | 'count'>,
  ofHost: Points | undefined,
  ofMachine: Points | undefined,
): Frame {
  const find = (name: string) => {
    const points = isOfMachine(name) ? ofMachine : ofHost
    const column = points?.columns.get(name)
    return points && column ? { elapsed: points.elapsed, ...column } : undefined
  }
  const perSecond = (rises: Float64Array, elapsed: Float64Array) =>
    rises.map((rise, i) => (elapsed[i] > 0 ? (rise / elapsed[i]) * 1000 : Number.NaN))
  const average = (name: string) => {
    const found = find(name)
    if (!found) return unknown(place.count)
    return found.counter ? perSecond(found.values, found.elapsed) : found.values
  }
  return {
    ...place,
    average,
    most: (name) => find(name)?.most ?? average(name),
    rise: (name) => find(name)?.values ?? unknown(place.count),
  }
}
