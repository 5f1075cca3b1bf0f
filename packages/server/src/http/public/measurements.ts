import { publicApi } from '@gantry/api'
import type { Control } from '../../control/control.js'
import { measurements } from '../../control/metrics/measurements.js'
import type { MeasuredPart } from '../../control/metrics/queries.js'
import { refusal } from '../../control/refusal.js'
import { type Host, measurableOf } from '../../control/topology/host.js'
import { databaseIn, hostIn } from './hosts.js'
import { type PeriodQuery, readPeriod } from './periods.js'
import { type Entity, linkTo, listing, path, self } from './result.js'
import { type PublicRoute, route } from './route.js'

export const measurementRoutes: readonly PublicRoute[] = [
  route(publicApi.getHostMeasurements, async (call) => {
    const host = await hostIn(call)
    return present(call, host, { scope: 'host' }, at(host))
  }),
  route(publicApi.listDisks, async (call) => {
    const host = await hostIn(call)
    return listing(await partitionsOf(call.control, host), (name) => presentDisk(host, name))
  }),
  route(publicApi.getDisk, async (call) => {
    const host = await hostIn(call)
    return presentDisk(host, await partitionIn(call.control, host, call.params.partitionName))
  }),
  route(publicApi.getDiskMeasurements, async (call) => {
    const host = await hostIn(call)
    const name = await partitionIn(call.control, host, call.params.partitionName)
    return present(call, host, { scope: 'disk', name }, at(host) + path`/disks/${name}`)
  }),
  route(publicApi.getDatabaseMeasurements, async (call) => {
    const host = await hostIn(call)
    const name = await databaseIn(host, call.params.databaseName)
    return present(call, host, { scope: 'database', name }, at(host) + path`/databases/${name}`)
  }),
]

interface Asked {
  readonly control: Control
  readonly query: PeriodQuery & { readonly m: readonly string[] }
  readonly now: () => number
}

function at({ project, id }: Host): string {
  return path`/groups/${project}/hosts/${id}`
}

function nameOf({ hostname, port }: Host): string {
  return `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
}

async function partitionsOf(control: Control, host: Host): Promise<string[]> {
  return (await control.metrics.partitions(measurableOf(host), nameOf(host))).sort()
}

async function partitionIn(control: Control, host: Host, name: string): Promise<string> {
  if ((await partitionsOf(control, host)).includes(name)) return name
  throw refusal('DEVICE_NOT_FOUND', name)
}

function presentDisk(host: Host, name: string): Entity {
  return { partitionName: name, links: [self(at(host) + path`/disks/${name}`)] }
}

async function present(
  { control, query, now }: Asked,
  host: Host,
  part: MeasuredPart,
  entity: string,
): Promise<Entity> {
  const { m: wanted, granularity } = query
  const period = readPeriod(query, now())
  const isKnown = (name: string) =>
    measurements.some((one) => one.name === name && one.scope === part.scope)
  const unknown = wanted.find((name) => !isKnown(name))
  if (unknown !== undefined) throw refusal('INVALID_METRIC_NAME', unknown)
  const names = wanted.length > 0 ? wanted : undefined
  const of = measurableOf(host)
  const found = await control.metrics.measurements(of, nameOf(host), part, period, names)
  const start = new Date(period.startMs)
  const end = new Date(period.endMs)
  return {
    databaseName: part.scope === 'database' ? part.name : undefined,
    partitionName: part.scope === 'disk' ? part.name : undefined,
    end,
    granularity,
    groupId: host.project,
    hostId: host.id,
    measurements: found.map(({ name, units, dataPoints }) => ({
      name,
      units,
      dataPoints: dataPoints.map(({ atMs, value }) => ({ timestamp: new Date(atMs), value })),
    })),
    processId: nameOf(host),
    start,
    links: [
      self(entity + measuredQuery(query)),
      ...(part.scope === 'host' ? [] : [linkTo('hostID', at(host))]),
    ],
  }
}

/** What a measurement cannot be asked for without. */
function measuredQuery({ granularity, period, start, end, m }: Asked['query']): string {
  const query = new URLSearchParams({ granularity })
  if (period !== undefined) query.set('period', period)
  if (start) query.set('start', start.toISOString())
  if (end) query.set('end', end.toISOString())
  for (const name of m) query.append('m', name)
  return `/measurements?${query}`
}
