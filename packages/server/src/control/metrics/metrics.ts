/**
 * What instances and this machine do, sampled again and again and kept over time.
 *
 * Every server samples the instances that run on it, and its machine. An instance that several
 * servers reach, as an attached one, is sampled by one of them.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { HostStatistics, Service } from '../../services/driver.js'
import { type Instance, instances } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import type { State } from '../state.js'
import { claimsFor } from './claims.js'
import { type MeasuredHost, measuredHosts } from './measured-hosts.js'
import { type MetricQueries, metricQueries } from './queries.js'
import { sampleBetween } from './reading.js'
import { createSampler, type Source } from './sampler.js'
import { subjects } from './tables.js'
import { understandings } from './understandings.js'
import { createWatch, type Latest } from './watch.js'

/** The rates of a host, by the name of the number that counts up. */
export interface HostRates {
  readonly host: string
  readonly perSecond: { readonly [name: string]: number }
}

export interface Metrics extends MetricQueries {
  /** Samples from now on, every instance at its own moment; does nothing when it does so already. */
  start(failed?: (what: string, error: unknown) => void): void
  /** Looks what is due, as `start` does every second; resolves when that has answered, or failed. */
  tick(): Promise<void>
  /** Samples an instance now, whether or not it is due. */
  sample(instance: Instance): Promise<void>
  /** The same for a host that is no instance's. */
  sampleHost(id: string): Promise<void>
  /** What each host of an instance says now. Rejects when it says nothing. */
  statistics(instance: Instance): Promise<readonly HostStatistics[]>
  /** By how much its counters rise a second, as the latest samples say, or two that are taken now. */
  perSecond(instance: Instance): Promise<HostRates[]>
  /** What every host and machine that is sampled here said last, if that is not too long ago. */
  latest(): readonly Latest[]
  /** Deletes what is kept of an instance. */
  remove(instance: Pick<Instance, 'id'>): Promise<void>
  /** Deletes what is kept of instances that there are no longer, and of hosts that were gone before too. */
  sweep(): Promise<void>
  /** Ends sampling and writes what is not written yet. */
  close(): Promise<void>
}

export interface MetricsOptions {
  readonly state: State
  readonly registry: InstanceRegistry
  /** Hosts that are no instance's; cheap, as it is asked every second. */
  readonly hosts?: () => readonly MeasuredHost[]
  /** The id of this server, which stands for its machine. */
  readonly server: string
  /** From one sample to the next; 0 samples nothing. */
  readonly intervalMs: number
  /** What this machine does. */
  readMachine(): Promise<HostStatistics['values']>
  now?(): number
}

const TICK_MS = 1_000
const SWEEP_MS = 3_600_000
const CLOSE_MS = 500
/** How long two samples are apart that are taken to see rates. */
const LOOK_MS = 1_000
/** After as many intervals without an answer nothing is known of now. */
const FRESH_INTERVALS = 3.5

