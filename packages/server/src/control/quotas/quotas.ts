/**
 * How much of its plan each instance has used, and what follows from it: a warning from 90 %
 * on, and at 100 % an end to growth where the service can refuse it. Reading and deleting go
 * on, and the refusal ends with the next measurement that finds room, or a larger plan.
 */
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import type { Log } from '../log.js'

export type QuotaLevel = 'ok' | 'warning' | 'full'

/** What an instance has used, when it was measured last. */
export interface Usage {
  readonly usedBytes: number
  readonly capacityBytes: number
  readonly level: QuotaLevel
  readonly measuredMs: number
}

/** Is told when an instance comes to another level. */
export type QuotaListener = (instance: Instance, usage: Usage, before: QuotaLevel) => void

export interface Quotas {
  /** Undefined: not measured yet, or its service does not say. */
  usage(instance: Pick<Instance, 'id'>): Usage | undefined
  /** What the plan of an instance holds. */
  capacityBytes(instance: Instance): number
  /** Measures all instances that run here, and acts on it. */
  measure(): Promise<void>
  onChange(listener: QuotaListener): void
  forget(instance: Pick<Instance, 'id'>): void
  /** Measures again and again from now on. */
  start(): void
  stop(): Promise<void>
}

export interface QuotaOptions {
  readonly registry: InstanceRegistry
  readonly log: Log
  /** Whether an instance that is full is refused writes; the first start's, whose plan nobody chose, never is. */
  readonly refuses: (instance: Instance) => boolean
  /** What a plan holds, unless it is what it says. */
  readonly capacityBytes?: (instance: Instance) => number
  /** How often to measure. Default: 5 s. */
  readonly everyMs?: number
}

const EVERY_MS = 5_000
const WARNING_SHARE = 0.9
const MIB = 2 ** 20
const GIB = 2 ** 30

export function quotasOf(options: QuotaOptions): Quotas {
  const { registry, log, refuses, capacityBytes = capacityOf, everyMs = EVERY_MS } = options
  const usages = new Map<string, Usage>()
  const listeners: QuotaListener[] = []
  let timer: NodeJS.Timeout | undefined
  let measuring: Promise<void> | undefined

  async function measureOne(instance: Instance): Promise<void> {
    const service = await registry.service(instance)
    if (!service.usedBytes) return
    const usedBytes = await service.usedBytes()
    // As it is now: the plan may have grown while that was asked.
    const latest = registry.byId(instance.id)
    if (!latest) return
    const capacity = capacityBytes(latest)
    const level = levelOf(usedBytes / capacity)
    const usage = { usedBytes, capacityBytes: capacity, level, measuredMs: Date.now() }
    const before = usages.get(latest.id)?.level ?? 'ok'
    usages.set(latest.id, usage)
    // Said each time, as the service may have been started anew.
    const isRefused = level === 'full' && refuses(latest)
    service.refuseGrowth?.(isRefused ? refusalText(latest, usage) : undefined)
    if (before === level) return
    tell(latest, usage, isRefused && service.refuseGrowth !== undefined)
    for (const listener of listeners) listener(latest, usage, before)
  }

  function tell({ id, name }: Instance, usage: Usage, isRefused: boolean): void {
    const { level } = usage
    const text = `instance "${name}" has used ${shareText(usage)}`
    const fields = { instance: id, ...usage }
    if (level === 'ok') log.info(fields, text)
    else log.warn(fields, isRefused ? `${text}; it is refused what would make it grow` : text)
  }

  async function measureAll(): Promise<void> {
    const here = registry.all().filter((instance) => isReady(instance) && registry.isHere(instance))
    for (const instance of here) {
      // One that does not answer has been told of where it failed, and is not any fuller.
      await measureOne(instance).catch(() => {})
    }
  }

  function measure(): Promise<void> {
    measuring ??= measureAll().finally(() => {
      measuring = undefined
    })
    return measuring
  }

  return {
    usage: ({ id }) => usages.get(id),
    capacityBytes,
    measure,
    onChange: (listener) => void listeners.push(listener),
    forget: ({ id }) => void usages.delete(id),
    start() {
      timer = setInterval(measure, everyMs)
      void measure()
    },
    async stop() {
      clearInterval(timer)
      await measuring
    },
  }
}

function isReady({ state, mode }: Instance): boolean {
  // What is attached has the room that its owner gives it.
  return mode !== 'attached' && (state === 'ACTIVE' || state === 'COMPLETED' || state === 'RESIZE')
}

function capacityOf({ service, plan }: Instance): number {
  return plan * (service === 'redis' ? MIB : GIB)
}

function levelOf(share: number): QuotaLevel {
  if (share >= 1) return 'full'
  return share >= WARNING_SHARE ? 'warning' : 'ok'
}

function shareText({ usedBytes, capacityBytes }: Usage): string {
  const share = ((100 * usedBytes) / capacityBytes).toFixed(1)
  return `${share} % of its plan, ${sizeText(usedBytes)} of ${sizeText(capacityBytes)}`
}

function sizeText(bytes: number): string {
  return bytes >= GIB ? `${(bytes / GIB).toFixed(2)} GiB` : `${(bytes / MIB).toFixed(1)} MiB`
}

function refusalText({ name }: Instance, usage: Usage): string {
  return `instance "${name}" has used ${shareText(usage)}: delete data, or give it a larger plan`
}
