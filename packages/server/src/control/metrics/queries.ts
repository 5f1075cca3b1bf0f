/** What has been kept of the numbers of instances, as the APIs ask for it. */
import { AppError } from '../../errors.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { hostOf } from '../shards/shards.js'
import type { State } from '../state.js'
import type { Span } from './block-store.js'
import { type Frame, readFrame } from './frame.js'
import { type Measurement, measurements, type Scope } from './measurements.js'
import { openSeries, type Series } from './series.js'
import { subjects } from './tables.js'
import { floorTo, tiers } from './tiers.js'
import { ONLY_HOST, type Watch } from './watch.js'

/** A number at a step of time; null where there is a gap. */
export interface DataPoint {
  readonly atMs: number
  readonly value: number | null
}

/** Over which time, and how finely: 10 s, 1 min, 5 min, 1 h or 1 d. */
export interface Period extends Span {
  readonly granularityMs: number
}

/** What a measurement is of: a host alone, or a partition of its disk or a database by name. */
export interface MeasuredPart {
  readonly scope: Scope
  /** Of the partition or database. */
  readonly name?: string
}

export interface Measured extends Pick<Measurement, 'name' | 'units'> {
  readonly dataPoints: readonly DataPoint[]
}

/** What is measured: an instance, by its hosts, or a host that is no instance's. */
export type Measurable = Instance | { readonly hostId: string }

export interface MetricQueries {
  /** The hosts of an instance that numbers are kept of, as `host:port`. */
  hosts(instance: Instance): Promise<string[]>
  /** Names of the numbers that are kept of a host, its machine's included. */
  names(of: Measurable, host: string): Promise<string[]>
  /** The partitions that disks are measured of. */
  partitions(of: Measurable, host: string): Promise<string[]>
  /**
   * A number over time, at every step of the period: its average, or for one that counts up
   * by how much a second it rose. Empty when there is no such host or number.
   */
  series(instance: Instance, host: string, name: string, period: Period): Promise<DataPoint[]>
  /**
   * What is measured of a host or a part of it, under the names of the Public API: all that
   * there is, or those named. Rejects with `not_found` for a name that there is not.
   */
  measurements(
    of: Measurable,
    host: string,
    part: MeasuredPart,
    period: Period,
    wanted?: readonly string[],
  ): Promise<Measured[]>
}

/** 1 of the member that takes writes. */
const PRIMARY = 'replication.isPrimary'

/** Points that one series may have in an answer. */
export const MOST_POINTS = 10_000

interface Sources {
  readonly host: Series
  readonly machine: Series | undefined
}

export interface QueryOptions {
  readonly state: State
  readonly watch: Watch
  readonly registry: InstanceRegistry
  now(): number
}

export function metricQueries({ state, watch, registry, now }: QueryOptions): MetricQueries {
  async function hosts(instance: Instance): Promise<string[]> {
    const known = await state.list(subjects, { id: instance.id })
    return known.map(({ host }) => hostName(instance, host)).sort()
  }

  /** The only host is known by the address at which the instance is reached now. */
  function hostName(instance: Instance, host: string): string {
    return host === ONLY_HOST ? hostOf(instance, registry.addressOf(instance)) : host
  }

  /** The address of an instance stands for its primary where it has several hosts. */
  async function find(of: Measurable, name: string): Promise<Sources | undefined> {
    if ('hostId' in of) return withMachine(await seriesOf(of.hostId, ONLY_HOST))
    const { id } = of
    const isAddress = hostName(of, ONLY_HOST) === name
    const found = await seriesOf(id, isAddress ? ONLY_HOST : name)
    const host = found ?? (isAddress ? await primaryOf(id) : undefined)
    return withMachine(host)
  }

  async function withMachine(host: Series | undefined): Promise<Sources | undefined> {
    return host && { host, machine: await seriesOf(host.machine, '') }
  }

  async function primaryOf(id: string): Promise<Series | undefined> {
    const primary = watch.latest(id).find(({ reading }) => reading.values[PRIMARY] === 1)
    const host = primary?.host ?? (await state.find(subjects, { id }, { sort: { _id: 1 } }))?.host
    return host === undefined ? undefined : seriesOf(id, host)
  }

  async function seriesOf(id: string, host: string): Promise<Series | undefined> {
    return watch.series({ id, host }) ?? (await openSeries(state, { id, host }))
  }

  async function frameOf(
    { host, machine }: Sources,
    { startMs, endMs, granularityMs }: Period,
    wanted: ReadonlySet<string>,
  ): Promise<Frame> {
    const level = levelOf(granularityMs)
    const oldestMs = floorTo(now() - tiers[level].keepMs, granularityMs)
    const frame = await readFrame(host, machine, { level, startMs, endMs }, wanted)
    return oldestMs <= frame.startMs ? frame : withoutOlder(frame, oldestMs)
  }

  return {
    hosts,
    async names(of, host) {
      const found = await find(of, host)
      return found ? namesOf(found) : []
    },
    async partitions(of, host) {
      const found = await find(of, host)
      const parts = (found?.machine?.names() ?? []).flatMap((name) => partsOf('disk', name))
      return [...new Set(parts)]
    },
    async series(instance, host, name, period) {
      checkPeriod(period)
      const found = await find(instance, host)
      const known = found ? namesOf(found) : []
      const stand = known.includes(name) ? name : standInFor(name)
      if (!found || !known.includes(stand)) return []
      const frame = await frameOf(found, period, new Set([stand]))
      const values = frame.average(stand)
      return pointsOf(frame, stand === name ? values : values.map((value) => value * 0))
    },
    async measurements(of, host, part, period, wanted) {
      checkPeriod(period)
      const chosen = choose(part.scope, wanted)
      const found = await find(of, host)
      const at = placeOf(part)
      const known = new Set(found ? namesOf(found) : [])
      const isKnown = ({ needs }: Measurement) => needs.every((need) => known.has(at(need)))
      const offered = wanted ? chosen : chosen.filter(isKnown)
      if (!found) return offered.map(({ name, units }) => ({ name, units, dataPoints: [] }))
      const beforeMs = Math.max(0, ...offered.map((each) => each.beforeMs ?? 0))
      const needs = new Set(offered.flatMap(({ needs }) => needs.map(at)))
      const frame = await frameOf(found, { ...period, startMs: period.startMs - beforeMs }, needs)
      const startMs = floorTo(period.startMs, period.granularityMs)
      return offered.map(({ name, units, values }) => ({
        name,
        units,
        dataPoints: pointsOf(frame, values(frame, at)).filter(({ atMs }) => atMs >= startMs),
      }))
    },
  }
}

