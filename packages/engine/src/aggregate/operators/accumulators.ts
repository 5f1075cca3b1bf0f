/** Accumulators as expressions: over the elements of one array, or over several arguments. */
import type { Fold } from '../accumulators/accumulator.js'
import { startMax, startMin } from '../accumulators/extremes.js'
import { startStdDevPop, startStdDevSamp } from '../accumulators/stdDev.js'
import { startAvg, startSum } from '../accumulators/sum.js'
import { type OperatorParser, variadic } from './arguments.js'

function over(start: () => Fold): OperatorParser {
  return variadic((values) => {
    const fold = start()
    const [only] = values
    for (const value of values.length === 1 && Array.isArray(only) ? only : values) fold.add(value)
    return fold.finish()
  })
}

export const avg = over(startAvg)
export const max = over(startMax)
export const min = over(startMin)
export const stdDevPop = over(startStdDevPop)
export const stdDevSamp = over(startStdDevSamp)
export const sum = over(startSum)
