/** Operators that take arrays for sets. */
import { compareValues, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { elementsOf, isArray } from '../raw-fields.js'
import { constantValue } from '../scope.js'
import { ValueSet } from '../value-set.js'
import { isNullish, isTrue, typeName } from '../values.js'
import { binary, checkExact, type OperatorParser, parseList, unary, variadic } from './arguments.js'

/** `{ $allElementsTrue: [array] }`: the array must stand in a list of one. */
function quantifier(
  name: string,
  code: number,
  apply: (array: Value[]) => boolean,
): OperatorParser {
  const evaluated = unary((array) => {
    if (Array.isArray(array)) return apply(array)
    throw new CommandError(code, `${name}'s argument must be an array, but is ${typeName(array)}`)
  })
  return (argument, scope, given) => {
    if (isArray(argument)) checkExact(name, elementsOf(argument).length, 1)
    return evaluated(argument, scope, given)
  }
}

export const allElementsTrue = quantifier('$allElementsTrue', 17040, (array) => array.every(isTrue))
export const anyElementTrue = quantifier('$anyElementTrue', 17041, (array) => array.some(isTrue))

/** The elements of the first array that the second lacks, in the first one's order. */
export const setDifference: OperatorParser = binary((a, b) => {
  if (isNullish(a) || isNullish(b)) return null
  if (!Array.isArray(a)) {
    throw new CommandError(
      17048,
      `both operands of $setDifference must be arrays. First argument is of type: ${typeName(a)}`,
    )
  }
  if (!Array.isArray(b)) {
    throw new CommandError(
      17049,
      `both operands of $setDifference must be arrays. Second argument is of type: ${typeName(b)}`,
    )
  }
  const seen = new ValueSet(b)
  return a.filter((value) => seen.add(value))
})

/** At least two arrays; one that is a constant is checked at once. */
export const setEquals: OperatorParser = (argument, scope, name) => {
  const given = isArray(argument) ? elementsOf(argument).length : 1
  if (given < 2) {
    throw new CommandError(17045, `$setEquals needs at least two arguments had: ${given}`)
  }
  for (const part of parseList(argument, scope)) {
    if (!part.constant || Array.isArray(constantValue(part))) continue
    throw new CommandError(
      5887502,
      `All operands of $setEquals must be arrays. One argument is of type: ${typeName(constantValue(part))}`,
    )
  }
  return variadic((values) => {
    let first: ValueSet | undefined
    for (const value of values) {
      if (!Array.isArray(value)) {
        throw new CommandError(
          17044,
          `All operands of $setEquals must be arrays. One argument is of type: ${typeName(value)}`,
        )
      }
      const set = new ValueSet(value)
      first ??= set
      if (set.size !== first.size || !first.values.every((item) => set.has(item))) return false
    }
    return true
  })(argument, scope, name)
}

export const setIntersection: OperatorParser = variadic((values) => {
  let common: Value[] | undefined
  for (const value of values) {
    if (isNullish(value)) return null
    if (!Array.isArray(value)) {
      throw new CommandError(
        17047,
        `All operands of $setIntersection must be arrays. One argument is of type: ${typeName(value)}`,
      )
    }
    const set = new ValueSet(value)
    common = common ? common.filter((item) => set.has(item)) : set.values
  }
  return (common ?? []).toSorted(compareValues)
})

export const setIsSubset: OperatorParser = binary((a, b) => {
  if (!Array.isArray(a)) {
    throw new CommandError(
      17046,
      `both operands of $setIsSubset must be arrays. First argument is of type: ${typeName(a)}`,
    )
  }
  if (!Array.isArray(b)) {
    throw new CommandError(
      17042,
      `both operands of $setIsSubset must be arrays. Second argument is of type: ${typeName(b)}`,
    )
  }
  const set = new ValueSet(b)
  return a.every((value) => set.has(value))
})

export const setUnion: OperatorParser = variadic((values) => {
  const union = new ValueSet()
  for (const value of values) {
    if (isNullish(value)) return null
    if (!Array.isArray(value)) {
      throw new CommandError(
        17043,
        `All operands of $setUnion must be arrays. One argument is of type: ${typeName(value)}`,
      )
    }
    for (const item of value) union.add(item)
  }
  return union.values.toSorted(compareValues)
})
