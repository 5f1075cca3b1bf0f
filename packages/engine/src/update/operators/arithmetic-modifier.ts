import {
  compareNumbers,
  isNumericType,
  type NumericValue,
  type RawValue,
  typeAlias,
  typeOf,
} from '@gantry/bson'
import { elementText, idText, valueText } from '../../element-text.js'
import { CommandError } from '../../errors.js'
import { add, multiply, zeroLike } from '../arithmetic.js'
import { currentName, type Modifier, type UpdateRun } from '../modifier.js'
import { decode } from '../raw-values.js'
import type { UpdatePath } from '../update-path.js'

type Operation = (a: NumericValue, b: NumericValue) => NumericValue | undefined

/** `$inc` and `$mul`. */
function parseArithmetic(
  operator: '$inc' | '$mul',
  operation: Operation,
  initial: (by: NumericValue) => NumericValue,
) {
  return (path: UpdatePath, argument: RawValue): Modifier => {
    if (!isNumericType(argument.type)) {
      const verb = operator === '$inc' ? 'increment' : 'multiply'
      throw new CommandError(
        'TypeMismatch',
        `Cannot ${verb} with non-numeric argument: {${elementText(path.dotted, argument)}}`,
      )
    }
    const by = decode(argument) as NumericValue
    return {
      kind: 'modifier',
      operator,
      update(current, run) {
        checkNumeric(operator, current, run)
        const before = decode(current) as NumericValue
        const after = operation(before, by)
        if (after === undefined) throw overflow(operator, current, run)
        // A zero's sign and a decimal's trailing zeros are no change.
        if (typeOf(after) === current.type && compareNumbers(after, before) === 0) return undefined
        return after
      },
      create: () => initial(by),
      creates: () => true,
      blocked: 'error',
      depth: 0,
    }
  }
}

function checkNumeric(operator: string, current: RawValue, run: UpdateRun): void {
  if (isNumericType(current.type)) return
  throw new CommandError(
    'TypeMismatch',
    `Cannot apply ${operator} to a value of non-numeric type. {${idText(run.buf, run.doc)}} has the field '${currentName(run)}' of non-numeric type ${typeAlias(current.type)}`,
  )
}

function overflow(operator: string, current: RawValue, run: UpdateRun): CommandError {
  const text = valueText(current.buf, current.type, current.at)
  return new CommandError(
    'BadValue',
    `Failed to apply ${operator} operations to current value (${text}) for document {${idText(run.buf, run.doc)}}`,
  )
}

export const parseInc = parseArithmetic('$inc', add, (by) => by)
export const parseMul = parseArithmetic('$mul', multiply, zeroLike)
