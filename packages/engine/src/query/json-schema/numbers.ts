/** `minimum`, `maximum`, their `exclusive…` and `multipleOf`. */
import {
  compareNumbers,
  Double,
  decimalFromDouble,
  decimalParts,
  decodeValue,
  exactDecimal,
  isNumericType,
  type NumericValue,
  type RawValue,
} from '@gantry/bson'
import { type Comparison, ELEMENT_PATH, type ValueTest } from '../filter.js'
import { testComparison } from '../operators/comparison.js'
import { booleanOperand, type KeywordParser, numberOperand, unparsable } from './keyword.js'

export const parseMinimum: KeywordParser = (operand, { keyword, siblings }) =>
  bound(operand, keyword, siblings.get('exclusiveMinimum'), 'exclusiveMinimum', 'gt', 'gte')

export const parseMaximum: KeywordParser = (operand, { keyword, siblings }) =>
  bound(operand, keyword, siblings.get('exclusiveMaximum'), 'exclusiveMaximum', 'lt', 'lte')

function bound(
  operand: RawValue,
  keyword: string,
  exclusive: RawValue | undefined,
  exclusiveKeyword: string,
  without: Comparison,
  within: Comparison,
): ValueTest {
  const excludes = exclusive !== undefined && booleanOperand(exclusive, exclusiveKeyword)
  const test = testComparison({
    kind: excludes ? without : within,
    path: ELEMENT_PATH,
    operand: numberOperand(operand, keyword),
  })
  return (buf, type, at) => !isNumericType(type) || test(buf, type, at)
}

/** Only says how another keyword is meant. */
export function parseExclusive(bounded: string): KeywordParser {
  return (operand, { keyword, siblings }) => {
    booleanOperand(operand, keyword)
    if (!siblings.has(bounded)) {
      throw unparsable(
        `$jsonSchema keyword '${bounded}' must be a present if ${keyword} is present`,
      )
    }
    return undefined
  }
}

export const parseMultipleOf: KeywordParser = (operand, { keyword }) => {
  const { buf, type, at } = numberOperand(operand, keyword)
  const divisor = decodeValue(buf, type, at) as NumericValue
  const exact = exactOf(divisor)
  if (typeof exact === 'number' || compareNumbers(divisor, 0) <= 0) {
    throw unparsable(`$jsonSchema keyword '${keyword}' must have a positive value`)
  }
  return (other, otherType, otherAt) => {
    if (!isNumericType(otherType)) return true
    const value = exactOf(decodeValue(other, otherType, otherAt) as NumericValue)
    if (typeof value === 'number') return false
    const exponent = Math.min(value.exponent, exact.exponent)
    const scaled = value.coefficient * 10n ** BigInt(value.exponent - exponent)
    return scaled % (exact.coefficient * 10n ** BigInt(exact.exponent - exponent)) === 0n
  }
}

type Exact = ReturnType<typeof exactDecimal>

/** Doubles count with the 15 digits they are written with, so that 0.3 is a multiple of 0.1. */
function exactOf(value: NumericValue): Exact {
  if (!(value instanceof Double)) return exactDecimal(value)
  const parts = decimalParts(decimalFromDouble(value.value))
  if (parts.kind !== 'finite') return Number.NaN
  const { coefficient, exponent, negative } = parts
  return { coefficient: negative ? -coefficient : coefficient, exponent }
}
