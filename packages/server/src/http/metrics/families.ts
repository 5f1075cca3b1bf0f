import type { Control } from '../../control/control.js'
import type { Latest } from '../../control/metrics/watch.js'
import { DURATIONS, type RequestMeter } from '../request-meter.js'
import type { Family, Labels, Sample } from './exposition.js'
import { type Told, toldAs } from './number-rules.js'

/** What every instance and this machine said last. */
export function sampledFamilies({ metrics, instances }: Control): Family[] {
  const families = new Map<string, { told: Told; samples: Sample[] }>()
  const latest = metrics.latest()
  for (const each of latest) {
    const labels = labelsOf(each, instances)
    if (!labels) continue
    for (const [name, value] of Object.entries(each.reading.values)) {
      const told = toldKnown(each.service, name)
      const family = families.get(told.family) ?? { told, samples: [] }
      families.set(told.family, family)
      family.samples.push({ labels: { ...labels, ...told.labels }, value: value * told.factor })
    }
  }
  const sampled = new Set(latest.map(({ id }) => id))
  return [
    instancesUp(instances, sampled),
    ...[...families].map(([name, { told, samples }]) => ({
      name,
      type: told.type,
      help: told.help,
      samples,
    })),
  ]
}

/** Undefined for what has been deleted meanwhile. */
function labelsOf(
  { id, hostName, service }: Latest,
  instances: Control['instances'],
): Labels | undefined {
  if (service === 'machine') return {}
  const instance = instances.byId(id)
  if (!instance) return undefined
  const address = instances.addressOf(instance)
  const host =
    address && instance.mode !== 'attached' ? `${address.host}:${address.port}` : hostName
  return { ...identity(instance), host }
}

function identity({ name, id, service, account }: ReturnType<Control['instances']['all']>[number]) {
  return { instance_name: name, instance_id: id, service, account }
}

function instancesUp(instances: Control['instances'], sampled: ReadonlySet<string>): Family {
  const here = instances.all().filter((instance) => instances.isHere(instance))
  return {
    name: 'gantry_instance_up',
    type: 'gauge',
    help: 'Whether an instance of this server has said lately what it does',
    samples: here.map((instance) => ({
      labels: { ...identity(instance), mode: instance.mode, state: instance.state },
      value: sampled.has(instance.id) ? 1 : 0,
    })),
  }
}

/** Many numbers have the same names, again and again. */
const known = new Map<string, Told>()
const MOST_KNOWN = 10_000

function toldKnown(service: Latest['service'], name: string): Told {
  const key = `${service} ${name}`
  const found = known.get(key)
  if (found) return found
  const told = toldAs(service, name)
  if (known.size >= MOST_KNOWN) known.clear()
  known.set(key, told)
  return told
}

/** What the HTTP APIs have answered. */
export function requestFamilies(meter: RequestMeter): Family[] {
  const counts = meter.counts()
  return [
    {
      name: 'gantry_http_requests_total',
      type: 'counter',
      help: 'Requests answered, by API, route and status',
      samples: counts.flatMap(({ dialect, route, byStatus }) =>
        [...byStatus].map(([status, value]) => ({
          labels: { dialect, route, status: String(status) },
          value,
        })),
      ),
    },
    {
      name: 'gantry_http_request_duration_seconds',
      type: 'histogram',
      help: 'From a request to the end of its answer',
      samples: counts.flatMap(({ dialect, route, durations, seconds }) =>
        histogram({ dialect, route }, durations, seconds),
      ),
    },
  ]
}

function histogram(labels: Labels, durations: Float64Array, seconds: number): Sample[] {
  let count = 0
  const buckets = [...durations].map((own, i) => {
    count += own
    const le = i < DURATIONS.length ? String(DURATIONS[i]) : '+Inf'
    return { suffix: '_bucket', labels: { ...labels, le }, value: count }
  })
  return [
    ...buckets,
    { suffix: '_sum', labels, value: seconds },
    { suffix: '_count', labels, value: count },
  ]
}

/** Work that outlives its request. */
export async function taskFamilies({ tasks }: Control): Promise<Family[]> {
  const unfinished = await tasks.list({ state: { $in: ['queued', 'running'] } }, MOST_TASKS)
  const counts = new Map<string, number>()
  for (const { kind, state } of unfinished) {
    const key = `${kind} ${state}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [
    {
      name: 'gantry_tasks',
      type: 'gauge',
      help: 'Tasks that have not finished, of all servers that share the state',
      samples: [...counts].map(([key, value]) => {
        const [kind, state] = key.split(' ')
        return { labels: { kind, state }, value }
      }),
    },
  ]
}

const MOST_TASKS = 10_000
