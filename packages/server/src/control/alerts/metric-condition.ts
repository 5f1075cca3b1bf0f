import type { AlertConfig, MetricThreshold } from '../alert-configs/alert-config.js'
import { convert } from '../alert-configs/units.js'
import { type Measurement, measurements } from '../metrics/measurements.js'
import type { Measurable, MeasuredPart } from '../metrics/queries.js'
import { type Host, measurableOf } from '../topology/host.js'
import { type Candidate, hostDescribed, hostPortOf } from './candidates.js'
import { isDown } from './host-conditions.js'
import type { Scene } from './scene.js'

/** Over which time the average is taken. */
const WINDOW_MS = 60_000
/** How old what is measured elsewhere may be until it is in the state. */
const LATE_MS = 120_000
const FINE_MS = 10_000
const COARSE_MS = 60_000
/** Of one host; what there is more of is not looked at. */
const MOST_PARTS = 200

/** Hosts, or their disks or databases, with the average of a measurement over the last minute. */
export async function outsideThreshold(
  scene: Scene,
  { metricThreshold }: AlertConfig,
): Promise<Candidate[]> {
  const metric = measurements.find(({ name }) => name === metricThreshold?.metricName)
  if (!metricThreshold || !metric) return []
  const clusters = await scene.clusters()
  const found: Candidate[] = []
  for (const host of await scene.alertingHosts()) {
    const of = measurableOf(host)
    const described = hostDescribed(host, clusters)
    for (const part of await partsOf(scene, host, of, metric)) {
      const average = await averageOf(scene, host, of, part, metric)
      // A database that is gone tells nothing, while its host does.
      if (average === undefined && part.scope === 'database' && !isDown(host)) continue
      found.push({
        ...described,
        target: part.name === undefined ? host.id : `${host.id} ${part.scope} ${part.name}`,
        subject: {
          ...described.subject,
          name: nameOf(host, part),
          metricName: metric.name,
        },
        ...judge(average, metric, metricThreshold),
      })
    }
  }
  return found
}

function nameOf(host: Host, { scope, name }: MeasuredPart): string {
  return name === undefined ? hostPortOf(host) : `${hostPortOf(host)}, ${scope} ${name}`
}

async function partsOf(
  { sources: { metrics } }: Scene,
  host: Host,
  of: Measurable,
  { scope }: Measurement,
): Promise<MeasuredPart[]> {
  if (scope === 'host') return [{ scope }]
  const names =
    scope === 'disk'
      ? await metrics.partitions(of, hostPortOf(host))
      : databasesIn(await metrics.names(of, hostPortOf(host)))
  return names
    .sort()
    .slice(0, MOST_PARTS)
    .map((name) => ({ scope, name }))
}

/** `db/shop/objects` -> `shop` */
function databasesIn(names: readonly string[]): string[] {
  const found = names.map((name) => name.split('/')).filter(([first]) => first === 'db')
  return [...new Set(found.map(([, name]) => name))]
}

/** The average over the minute, or the samples, that end with the latest one; undefined without any. */
async function averageOf(
  { sources: { metrics, sampleMs } }: Scene,
  host: Host,
  of: Measurable,
  part: MeasuredPart,
  { name }: Measurement,
): Promise<number | undefined> {
  const windowMs = Math.max(WINDOW_MS, sampleMs)
  // Samples come by the clock of the machine.
  const endMs = Date.now()
  const granularityMs = windowMs > WINDOW_MS ? COARSE_MS : FINE_MS
  const period = { startMs: endMs - windowMs * 2 - LATE_MS, endMs, granularityMs }
  const [found] = await metrics.measurements(of, hostPortOf(host), part, period, [name])
  const points = (found?.dataPoints ?? []).flatMap(({ atMs, value }) =>
    value === null ? [] : [{ atMs, value }],
  )
  const lastMs = points.at(-1)?.atMs
  if (lastMs === undefined) return undefined
  const recent = points.filter(({ atMs }) => atMs > lastMs - windowMs)
  return recent.reduce((sum, { value }) => sum + value, 0) / recent.length
}

function judge(
  average: number | undefined,
  { units: measured }: Measurement,
  { operator, threshold, units }: MetricThreshold,
): Pick<Candidate, 'is' | 'value'> {
  if (average === undefined) return { is: 'unknown' }
  const number = convert(average, measured, units)
  const isTrue = operator === 'GREATER_THAN' ? number > threshold : number < threshold
  return { is: isTrue ? 'true' : 'false', value: { number, units } }
}
