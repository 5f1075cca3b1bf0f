import type { JsonDocument, JsonValue } from '@gantry/client'

/** Kinds of operations that are counted, in the order in which they are shown. */
export const kinds = ['insert', 'query', 'update', 'delete', 'getmore', 'command'] as const

type Kind = (typeof kinds)[number]

/** What readers and writers each do. */
export interface ReadersWriters {
  readonly readers: number | undefined
  readonly writers: number | undefined
}

/** The counters of an instance at one moment; what its server does not have is undefined. */
export interface Sample {
  readonly instance: string
  readonly zone: string | undefined
  readonly version: string | undefined
  /** When the answer was there, by our clock. */
  readonly takenMs: number
  readonly uptimeMs: number | undefined
  readonly operations: { readonly [K in Kind]: number | undefined }
  readonly connections: number | undefined
  readonly connectionsLeft: number | undefined
  readonly queued: ReadersWriters
  readonly active: ReadersWriters
  readonly bytesIn: number | undefined
  readonly bytesOut: number | undefined
  readonly lockMicros: number | undefined
  readonly totalMicros: number | undefined
  /** In MiB. */
  readonly residentMiB: number | undefined
  readonly virtualMiB: number | undefined
}

/** What happened between two samples, per second. */
export interface Rates {
  readonly operations: { readonly [K in Kind]: number | undefined }
  readonly bytesIn: number | undefined
  readonly bytesOut: number | undefined
  /** Share of the time in which a lock was held. */
  readonly lockPercent: number | undefined
}

/** Takes what is there from an answer to `/serverStatus`, an original server's included. */
export function readSample(status: JsonDocument, takenMs: number): Sample {
  const number = (...path: string[]) => toNumber(valueAt(status, path))
  const text = (name: string) => (typeof status[name] === 'string' ? status[name] : undefined)
  const both = (name: string): ReadersWriters => ({
    readers: number('globalLock', name, 'readers'),
    writers: number('globalLock', name, 'writers'),
  })
  const seconds = number('uptime')
  return {
    instance: text('instance') ?? '?',
    zone: text('zone'),
    version: text('version'),
    takenMs,
    uptimeMs: number('uptimeMillis') ?? (seconds === undefined ? undefined : seconds * 1000),
    operations: byKind((kind) => number('opcounters', kind)),
    connections: number('connections', 'current'),
    connectionsLeft: number('connections', 'available'),
    queued: both('currentQueue'),
    active: both('activeClients'),
    bytesIn: number('network', 'bytesIn'),
    bytesOut: number('network', 'bytesOut'),
    lockMicros: number('globalLock', 'lockTime'),
    totalMicros: number('globalLock', 'totalTime'),
    residentMiB: number('mem', 'resident'),
    virtualMiB: number('mem', 'virtual'),
  }
}

/** A server that was started anew in between has counted from zero. */
export function ratesBetween(before: Sample, after: Sample): Rates {
  const clockMs = after.takenMs - before.takenMs
  const upMs = difference(before.uptimeMs, after.uptimeMs)
  const restarted = upMs !== undefined && upMs < 0
  // The server's own clock does not count how long the answers took.
  const elapsedMs = upMs !== undefined && upMs > 0 ? upMs : clockMs
  const grown = (from: number | undefined, to: number | undefined) =>
    difference(restarted ? 0 : from, to)
  const perSecond = (from: number | undefined, to: number | undefined) => {
    const growth = grown(from, to)
    if (growth === undefined || elapsedMs <= 0) return undefined
    return Math.max(0, (growth * 1000) / elapsedMs)
  }
  const locked = grown(before.lockMicros, after.lockMicros)
  const total = grown(before.totalMicros, after.totalMicros) ?? elapsedMs * 1000
  return {
    operations: byKind((kind) => perSecond(before.operations[kind], after.operations[kind])),
    bytesIn: perSecond(before.bytesIn, after.bytesIn),
    bytesOut: perSecond(before.bytesOut, after.bytesOut),
    lockPercent:
      locked === undefined || total <= 0 ? undefined : Math.max(0, (locked / total) * 100),
  }
}

/** An integer that an exact `bigint` was read for is as good as a number here. */
export function toNumber(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined
}

function byKind(value: (kind: Kind) => number | undefined) {
  return Object.fromEntries(kinds.map((kind) => [kind, value(kind)])) as Sample['operations']
}

function difference(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : to - from
}

function valueAt(document: JsonDocument, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = document
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    value = (value as JsonDocument)[name]
  }
  return value
}
