/** Why a value does not satisfy a JSON schema, keyword by keyword. */
import { BsonType, countElements, RawValue, readString } from '@gantry/bson'
import { elementsOf, type NamedValue, valuesOf } from '../elements.js'
import type { SchemaRule } from '../json-schema/keyword.js'
import { compileSchema, parseSchema } from '../json-schema/schema.js'
import { keyOf } from '../json-schema/types.js'
import { compileRegex } from '../regex.js'
import { consideredTypes, type Details, single } from './considered.js'

/** What of a schema a document does not satisfy. */
export function schemaDetails(schema: RawValue, doc: Buffer): Details {
  return {
    operatorName: '$jsonSchema',
    ...remarksOf(schema),
    schemaRulesNotSatisfied: rulesNotSatisfied(schema, RawValue.document(doc)),
  }
}

function remarksOf(schema: RawValue): Details {
  const remarks = elementsOf(schema.buf, schema.at).filter(({ name }) =>
    ['title', 'description'].includes(name),
  )
  return Object.fromEntries(remarks.map(({ name, value }) => [name, value]))
}

function satisfies(value: RawValue, schema: RawValue): boolean {
  return compileSchema(parseSchema(schema))(value.buf, value.type, value.at)
}

function rulesNotSatisfied(schema: RawValue, value: RawValue): Details[] {
  return parseSchema(schema)
    .filter(({ test }) => !test(value.buf, value.type, value.at))
    .map((rule) => ({
      operatorName: rule.keyword,
      ...(explained[rule.keyword] ?? comparison)(rule, value, schema),
    }))
}

type Explain = (rule: SchemaRule, value: RawValue, schema: RawValue) => Details

function specifiedAs({ keyword, operand }: SchemaRule): Details {
  return { specifiedAs: single({ name: keyword, value: operand }) }
}

const comparison: Explain = (rule, value) => ({
  ...specifiedAs(rule),
  reason: reasons[rule.keyword] ?? 'comparison failed',
  consideredValue: value,
})

const reasons: Readonly<Record<string, string>> = {
  enum: 'value was not found in enum',
  maxItems: 'array did not match specified length',
  maxLength: 'specified string length was not satisfied',
  minItems: 'array did not match specified length',
  minLength: 'specified string length was not satisfied',
  multipleOf: 'considered value is not a multiple of the specified value',
  pattern: 'regular expression did not match',
}

const ofType: Explain = (rule, value) => ({
  ...specifiedAs(rule),
  reason: 'type did not match',
  consideredValue: value,
  ...consideredTypes([value]),
})

const ofPropertyCount: Explain = (rule, value) => ({
  ...specifiedAs(rule),
  reason: 'specified number of properties was not satisfied',
  numberOfProperties: countElements(value.buf, value.at),
})

const ofSchemas: Explain = ({ operand, keyword }, value): Details => {
  const schemas = valuesOf(operand)
  const satisfied = schemas.flatMap((schema, index) => (satisfies(value, schema) ? [index] : []))
  if (keyword === 'oneOf' && satisfied.length > 1) {
    return { reason: 'more than one subschema matched', matchingSchemaIndexes: satisfied }
  }
  return {
    schemasNotSatisfied: schemas.flatMap((schema, index) =>
      satisfied.includes(index)
        ? []
        : [{ index, ...remarksOf(schema), details: rulesNotSatisfied(schema, value) }],
    ),
  }
}

const ofProperties: Explain = ({ operand }, value) => {
  const fields = fieldsOf(value)
  return {
    propertiesNotSatisfied: elementsOf(operand.buf, operand.at).flatMap(
      ({ name, value: schema }) => {
        const field = fields.get(name)
        if (!field || satisfies(field, schema)) return []
        return [
          { propertyName: name, ...remarksOf(schema), details: rulesNotSatisfied(schema, field) },
        ]
      },
    ),
  }
}

const ofPatternProperties: Explain = ({ operand }, value) => ({
  details: elementsOf(operand.buf, operand.at).flatMap(({ name: pattern, value: schema }) => {
    const regex = compileRegex(pattern)
    return [...fieldsOf(value)].flatMap(([name, field]) =>
      !regex.test(name) || satisfies(field, schema)
        ? []
        : [
            {
              propertyName: name,
              regexMatched: pattern,
              ...remarksOf(schema),
              details: rulesNotSatisfied(schema, field),
            },
          ],
    )
  }),
})

