import type { AccumulatorParser } from './accumulator.js'
import { addToSet, concatArrays, mergeObjects, push, setUnion } from './collect.js'
import { first, last, max, min } from './extremes.js'
import { firstN, lastN, maxN, minN } from './firstN.js'
import { median, percentile } from './percentile.js'
import { stdDevPop, stdDevSamp } from './stdDev.js'
import { avg, count, sum } from './sum.js'
import { bottom, bottomN, top, topN } from './topN.js'

/** All accumulators of `$group`, by name. */
export const accumulators: ReadonlyMap<string, AccumulatorParser> = new Map(
  Object.entries({
    $addToSet: addToSet,
    $avg: avg,
    $bottom: bottom,
    $bottomN: bottomN,
    $concatArrays: concatArrays,
    $count: count,
    $first: first,
    $firstN: firstN,
    $last: last,
    $lastN: lastN,
    $max: max,
    $maxN: maxN,
    $median: median,
    $mergeObjects: mergeObjects,
    $min: min,
    $minN: minN,
    $percentile: percentile,
    $push: push,
    $setUnion: setUnion,
    $stdDevPop: stdDevPop,
    $stdDevSamp: stdDevSamp,
    $sum: sum,
    $top: top,
    $topN: topN,
  }),
)
