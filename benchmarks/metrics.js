// What does it take to sample an instance every 10 seconds and to keep what it says: processor time
// per sample, bytes that are kept of one host for good, bytes written per day, time of a query?
//
//   node benchmarks/metrics.js [--databases 5]
//
// `idle` is an instance where nothing happens; `busy` one where every counter rises and half of the
// rest changes from sample to sample, at random, which is the worst for what is kept as differences.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openEngine } from '../packages/engine/dist/index.js'
import { sampleBetween } from '../packages/server/dist/control/metrics/reading.js'
import { ensureSeries } from '../packages/server/dist/control/metrics/series.js'
import { blocks } from '../packages/server/dist/control/metrics/tables.js'
import { blockMs, tiers } from '../packages/server/dist/control/metrics/tiers.js'
import { understandings } from '../packages/server/dist/control/metrics/understandings.js'
import { stateIn } from '../packages/server/dist/control/state.js'
import { readMachine } from '../packages/server/dist/machine/machine.js'
import { embeddedDeployment } from '../packages/server/dist/services/mongodb/embedded.js'
import { mongodbStatistics } from '../packages/server/dist/services/mongodb/statistics.js'

const { values: options } = parseArgs({ options: { databases: { type: 'string', default: '5' } } })
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.UTC(2026, 0, 1)
const INTERVAL = 10 * SECOND

const folder = mkdtempSync(join(tmpdir(), 'metrics-benchmark-'))
const engine = await openEngine({ path: join(folder, 'instance') })
const deployment = embeddedDeployment(engine)
try {
  for (let i = 0; i < Number(options.databases); i++) {
    await deployment.insert(`database${i}`, 'things', { _id: i, text: 'x'.repeat(100) })
  }
  const read = mongodbStatistics(deployment)
  const first = await read()
  line(`${Object.keys(first).length} numbers of an instance with ${options.databases} databases`)
  await perCall('reading an embedded instance', 2000, read)
  await perCall('reading the machine', 500, () => readMachine(folder))
  for (const [name, changing] of [
    ['idle', idle],
    ['busy', busy],
  ]) {
    await keep(name, first, changing)
  }
} finally {
  await deployment.close()
  rmSync(folder, { recursive: true, force: true })
}

/** Two days of samples one after the other, and then months with few, for the coarse tiers. */
async function keep(name, first, changing) {
  const written = { bytes: 0 }
  const deploymentOfState = embeddedDeployment(await openEngine({ path: join(folder, name) }))
  const real = stateIn(deploymentOfState)
  const state = {
    ...real,
    save(table, record) {
      written.bytes += record.points?.length ?? 0
      return real.save(table, record)
    },
  }
  const about = { host: 'host:1', service: 'mongodb', machine: '' }
  const dense = await ensureSeries(state, { ...about, id: '1'.repeat(24) }, START)
  const began = process.cpuUsage()
  const days = 0.5
  await fill(dense, first, changing, { days, everyMs: INTERVAL, flushMs: MINUTE })
  const { user, system } = process.cpuUsage(began)
  const samples = (days * DAY) / INTERVAL
  line(`${name}: ${((user + system) / samples).toFixed(0)} µs of processor time to keep a sample`)
  line(`${name}: ${kb(written.bytes / days)} written a day, as blocks`)
  await perCall(`${name}: reading one number of half a day, by minute`, 20, () =>
    dense.read(
      1,
      { startMs: START, endMs: START + DAY / 2 },
      (each) => each === 'opcounters.insert',
    ),
  )
  // Two samples an hour are enough: the coarse tiers have the same columns, whatever went into a point.
  const sparse = await ensureSeries(state, { ...about, id: '2'.repeat(24) }, START)
  await fill(sparse, first, changing, { days: 21, everyMs: HOUR / 2, flushMs: HOUR })
  const stored = await real.list(blocks)
  let total = 0
  for (const [level, tier] of tiers.entries()) {
    const id = (level < 3 ? '1' : '2').repeat(24)
    const own = stored.filter((each) => each.id.startsWith(`${id}/host:1/${tier.letter}`))
    const bytes = own.reduce((sum, { points }) => sum + points.length, 0)
    const points = level < 3 ? (days * DAY) / tier.stepMs : pointsIn(level)
    const kept = ((tier.keepMs + blockMs(tier)) / tier.stepMs) * (bytes / points)
    total += kept
    line(`${name}: ${label(tier)} ${kb(kept)} (${(bytes / points).toFixed(0)} bytes a point)`)
  }
  line(`${name}: ${kb(total)} in all for a host, from a year on for good`)
  await deploymentOfState.close()
}

function pointsIn(level) {
  return level === 3 ? 21 * 24 : 21
}

async function fill(series, first, changing, { days, everyMs, flushMs }) {
  let reading = { atMs: START, values: { ...first } }
  for (let atMs = START; atMs < START + days * DAY; atMs += everyMs) {
    const next = { atMs, values: changing(reading.values, everyMs) }
    const before = atMs === START ? undefined : reading
    series.add(sampleBetween(before, next, understandings.mongodb, everyMs * 2))
    reading = next
    if ((atMs + everyMs) % flushMs !== 0) continue
    await series.flush()
    await series.complete(atMs + everyMs)
  }
}

function idle(values, everyMs) {
  return { ...values, uptimeMs: values.uptimeMs + everyMs }
}

function busy(values, everyMs) {
  const changed = { uptimeMs: values.uptimeMs + everyMs }
  for (const [name, value] of Object.entries(values)) {
    if (name === 'uptimeMs') continue
    if (understandings.mongodb.counts(name)) changed[name] = value + random(10_000)
    else if (name.length % 2 === 0) changed[name] = Math.max(0, value + random(2001) - 1000)
    else changed[name] = value
  }
  return changed
}

function random(below) {
  return Math.floor(Math.random() * below)
}

async function perCall(name, count, call) {
  for (let i = 0; i < count / 10; i++) await call()
  const began = process.cpuUsage()
  for (let i = 0; i < count; i++) await call()
  const { user, system } = process.cpuUsage(began)
  line(`${name}: ${((user + system) / count).toFixed(0)} µs of processor time`)
}

function label({ stepMs, keepMs }) {
  return `steps of ${stepMs / SECOND} s for ${keepMs / DAY} days`
}

function kb(bytes) {
  return bytes < 1024 * 1024
    ? `${(bytes / 1024).toFixed(0)} kB`
    : `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

function line(text) {
  console.log(text)
}