function namesOf({ host, machine }: Sources): string[] {
  return [...host.names(), ...(machine?.names() ?? [])]
}

/** What databases no longer count is zero wherever they count this. */
function standInFor(name: string): string {
  const [, database] = /^db\/([^/]+)\/time(?:Acquiring|Locked)Micros\.[rw]$/.exec(name) ?? []
  if (database !== undefined) return `db/${database}/objects`
  return name === 'mem.mapped' ? 'mem.resident' : name
}

/** Those of a scope, all or some; rejects what there is not. */
function choose(scope: Scope, wanted: readonly string[] | undefined): Measurement[] {
  const all = measurements.filter((each) => each.scope === scope)
  if (!wanted) return all
  return wanted.map((name) => {
    const found = all.find((each) => each.name === name)
    if (!found) throw new AppError('not_found', `there is no metric ${name}`)
    return found
  })
}

/** Where the numbers of a part are found by the last part of their names. */
function placeOf({ scope, name }: MeasuredPart): (need: string) => string {
  if (scope === 'host') return (need) => need
  const prefix = scope === 'disk' ? 'disk' : 'db'
  return (need) => `${prefix}/${name}/${need}`
}

/** `disk/sda1/reads` -> `sda1` */
function partsOf(prefix: string, name: string): string[] {
  const [first, part] = name.split('/')
  return first === prefix && part !== undefined ? [part] : []
}

function levelOf(granularityMs: number): number {
  const level = tiers.findIndex(({ stepMs }) => stepMs === granularityMs)
  if (level < 0) {
    const known = tiers.map(({ stepMs }) => stepMs / 1000).join(', ')
    throw new AppError('invalid', `the granularity is none of ${known} seconds`)
  }
  return level
}

function checkPeriod({ startMs, endMs, granularityMs }: Period): void {
  levelOf(granularityMs)
  if (!(startMs <= endMs)) throw new AppError('invalid', 'the time ends before it begins')
  if ((endMs - startMs) / granularityMs > MOST_POINTS) {
    throw new AppError('invalid', `these are more than ${MOST_POINTS} points`)
  }
}

/** What is too old is gone, also where its block is not yet. */
function withoutOlder(frame: Frame, oldestMs: number): Frame {
  const cut = (values: Float64Array) =>
    values.map((value, i) => (frame.startMs + i * frame.stepMs < oldestMs ? Number.NaN : value))
  return {
    ...frame,
    average: (name) => cut(frame.average(name)),
    most: (name) => cut(frame.most(name)),
    rise: (name) => cut(frame.rise(name)),
  }
}

function pointsOf({ startMs, stepMs }: Frame, values: Float64Array): DataPoint[] {
  return Array.from(values, (value, i) => ({
    atMs: startMs + i * stepMs,
    value: Number.isNaN(value) ? null : value,
  }))
}
