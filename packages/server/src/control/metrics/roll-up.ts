import { type Column, columnOf, noPoints, type Points } from './points.js'

/**
 * Coarser points from finer ones, from `startMs` on. A step that the finer ones cover in part
 * holds what is known of it, which is how the step under way is told.
 */
export function rollUp(
  finer: Points,
  { startMs, stepMs, count }: { startMs: number; stepMs: number; count: number },
): Points {
  const coarser = noPoints(startMs, stepMs, count)
  const ranges = rangesIn(finer, coarser)
  ranges.forEach(([first, last], i) => {
    for (let j = first; j < last; j++) {
      coarser.samples[i] += finer.samples[j]
      coarser.elapsed[i] += finer.elapsed[j]
    }
  })
  for (const [name, from] of finer.columns) {
    const to = columnOf(coarser, name, from.counter, false)
    ranges.forEach(([first, last], i) => {
      if (coarser.samples[i] === 0) return
      if (from.counter) rollUpCounter(finer, from, [first, last], to, i, coarser.elapsed[i])
      else rollUpGauge(finer, from, [first, last], to, i)
    })
  }
  return coarser
}

type Range = readonly [first: number, last: number]

/** Which finer points lie in each coarser step. */
function rangesIn(finer: Points, { startMs, stepMs, count }: Points): Range[] {
  const indexAt = (ms: number) =>
    Math.min(finer.count, Math.max(0, Math.ceil((ms - finer.startMs) / finer.stepMs)))
  return Array.from({ length: count }, (_, i) => [
    indexAt(startMs + i * stepMs),
    indexAt(startMs + (i + 1) * stepMs),
  ])
}

function rollUpGauge(
  { samples }: Points,
  from: Column,
  [first, last]: Range,
  to: Column,
  at: number,
): void {
  let sum = 0
  let weight = 0
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (let j = first; j < last; j++) {
    const value = from.values[j]
    if (Number.isNaN(value)) continue
    sum += value * samples[j]
    weight += samples[j]
    least = Math.min(least, from.least ? from.least[j] : value)
    most = Math.max(most, from.most ? from.most[j] : value)
  }
  if (weight === 0) return
  to.values[at] = least === most ? least : sum / weight
  if (to.least) to.least[at] = least
  if (to.most) to.most[at] = most
}

function rollUpCounter(
  { elapsed }: Points,
  from: Column,
  [first, last]: Range,
  to: Column,
  at: number,
  allMs: number,
): void {
  let rise = 0
  let knownMs = 0
  let most = Number.NEGATIVE_INFINITY
  for (let j = first; j < last; j++) {
    const value = from.values[j]
    if (Number.isNaN(value) || elapsed[j] === 0) continue
    rise += value
    knownMs += elapsed[j]
    most = Math.max(most, from.most ? from.most[j] : (value / elapsed[j]) * 1000)
  }
  if (knownMs === 0) return
  // The rise over the time for which all others are known, so that the rate comes out right.
  to.values[at] = knownMs === allMs ? rise : Math.round((rise * allMs) / knownMs)
  if (to.most) to.most[at] = most
}