const ofAdditionalProperties: Explain = (rule, value, schema): Details => {
  const siblings = new Map(elementsOf(schema.buf, schema.at).map(({ name, value: v }) => [name, v]))
  const named = new Set(namesIn(siblings.get('properties')))
  const patterns = namesIn(siblings.get('patternProperties')).map((name) => compileRegex(name))
  const others = [...fieldsOf(value)].filter(
    ([name]) => !named.has(name) && !patterns.some((pattern) => pattern.test(name)),
  )
  if (rule.operand.type === BsonType.bool) {
    return { ...specifiedAs(rule), additionalProperties: others.map(([name]) => name) }
  }
  const failing = others.find(([, field]) => !satisfies(field, rule.operand))
  return {
    reason: 'at least one additional property did not match the subschema',
    ...(failing && {
      failingProperty: failing[0],
      details: rulesNotSatisfied(rule.operand, failing[1]),
    }),
  }
}

const ofRequired: Explain = (rule, value) => ({
  ...specifiedAs(rule),
  missingProperties: missingIn(value, rule.operand),
})

const ofDependencies: Explain = ({ operand }, value) => {
  const fields = fieldsOf(value)
  const present = elementsOf(operand.buf, operand.at).filter(({ name }) => fields.has(name))
  return {
    failingDependencies: present.flatMap(({ name, value: demand }): Details[] => {
      const conditionalProperty = name
      if (demand.type === BsonType.array) {
        const missingProperties = missingIn(value, demand)
        return missingProperties.length > 0 ? [{ conditionalProperty, missingProperties }] : []
      }
      if (satisfies(value, demand)) return []
      return [{ conditionalProperty, details: rulesNotSatisfied(demand, value) }]
    }),
  }
}

const ofItems: Explain = ({ operand }, value) => {
  const schemas = operand.type === BsonType.array ? valuesOf(operand) : undefined
  const items = valuesOf(value)
  const itemIndex = items.findIndex((item, index) => {
    const schema = schemas ? schemas[index] : operand
    return schema !== undefined && !satisfies(item, schema)
  })
  const schema = schemas ? schemas[itemIndex] : operand
  return {
    reason: 'At least one item did not match the sub-schema',
    itemIndex,
    details: rulesNotSatisfied(schema, items[itemIndex]),
  }
}

const ofAdditionalItems: Explain = (rule, value, schema) => {
  const items = elementsOf(schema.buf, schema.at).find(({ name }) => name === 'items')
  const from = items ? valuesOf(items.value).length : 0
  return { ...specifiedAs(rule), additionalItems: valuesOf(value).slice(from) }
}

const ofUniqueItems: Explain = (rule, value) => {
  const seen = new Set<string>()
  const duplicatedValue = valuesOf(value).find(({ buf, type, at }) => {
    const { size } = seen
    return seen.add(keyOf(buf, type, at)).size === size
  })
  return {
    ...specifiedAs(rule),
    reason: 'found a duplicate item',
    consideredValue: value,
    duplicatedValue,
  } as Details
}

const explained: Readonly<Record<string, Explain>> = {
  additionalItems: ofAdditionalItems,
  additionalProperties: ofAdditionalProperties,
  allOf: ofSchemas,
  anyOf: ofSchemas,
  bsonType: ofType,
  dependencies: ofDependencies,
  items: ofItems,
  maxProperties: ofPropertyCount,
  minProperties: ofPropertyCount,
  not: () => ({ reason: 'child expression matched' }),
  oneOf: ofSchemas,
  patternProperties: ofPatternProperties,
  properties: ofProperties,
  required: ofRequired,
  type: ofType,
  uniqueItems: ofUniqueItems,
}

function fieldsOf({ buf, at }: RawValue): Map<string, RawValue> {
  return new Map(elementsOf(buf, at).map(({ name, value }: NamedValue) => [name, value]))
}

function namesIn(operand: RawValue | undefined): string[] {
  return operand ? elementsOf(operand.buf, operand.at).map(({ name }) => name) : []
}

function missingIn(value: RawValue, names: RawValue): string[] {
  const fields = fieldsOf(value)
  return valuesOf(names)
    .map(({ buf, at }) => readString(buf, at))
    .filter((name) => !fields.has(name))
}
