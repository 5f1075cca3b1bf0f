/** `$sum`, `$avg` and `$count`. */
import { Decimal128, Double, decimalFromBigInt, divideDecimals, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { NumericSum } from '../numeric-sum.js'
import { fieldsOf, isDocument } from '../raw-fields.js'
import { isNumeric } from '../values.js'
import { type AccumulatorParser, type Fold, ofExpression } from './accumulator.js'

/** Numbers count, all else is passed over. */
export function startSum(): Fold {
  const sum = new NumericSum()
  return {
    add: (value) => {
      if (isNumeric(value)) sum.add(value)
    },
    finish: () => sum.total,
    save: () => sum.save(),
    load: (state) => sum.load(state),
  }
}

export function startAvg(): Fold {
  const sum = new NumericSum()
  let count = 0
  return {
    add: (value) => {
      if (!isNumeric(value)) return
      sum.add(value)
      count++
    },
    save: () => [new Double(count), sum.save()],
    load(state) {
      const [seen, numbers] = state as [Double, Value]
      count = seen.value
      sum.load(numbers)
    },
    finish: () => {
      if (count === 0) return null
      const total = sum.realTotal
      return total instanceof Decimal128
        ? divideDecimals(total, decimalFromBigInt(BigInt(count)))
        : new Double(total.value / count)
    },
  }
}

export const sum = ofExpression(startSum)
export const avg = ofExpression(startAvg)

/** The number of documents. */
export const count: AccumulatorParser = (argument) => {
  if (!isDocument(argument) || fieldsOf(argument).length > 0) {
    throw new CommandError('TypeMismatch', '$count takes no arguments, i.e. $count:{}')
  }
  return () => {
    let seen = 0
    return {
      accumulate: () => {
        seen++
      },
      save: () => new Double(seen),
      load(state) {
        seen = (state as Double).value
      },
      finish: () => ((seen | 0) === seen ? seen : BigInt(seen)),
    }
  }
}
