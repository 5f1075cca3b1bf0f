/** From a filter document as it lies in a request to a `Filter`. */
import { BsonType, type Path, parsePath, RawValue, readInt32 } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { elementsOf, type NamedValue } from './elements.js'
import { conjunction, type Filter, type FilterContext } from './filter.js'
import { isOperatorDocument } from './operator-document.js'
import { parseAll } from './operators/all.js'
import { parseBits } from './operators/bits.js'
import { parseComparison, parseNe } from './operators/comparison.js'
import { parseAlways, parseComment, parseSampleRate } from './operators/constant.js'
import { parseElemMatch } from './operators/elemMatch.js'
import { parseExists } from './operators/exists.js'
import { parseExpr } from './operators/expr.js'
import { parseIn, parseNin } from './operators/in.js'
import { parseJsonSchema } from './operators/jsonSchema.js'
import { parseLogical } from './operators/logical.js'
import { parseMod } from './operators/mod.js'
import { parseNot } from './operators/not.js'
import type { OperatorParser, Parser, TopLevelParser } from './operators/operator.js'
import { equalsOrMatches, parseOptions, parseRegex } from './operators/regex.js'
import { parseSize } from './operators/size.js'
import { parseType } from './operators/type.js'
import { parseText, parseWhere, refuseGeo } from './operators/unsupported.js'

const operators = new Map<string, OperatorParser>([
  ['$all', parseAll],
  ['$bitsAllClear', parseBits('bitsAllClear')],
  ['$bitsAllSet', parseBits('bitsAllSet')],
  ['$bitsAnyClear', parseBits('bitsAnyClear')],
  ['$bitsAnySet', parseBits('bitsAnySet')],
  ['$elemMatch', parseElemMatch],
  ['$eq', parseComparison('eq')],
  ['$exists', parseExists],
  ['$geoIntersects', refuseGeo('$geoIntersects')],
  ['$geoNear', refuseGeo('$geoNear')],
  ['$geoWithin', refuseGeo('$geoWithin')],
  ['$gt', parseComparison('gt')],
  ['$gte', parseComparison('gte')],
  ['$in', parseIn],
  ['$lt', parseComparison('lt')],
  ['$lte', parseComparison('lte')],
  ['$mod', parseMod],
  ['$ne', parseNe],
  ['$near', refuseGeo('$near')],
  ['$nearSphere', refuseGeo('$nearSphere')],
  ['$nin', parseNin],
  ['$not', parseNot],
  ['$options', parseOptions],
  ['$regex', parseRegex],
  ['$size', parseSize],
  ['$type', parseType],
  ['$within', refuseGeo('$within')],
])

const topLevelOperators = new Map<string, TopLevelParser>([
  ['$alwaysFalse', parseAlways('alwaysFalse')],
  ['$alwaysTrue', parseAlways('alwaysTrue')],
  ['$and', parseLogical('and')],
  ['$comment', parseComment],
  ['$expr', parseExpr],
  ['$jsonSchema', parseJsonSchema],
  ['$nor', parseLogical('nor')],
  ['$or', parseLogical('or')],
  ['$sampleRate', parseSampleRate],
  ['$text', parseText],
  ['$where', parseWhere],
])

/** The parts of a DBRef, fields although they begin with a dollar. */
const referenceFields = new Set(['$ref', '$id', '$db'])

/** Parses the filter document at an offset. The result refers to the buffer, which must not change. */
export function parseFilter(buf: Buffer, doc: number, context: FilterContext = {}): Filter {
  const operand = new RawValue(buf, BsonType.object, doc, readInt32(buf, doc))
  return createParser(context, false).filter(operand)
}

function createParser(context: FilterContext, inElement: boolean): Parser {
  const parser: Parser = {
    context,
    inElement,
    filter: ({ buf, at }) =>
      conjunction(elementsOf(buf, at).flatMap((element) => parseElement(element, parser))),
    elementFilter: (operand) =>
      inElement ? parser.filter(operand) : createParser(context, true).filter(operand),
    predicates: (operand, path) => parsePredicates(operand, path, parser),
  }
  return parser
}

function parseElement({ name, value }: NamedValue, parser: Parser): Filter[] {
  if (name.startsWith('$') && !referenceFields.has(name)) {
    const parse = topLevelOperators.get(name)
    if (!parse) {
      throw new CommandError(
        'BadValue',
        `unknown top level operator: ${name}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
      )
    }
    return present(parse(value, parser))
  }
  const path = parsePath(name)
  if (isOperatorDocument(value)) return parsePredicates(value, path, parser)
  return [equalsOrMatches(value, path)]
}

function parsePredicates(operand: RawValue, path: Path, parser: Parser): Filter[] {
  const scope = { path, siblings: operand, parser }
  return elementsOf(operand.buf, operand.at).flatMap(({ name, value }) => {
    const parse = operators.get(name)
    if (!parse) throw unknownOperator(name)
    return present(parse(value, scope))
  })
}

function unknownOperator(name: string): CommandError {
  if (name === '$where') {
    return new CommandError('BadValue', '$where cannot be applied to a field')
  }
  return new CommandError('BadValue', `unknown operator: ${name}`)
}

function present(filter: Filter | undefined): Filter[] {
  return filter ? [filter] : []
}