export function metricsOf(options: MetricsOptions): Metrics {
  const { state, registry, server, intervalMs, readMachine, now = Date.now } = options
  const watch = createWatch({ state, machine: server, intervalMs, now })
  const claims = claimsFor(state, server, now)
  const hosts = measuredHosts(options.hosts ?? (() => []), watch, claims)
  /** What was missing at the last sweep; another server may know of it sooner than this one. */
  let missing = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let report: (what: string, error: unknown) => void = () => {}
  let sweptMs = now()

  async function statistics(instance: Instance): Promise<readonly HostStatistics[]> {
    const running = await registry.service(instance)
    if (!running.statistics) {
      throw new AppError('unsupported', `instance "${instance.name}" tells no statistics`)
    }
    return running.statistics()
  }

  async function sample(instance: Instance): Promise<void> {
    await watch.take(instance, await statistics(instance))
  }

  const machineSource: Source = {
    id: server,
    sample: async () => watch.takeMachine(await readMachine()),
  }

  function sources(): Source[] {
    const here = registry.all().filter((each) => registry.isHere(each) && registry.started(each))
    const ofInstances = here.map((instance) => sourceOf(instance.id))
    return [machineSource, ...ofInstances, ...hosts.sources()]
  }

  function sourceOf(id: string): Source {
    return {
      id,
      async sample() {
        const instance = registry.byId(id)
        const running = instance && (await registry.started(instance))
        if (!instance || !running?.statistics) return
        if (instance.home === undefined && !(await claims.hold(id))) return watch.leave(id)
        await watch.take(instance, await running.statistics())
      },
    }
  }

  const sampler = createSampler({
    intervalMs,
    sources,
    now,
    failed(id, error) {
      report(registry.byId(id)?.name ?? hosts.nameOf(id) ?? 'this machine', error)
    },
  })

  const sweep = async () => {
    const kept = await state.list(subjects)
    const ids = new Set(kept.filter(({ service }) => service !== 'machine').map(({ id }) => id))
    const hostIds = [...ids].filter(hosts.isHostId)
    const instanceIds = [...ids].filter((id) => !hosts.isHostId(id))
    for (const id of await gone(instanceIds, state, registry)) await watch.remove(id)
    const unknown = hostIds.filter((id) => hosts.nameOf(id) === undefined)
    for (const id of unknown.filter((id) => missing.has(id))) await watch.removeHost(id)
    missing = new Set(unknown)
  }

  function isFresh({ reading }: Latest): boolean {
    return now() - reading.atMs <= Math.max(intervalMs, TICK_MS) * FRESH_INTERVALS
  }

  async function tick(): Promise<void> {
    const sampled = intervalMs > 0 ? sampler.tick() : undefined
    if (now() - sweptMs >= SWEEP_MS) {
      sweptMs = now()
      await sweep().catch((error: unknown) => report('what is gone', error))
    }
    await sampled
  }

  return {
    ...metricQueries({ state, watch, registry, now }),
    start(failed = () => {}) {
      report = failed
      timer ??= setInterval(() => void tick(), TICK_MS).unref()
    },
    tick,
    sample,
    sampleHost: hosts.sample,
    statistics,
    async perSecond(instance) {
      const latest = watch.latest(instance.id).filter(isFresh)
      const known = latest.filter((each) => each.sample.elapsedMs > 0)
      if (known.length > 0 && known.length === latest.length) {
        return known.map(({ hostName, sample }) => ({ host: hostName, perSecond: rates(sample) }))
      }
      return lookTwice(() => statistics(instance), instance.service, now)
    },
    latest: () => watch.latest().filter(isFresh),
    remove: ({ id }) => watch.remove(id),
    sweep,
    async close() {
      clearInterval(timer)
      timer = undefined
      report = () => {}
      await withoutHanging(sampler.settled())
      await watch.flush()
    },
  }
}

/** Resolves in a moment at the latest. */
async function withoutHanging(settled: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS)
  })
  await Promise.race([settled, late])
  clearTimeout(timer)
}

/** Instances that there are no longer, though something is kept of them. */
async function gone(
  ids: readonly string[],
  state: State,
  registry: InstanceRegistry,
): Promise<string[]> {
  const found: string[] = []
  for (const id of ids) {
    // The state knows of instances that other servers have just made.
    if (registry.byId(id) || (await state.find(instances, { _id: new ObjectId(id) }))) continue
    found.push(id)
  }
  return found
}

/** The rates between two looks, a moment apart. */
async function lookTwice(
  look: () => Promise<readonly HostStatistics[]>,
  service: Service,
  now: () => number,
): Promise<HostRates[]> {
  const first = { hosts: await look(), atMs: now() }
  await sleep(LOOK_MS)
  const second = { hosts: await look(), atMs: now() }
  return second.hosts.flatMap(({ host, values }) => {
    const before = first.hosts.find((each) => each.host === host)
    if (!before) return []
    const sample = sampleBetween(
      { atMs: first.atMs, values: before.values },
      { atMs: second.atMs, values },
      understandings[service],
      Number.POSITIVE_INFINITY,
    )
    return [{ host, perSecond: rates(sample) }]
  })
}

function rates({ rises, elapsedMs }: Latest['sample']): HostRates['perSecond'] {
  return Object.fromEntries([...rises].map(([name, rise]) => [name, (rise / elapsedMs) * 1000]))
}
