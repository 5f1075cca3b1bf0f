/** The numbers of a host at one moment, by the names of its service. */
export interface HostNumbers {
  readonly host: string
  readonly values: { readonly [name: string]: number }
}

/** A Redis or Elasticsearch instance at one moment. */
export interface HostsSample {
  readonly instance: string
  readonly version: string | undefined
  /** When the answer was there, by our clock. */
  readonly takenMs: number
  readonly hosts: readonly HostNumbers[]
}

/** What some hosts have at one moment, and did since the moment before. */
export interface Reading {
  readonly hosts: readonly HostNumbers[]
  /** Undefined when no host has this number. */
  sum(name: string): number | undefined
  /** By how much a counter grew; undefined for a first look. */
  perSecond(name: string): number | undefined
}

/** Names, by which a service tells how long a host has been up. */
const UPTIMES = ['uptime_in_seconds', 'jvm.uptime_in_millis']

/** Reads these hosts, which are some or all of those in `sample`; a host that is new has no rates yet. */
export function readingOf(
  hosts: readonly HostNumbers[],
  sample: HostsSample,
  before: HostsSample | undefined,
): Reading {
  const elapsedMs = before === undefined ? 0 : sample.takenMs - before.takenMs
  const known = new Map(before?.hosts.map((each) => [each.host, each]))
  return {
    hosts,
    sum: (name) => add(hosts.map(({ values }) => values[name])),
    perSecond(name) {
      if (elapsedMs <= 0) return undefined
      const growth = add(hosts.map((each) => grown(known.get(each.host), each, name)))
      return growth === undefined ? undefined : (growth * 1000) / elapsedMs
    },
  }
}

/** A counter that fell, or whose host was started anew, has counted from zero. */
function grown(before: HostNumbers | undefined, after: HostNumbers, name: string) {
  const [from, to] = [before?.values[name], after.values[name]]
  if (before === undefined || to === undefined) return undefined
  const restarted = UPTIMES.some((uptime) => after.values[uptime] < before.values[uptime])
  return from === undefined || restarted || to < from ? to : to - from
}

function add(numbers: readonly (number | undefined)[]): number | undefined {
  const told = numbers.filter((each) => each !== undefined)
  return told.length === 0 ? undefined : told.reduce((sum, each) => sum + each, 0)
}
