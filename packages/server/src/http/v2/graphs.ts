import { v2 } from '@gantry/api'
import { Double, type Writable } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { route } from './route.js'
import { STAT_PREFIX, sampledName } from './stat-names.js'
import { whole } from './values.js'

const granularities: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
}

export const graphRoutes = [
  route(v2.queryGraphs, async ({ control, account, query, body }) => {
    const period = readPeriod(query)
    const series = body.stats.map(async ({ instance: name, host, name: stat }) => {
      const instance = control.instances.byName(account.id, name)
      if (!instance) throw new AppError('not_found', `no instance "${name}"`)
      const sampled = sampledName(
        stat.startsWith(STAT_PREFIX) ? stat.slice(STAT_PREFIX.length) : stat,
      )
      const points = await control.metrics.series(instance, host, sampled, period)
      const [text] = host.split('.')
      const values = points.flatMap(({ atMs, value }): Writable[] =>
        value === null ? [] : [[whole(atMs), number(value)]],
      )
      return { text, 'legend-item': { text }, values }
    })
    return Promise.all(series)
  }),
]

interface Query {
  readonly start_time?: string
  readonly end_time?: string
  readonly granularity?: string
  readonly format?: string
}

function readPeriod({ start_time, end_time, granularity = '', format = 'zingchart' }: Query) {
  if (format !== 'zingchart') throw new AppError('invalid', 'format can only be zingchart')
  const granularityMs = Object.hasOwn(granularities, granularity)
    ? granularities[granularity]
    : undefined
  if (granularityMs === undefined) {
    throw new AppError('invalid', `granularity is none of ${Object.keys(granularities).join(', ')}`)
  }
  const startMs = readTime('start_time', start_time)
  const endMs = readTime('end_time', end_time)
  if (startMs > endMs) throw new AppError('invalid', 'start_time is after end_time')
  return { startMs, endMs, granularityMs }
}

function readTime(name: string, text: string | undefined): number {
  if (text === undefined) throw new AppError('invalid', `missing parameter: ${name}`)
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/.exec(text)
  const ms = parts ? Date.parse(`${parts[1]}T${parts[2]}Z`) : Number.NaN
  // What is no date of the calendar rolls over into one that is.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(parts?.[1] ?? ' ')) {
    throw new AppError('invalid', `${name} is not a time as 2015-09-01 02:00:00`)
  }
  return ms
}

function number(value: number): Writable {
  return Number.isSafeInteger(value) ? whole(value) : new Double(value)
}
