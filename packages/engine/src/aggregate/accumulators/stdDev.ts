/** `$stdDevPop` and `$stdDevSamp`. */
import { Double } from '@gantry/bson'
import { toDouble } from '../numeric.js'
import { isNumeric } from '../values.js'
import { type Fold, ofExpression } from './accumulator.js'

/** Welford's way: one pass that does not lose digits. */
function startStdDev(sample: boolean): () => Fold {
  return () => {
    let count = 0
    let mean = 0
    let squares = 0
    return {
      add: (value) => {
        if (!isNumeric(value)) return
        const number = toDouble(value)
        count++
        const delta = number - mean
        mean += delta / count
        squares += delta * (number - mean)
      },
      save: () => [count, mean, squares].map((part) => new Double(part)),
      load(state) {
        ;[count, mean, squares] = (state as Double[]).map((part) => part.value)
      },
      finish: () => {
        const divisor = sample ? count - 1 : count
        return divisor <= 0 ? null : new Double(Math.sqrt(squares / divisor))
      },
    }
  }
}

export const startStdDevPop = startStdDev(false)
export const startStdDevSamp = startStdDev(true)
export const stdDevPop = ofExpression(startStdDevPop)
export const stdDevSamp = ofExpression(startStdDevSamp)
