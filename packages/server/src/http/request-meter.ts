import type { IncomingMessage, ServerResponse } from 'node:http'

/** What was answered on one route of an API. */
export interface RouteCounts {
  readonly dialect: string
  /** As the API's contract has it, parameters by name; `none` for paths that there are not. */
  readonly route: string
  readonly byStatus: ReadonlyMap<number, number>
  /** How many took so long at most, by `DURATIONS`; each counted once. */
  readonly durations: Float64Array
  readonly seconds: number
}

/** Counts what the HTTP APIs answer. */
export interface RequestMeter {
  count(dialect: string, route: string, status: number, ms: number): void
  /** Counts a request when it has been answered, on the route that `noteRoute` tells of it. */
  watch(dialect: string, request: IncomingMessage, response: ServerResponse): void
  counts(): RouteCounts[]
}

/** Upper bounds in seconds; what takes longer is counted behind them. */
export const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

const NONE = 'none'

const routes = new WeakMap<IncomingMessage, string>()

/** Says which route a request is for, once that is known. */
export function noteRoute(request: IncomingMessage, route: string): void {
  routes.set(request, route)
}

export function createRequestMeter(): RequestMeter {
  const byDialect = new Map<string, Map<string, Counting>>()

  const meter: RequestMeter = {
    count(dialect, route, status, ms) {
      let counting = byDialect.get(dialect)?.get(route)
      if (!counting) {
        counting = { byStatus: new Map(), durations: new Float64Array(DURATIONS.length + 1), ms: 0 }
        const known = byDialect.get(dialect) ?? new Map<string, Counting>()
        byDialect.set(dialect, known.set(route, counting))
      }
      counting.byStatus.set(status, (counting.byStatus.get(status) ?? 0) + 1)
      counting.durations[bucketOf(ms)]++
      counting.ms += ms
    },
    watch(dialect, request, response) {
      const startedMs = performance.now()
      response.once('close', () => {
        const route = routes.get(request) ?? NONE
        meter.count(dialect, route, response.statusCode, performance.now() - startedMs)
      })
    },
    counts: () =>
      [...byDialect].flatMap(([dialect, known]) =>
        [...known].map(([route, { ms, ...rest }]) => ({
          dialect,
          route,
          ...rest,
          seconds: ms / 1000,
        })),
      ),
  }
  return meter
}

interface Counting {
  readonly byStatus: Map<number, number>
  readonly durations: Float64Array
  ms: number
}

function bucketOf(ms: number): number {
  let bucket = 0
  while (bucket < DURATIONS.length && ms > DURATIONS[bucket] * 1000) bucket++
  return bucket
}
