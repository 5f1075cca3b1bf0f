/** What happened to one number at consecutive points in time. */
export interface Column {
  /** Whether it counts up, and its values say by how much it rose since the point before. */
  readonly counter: boolean
  /** The average over each step, or the rise in it; `NaN` where it is not known. */
  readonly values: Float64Array
  /** The least within each step; of counters there is none. Missing at the finest step. */
  readonly least?: Float64Array
  /** The greatest within each step, of counters per second. Missing at the finest step. */
  readonly most?: Float64Array
}

/** The numbers of one host at consecutive points in time. */
export interface Points {
  readonly startMs: number
  readonly stepMs: number
  readonly count: number
  /** How often each step was sampled; 0 where there is a gap. */
  readonly samples: Float64Array
  /** Over how many milliseconds each step's counters rose. */
  readonly elapsed: Float64Array
  readonly columns: Map<string, Column>
}

/** So many points with nothing in them. */
export function noPoints(startMs: number, stepMs: number, count: number): Points {
  return {
    startMs,
    stepMs,
    count,
    samples: new Float64Array(count),
    elapsed: new Float64Array(count),
    columns: new Map(),
  }
}

export function unknown(count: number): Float64Array {
  return new Float64Array(count).fill(Number.NaN)
}

/** The column of this name, made with nothing in it where there is none. */
export function columnOf(
  points: Points,
  name: string,
  counter: boolean,
  isFinest: boolean,
): Column {
  const known = points.columns.get(name)
  if (known) return known
  const { count } = points
  const column: Column = {
    counter,
    values: unknown(count),
    ...(!isFinest && { most: unknown(count) }),
    ...(!isFinest && !counter && { least: unknown(count) }),
  }
  points.columns.set(name, column)
  return column
}

/** Puts into `target` what `source` has of the same times; both have the same step. */
export function copyPoints(source: Points, target: Points, isFinest: boolean): void {
  const shift = (source.startMs - target.startMs) / target.stepMs
  const first = Math.max(0, -shift)
  const last = Math.min(source.count, target.count - shift)
  if (first >= last) return
  const copy = (from: Float64Array | undefined, to: Float64Array | undefined) => {
    if (from && to) to.set(from.subarray(first, last), first + shift)
  }
  copy(source.samples, target.samples)
  copy(source.elapsed, target.elapsed)
  for (const [name, from] of source.columns) {
    const to = columnOf(target, name, from.counter, isFinest)
    copy(from.values, to.values)
    copy(from.least ?? (from.counter ? undefined : from.values), to.least)
    copy(from.most, to.most)
  }
}
