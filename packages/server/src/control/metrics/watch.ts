/**
 * The numbers of what runs on this server as they come in: each subject's latest reading, and
 * its series, to which samples are added.
 */
import { AppError } from '../../errors.js'
import type { HostStatistics } from '../../services/driver.js'
import type { Instance } from '../instances/instances.js'
import type { State } from '../state.js'
import { claims } from './claims.js'
import { type Reading, sampleBetween } from './reading.js'
import { ensureSeries, removeSeries, type Sample, type Series } from './series.js'
import { keyOf, type Subject } from './tables.js'
import { floorTo } from './tiers.js'
import { understandings } from './understandings.js'

/** What a host said last. */
export interface Latest extends Subject {
  /** `host:port`, as the service calls it. */
  readonly hostName: string
  readonly service: keyof typeof understandings
  readonly reading: Reading
  readonly sample: Sample
}

export interface Watch {
  /** Keeps what the hosts of an instance say. */
  take(instance: Instance, hosts: readonly HostStatistics[]): Promise<void>
  /** Keeps what a host says that is no instance's. */
  takeHost(
    host: { readonly id: string; readonly name: string; readonly isHere: boolean },
    values: Reading['values'],
  ): Promise<void>
  /** Keeps what the machine says. */
  takeMachine(values: Reading['values']): Promise<void>
  /** What each host said last, of one instance or of all there is. */
  latest(id?: string): readonly Latest[]
  /** The series of a subject that is sampled here. */
  series(subject: Subject): Series | undefined
  /** Writes all that has not been written yet. */
  flush(): Promise<void>
  /** Leaves an instance to somebody else. */
  leave(id: string): void
  /** Deletes all numbers of an instance, which is gone for good. */
  remove(id: string): Promise<void>
  /** Deletes all numbers of a host, which may come again. */
  removeHost(id: string): Promise<void>
}

export interface WatchOptions {
  readonly state: State
  /** The id of the machine, in the state. */
  readonly machine: string
  readonly intervalMs: number
  now(): number
}

/** The only host of an instance stays the same one when its address changes. */
export const ONLY_HOST = ''
/** How often samples are written, so that a crash loses no more than these. */
const FLUSH_MS = 60_000
/** Rises are told over as many intervals, after samples that failed. */
const MOST_INTERVALS = 3.5
/** Numbers that one host may have; the rest is not kept. */
const MOST_NUMBERS = 2_000

interface Live {
  /** One after the other: what answered late must not meet the next. */
  queue: Promise<void>
  series: Series | undefined
  latest: Latest | undefined
  flushedMs: number
}

export function createWatch({ state, machine, intervalMs, now }: WatchOptions): Watch {
  const live = new Map<string, Live>()
  const removed = new Set<string>()

  function add(
    subject: Subject,
    about: Pick<Latest, 'hostName' | 'service'> & { readonly machine: string },
    values: Reading['values'],
  ): Promise<void> {
    const key = keyOf(subject)
    const entry = live.get(key) ?? emptyAt(now())
    live.set(key, entry)
    const reading = { atMs: now(), values: bounded(values) }
    const { hostName, service } = about
    const mostMs = intervalMs * MOST_INTERVALS
    const before = entry.latest?.reading
    const sample = sampleBetween(before, reading, understandings[service], mostMs)
    entry.latest = { ...subject, hostName, service, reading, sample }
    const record = { ...subject, service, machine: about.machine }
    const kept = entry.queue.then(() => keep(entry, record, sample))
    entry.queue = kept.catch(() => {})
    return kept
  }

  async function keep(
    entry: Live,
    record: Parameters<typeof ensureSeries>[1],
    sample: Sample,
  ): Promise<void> {
    if (removed.has(record.id)) return
    const { atMs } = sample
    entry.series ??= await ensureSeries(state, record, atMs)
    entry.series.add(sample)
    if (floorTo(atMs, FLUSH_MS) === floorTo(entry.flushedMs, FLUSH_MS)) return
    entry.flushedMs = atMs
    try {
      // The rest is of the minute under way, which may get another sample.
      await entry.series.flush(floorTo(atMs, FLUSH_MS))
      await entry.series.complete(atMs)
    } catch (error) {
      // Opened anew, it shows what somebody else has changed; otherwise the samples wait in it.
      if (isConflict(error)) entry.series = undefined
      throw error
    }
  }

  function forget(id: string): Live[] {
    const own = [...live].filter(([, { latest }]) => latest?.id === id)
    for (const [key] of own) live.delete(key)
    return own.map(([, entry]) => entry)
  }

  async function clear(id: string): Promise<void> {
    await Promise.all(forget(id).map(({ queue }) => queue))
    await removeSeries(state, id)
    await state.delete(claims, id)
  }

  return {
    async take({ id, service, mode }, hosts) {
      if (removed.has(id)) return
      const isOnly = hosts.length === 1 && mode !== 'attached'
      const own = mode === 'attached' ? '' : machine
      for (const { host, values } of hosts) {
        const subject = { id, host: isOnly ? ONLY_HOST : host }
        await add(subject, { hostName: host, service, machine: own }, values)
      }
    },
    takeHost: ({ id, name, isHere }, values) => {
      const subject = { id, host: ONLY_HOST }
      const own = isHere ? machine : ''
      return add(subject, { hostName: name, service: 'mongodb', machine: own }, values)
    },
    takeMachine: (values) =>
      add({ id: machine, host: '' }, { hostName: '', service: 'machine', machine }, values),
    latest: (id) =>
      [...live.values()].flatMap(({ latest }) =>
        latest && (id === undefined || latest.id === id) ? [latest] : [],
      ),
    series: (subject) => live.get(keyOf(subject))?.series,
    async flush() {
      const flushes = [...live.values()].map(async (entry) => {
        await entry.queue
        await entry.series?.flush().catch((error: unknown) => {
          // Somebody else goes on with it.
          if (!isConflict(error)) throw error
        })
      })
      await Promise.all(flushes)
    },
    leave: (id) => void forget(id),
    async remove(id) {
      removed.add(id)
      await clear(id)
    },
    removeHost: clear,
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof AppError && error.kind === 'conflict'
}

function emptyAt(nowMs: number): Live {
  return { queue: Promise.resolve(), series: undefined, latest: undefined, flushedMs: nowMs }
}

function bounded(values: Reading['values']): Reading['values'] {
  const entries = Object.entries(values)
  return entries.length <= MOST_NUMBERS
    ? values
    : Object.fromEntries(entries.slice(0, MOST_NUMBERS))
}
