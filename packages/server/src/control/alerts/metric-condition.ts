import { setImmediate as turn } from 'node:timers/promises'
import type { AlertConfig, MetricThreshold } from '../alert-configs/alert-config.js'
import { convert } from '../alert-configs/units.js'
import { type Measurement, measurements } from '../metrics/measurements.js'
import type { DataPoint, Measurable, MeasuredPart } from '../metrics/queries.js'
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
/** Of all hosts of a project at one look. */
const MOST_QUERIES = 5_000

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
      const average = (await averagesOf(scene, host, of, part)).get(metric.name)
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

type Averages = ReadonlyMap<string, number>

const asked = new WeakMap<Scene, Map<string, Promise<Averages>>>()

/** The averages of all measurements that are watched of a part, however many configurations ask for them. */
function averagesOf(
  scene: Scene,
  host: Host,
  of: Measurable,
  part: MeasuredPart,
): Promise<Averages> {
  const known = asked.get(scene) ?? new Map<string, Promise<Averages>>()
  asked.set(scene, known)
  const key = [host.id, part.scope, part.name].join(' ')
  const before = known.get(key)
  if (before) return before
  if (known.size >= MOST_QUERIES) return Promise.resolve(new Map())
  const averages = readAverages(scene, host, of, part)
  known.set(key, averages)
  return averages
}

/** Each over the minute, or the samples, that end with the latest one; without any it is missing. */
async function readAverages(
  { sources: { metrics, sampleMs }, watched }: Scene,
  host: Host,
  of: Measurable,
  part: MeasuredPart,
): Promise<Averages> {
  // What is in memory answers without a pause, and others want to be served in between.
  await turn()
  const names = measurements
    .filter(({ name, scope }) => scope === part.scope && watched.has(name))
    .map(({ name }) => name)
  const windowMs = Math.max(WINDOW_MS, sampleMs)
  // Samples come by the clock of the machine.
  const endMs = Date.now()
  const granularityMs = windowMs > WINDOW_MS ? COARSE_MS : FINE_MS
  const period = { startMs: endMs - windowMs * 2 - LATE_MS, endMs, granularityMs }
  const found = await metrics.measurements(of, hostPortOf(host), part, period, names)
  const averages = new Map<string, number>()
  for (const { name, dataPoints } of found) {
    const average = latestAverage(dataPoints, windowMs)
    if (average !== undefined) averages.set(name, average)
  }
  return averages
}

function latestAverage(dataPoints: readonly DataPoint[], windowMs: number): number | undefined {
  const points = dataPoints.flatMap(({ atMs, value }) => (value === null ? [] : [{ atMs, value }]))
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
