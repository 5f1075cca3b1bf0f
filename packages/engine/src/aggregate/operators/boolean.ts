/** `$and`, `$or` and `$not`. */

import { fold } from '../scope.js'
import { isTrue } from '../values.js'
import { type OperatorParser, parseList, unary } from './arguments.js'

/** True when all arguments are; stops at the first that is not. */
export const and: OperatorParser = (argument, scope) => {
  const parts = parseList(argument, scope)
  const evaluates = parts.map((part) => part.evaluate)
  return fold((context) => {
    for (const evaluate of evaluates) if (!isTrue(evaluate(context))) return false
    return true
  }, parts)
}

/** True when one argument is; stops at the first that is. */
export const or: OperatorParser = (argument, scope) => {
  const parts = parseList(argument, scope)
  const evaluates = parts.map((part) => part.evaluate)
  return fold((context) => {
    for (const evaluate of evaluates) if (isTrue(evaluate(context))) return true
    return false
  }, parts)
}

export const not: OperatorParser = unary((value) => !isTrue(value))
