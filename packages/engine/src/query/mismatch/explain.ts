/** Why a document does not match a filter, in the form that servers give as `details` of a failed validation. */
import type { RawValue } from '@gantry/bson'
import { compileFilter } from '../compile.js'
import { elementsOf, type NamedValue, valuesOf } from '../elements.js'
import type { FilterContext } from '../filter.js'
import { isOperatorDocument } from '../operator-document.js'
import { parseFilter } from '../parse.js'
import { consideredTypes, consideredValues, type Details, single } from './considered.js'
import { schemaDetails } from './schema.js'

/** What of a filter document a document does not satisfy. Parses the filter anew, as it is for failures only. */
export function explainMismatch(filter: RawValue, doc: Buffer, context: FilterContext): Details {
  return explainParts(
    elementsOf(filter.buf, filter.at).map((element) => ({ specifiedAs: single(element), element })),
    doc,
    context,
  )
}

interface Part {
  /** The part by itself, as a filter document. */
  readonly specifiedAs: RawValue
  readonly element: NamedValue
}

function matches(filter: RawValue, doc: Buffer, context: FilterContext): boolean {
  return compileFilter(parseFilter(filter.buf, filter.at, context))(doc, 0)
}

function explainParts(parts: readonly Part[], doc: Buffer, context: FilterContext): Details {
  if (parts.length === 1) return explainPart(parts[0], doc, context)
  return {
    operatorName: '$and',
    clausesNotSatisfied: parts.flatMap((part, index) =>
      matches(part.specifiedAs, doc, context)
        ? []
        : [{ index, details: explainPart(part, doc, context) }],
    ),
  }
}

function explainPart({ specifiedAs, element }: Part, doc: Buffer, context: FilterContext): Details {
  const { name, value } = element
  switch (name) {
    case '$and':
    case '$or':
      return {
        operatorName: name,
        clausesNotSatisfied: valuesOf(value).flatMap((clause, index) =>
          matches(clause, doc, context)
            ? []
            : [{ index, details: explainMismatch(clause, doc, context) }],
        ),
      }
    case '$nor':
      return {
        operatorName: name,
        clausesSatisfied: valuesOf(value).flatMap((clause, index) =>
          matches(clause, doc, context) ? [{ index, details: { specifiedAs: clause } }] : [],
        ),
      }
    case '$jsonSchema':
      return schemaDetails(value, doc)
    case '$expr':
      return {
        operatorName: name,
        specifiedAs,
        reason: 'expression did not match',
        expressionResult: false,
      }
  }
  if (name.startsWith('$')) return { operatorName: name, specifiedAs }
  return explainField(element, doc, context)
}

function explainField({ name, value }: NamedValue, doc: Buffer, context: FilterContext): Details {
  if (!isOperatorDocument(value)) {
    return explainOperator(name, { name: '$eq', value }, single({ name, value }), doc)
  }
  const operators = elementsOf(value.buf, value.at).filter((one) => one.name !== '$options')
  // `$regex` and `$options` are read together.
  const whole = operators.length === 1
  const parts = operators.map((operator) => ({
    operator,
    specifiedAs: single({ name, value: whole ? value : single(operator) }),
  }))
  if (whole) return explainOperator(name, parts[0].operator, parts[0].specifiedAs, doc)
  return {
    operatorName: '$and',
    clausesNotSatisfied: parts.flatMap(({ operator, specifiedAs }, index) =>
      operator.name !== '$regex' && matches(specifiedAs, doc, context)
        ? []
        : [{ index, details: explainOperator(name, operator, specifiedAs, doc) }],
    ),
  }
}

const reasons: Readonly<Record<string, string>> = {
  $all: 'array did not contain all specified values',
  $bitsAllClear: 'bitwise operator failed to match: all specified bits must be clear',
  $bitsAllSet: 'bitwise operator failed to match: all specified bits must be set',
  $bitsAnyClear: 'bitwise operator failed to match: at least one specified bit must be clear',
  $bitsAnySet: 'bitwise operator failed to match: at least one specified bit must be set',
  $elemMatch: 'array did not satisfy the child predicate',
  $in: 'no matching value found in array',
  $mod: '$mod did not evaluate to expected remainder',
  $ne: 'comparison succeeded',
  $nin: 'matching value found in array',
  $not: 'child expression matched',
  $regex: 'regular expression did not match',
  $size: 'array length was not equal to given size',
  $type: 'type did not match',
}

function explainOperator(
  path: string,
  { name }: NamedValue,
  specifiedAs: RawValue,
  doc: Buffer,
): Details {
  const values = consideredValues(doc, path)
  const details: Details = { operatorName: name, specifiedAs }
  if (name === '$exists') {
    return { ...details, reason: values.length > 0 ? 'path does exist' : 'path does not exist' }
  }
  if (values.length === 0) return { ...details, reason: 'field was missing' }
  details.reason = reasons[name] ?? 'comparison failed'
  if (values.length === 1) details.consideredValue = values[0]
  else details.consideredValues = values
  if (name === '$type') Object.assign(details, consideredTypes(values))
  return details
}
