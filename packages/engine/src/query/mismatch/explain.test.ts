import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeDocument, encodeDocument, RawValue, type Value, type Writable } from '@gantry/bson'
import { explainMismatch } from './explain.js'

type Plain = Record<string, Writable>

interface Case {
  readonly name: string
  readonly filter: Plain
  readonly doc: Plain
  readonly details: object
}

function plain(value: Value): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([name, inner]) => [name, plain(inner)]))
  }
  return Array.isArray(value) ? value.map(plain) : value
}

const fields: readonly Case[] = [
  {
    name: 'an equality',
    filter: { a: 1 },
    doc: { a: 2 },
    details: {
      operatorName: '$eq',
      specifiedAs: { a: 1 },
      reason: 'comparison failed',
      consideredValue: 2,
    },
  },
  {
    name: 'a field that is not there',
    filter: { 'a.b': { $gt: 1 } },
    doc: { a: {} },
    details: {
      operatorName: '$gt',
      specifiedAs: { 'a.b': { $gt: 1 } },
      reason: 'field was missing',
    },
  },
  {
    name: 'only those of several conditions that fail',
    filter: { a: { $gt: 1, $type: 'string' }, b: { $exists: false } },
    doc: { a: 5, b: 1 },
    details: {
      operatorName: '$and',
      clausesNotSatisfied: [
        {
          index: 0,
          details: {
            operatorName: '$and',
            clausesNotSatisfied: [
              {
                index: 1,
                details: {
                  operatorName: '$type',
                  specifiedAs: { a: { $type: 'string' } },
                  reason: 'type did not match',
                  consideredValue: 5,
                  consideredType: 'int',
                },
              },
            ],
          },
        },
        {
          index: 1,
          details: {
            operatorName: '$exists',
            specifiedAs: { b: { $exists: false } },
            reason: 'path does exist',
          },
        },
      ],
    },
  },
  {
    name: 'all branches of an $or',
    filter: { $or: [{ a: 1 }, { a: { $in: [3] } }] },
    doc: { a: 2 },
    details: {
      operatorName: '$or',
      clausesNotSatisfied: [
        {
          index: 0,
          details: {
            operatorName: '$eq',
            specifiedAs: { a: 1 },
            reason: 'comparison failed',
            consideredValue: 2,
          },
        },
        {
          index: 1,
          details: {
            operatorName: '$in',
            specifiedAs: { a: { $in: [3] } },
            reason: 'no matching value found in array',
            consideredValue: 2,
          },
        },
      ],
    },
  },
  {
    name: 'the branches of a $nor that match',
    filter: { $nor: [{ a: 1 }, { a: 2 }] },
    doc: { a: 2 },
    details: {
      operatorName: '$nor',
      clausesSatisfied: [{ index: 1, details: { specifiedAs: { a: 2 } } }],
    },
  },
  {
    name: 'all values on a path through an array',
    filter: { 'a.b': { $lt: 0 } },
    doc: { a: [{ b: 1 }, { b: 'x' }] },
    details: {
      operatorName: '$lt',
      specifiedAs: { 'a.b': { $lt: 0 } },
      reason: 'comparison failed',
      consideredValues: [1, 'x'],
    },
  },
]

function schemaCase(name: string, schema: Plain, doc: Plain, rules: object[]): Case {
  return {
    name: `$jsonSchema: ${name}`,
    filter: { $jsonSchema: schema },
    doc,
    details: { operatorName: '$jsonSchema', schemaRulesNotSatisfied: rules },
  }
}

const schemas: readonly Case[] = [
  schemaCase(
    'required and properties',
    {
      required: ['name', 'year'],
      properties: { name: { bsonType: 'string', description: 'a name' }, year: { minimum: 2000 } },
    },
    { name: 5 },
    [
      {
        operatorName: 'required',
        specifiedAs: { required: ['name', 'year'] },
        missingProperties: ['year'],
      },
      {
        operatorName: 'properties',
        propertiesNotSatisfied: [
          {
            propertyName: 'name',
            description: 'a name',
            details: [
              {
                operatorName: 'bsonType',
                specifiedAs: { bsonType: 'string' },
                reason: 'type did not match',
                consideredValue: 5,
                consideredType: 'int',
              },
            ],
          },
        ],
      },
    ],
  ),
  schemaCase(
    'additionalProperties',
    {
      properties: { a: {} },
      additionalProperties: false,
    },
    { a: 1, b: 2 },
    [
      {
        operatorName: 'additionalProperties',
        specifiedAs: { additionalProperties: false },
        additionalProperties: ['b'],
      },
    ],
  ),
  schemaCase(
    'oneOf, of which two fit',
    {
      oneOf: [{ properties: { a: { minimum: 1 } } }, { required: ['a'] }],
    },
    { a: 2 },
    [
      {
        operatorName: 'oneOf',
        reason: 'more than one subschema matched',
        matchingSchemaIndexes: [0, 1],
      },
    ],
  ),
  schemaCase(
    'items',
    {
      properties: { a: { items: { bsonType: 'int' }, maxItems: 2 } },
    },
    { a: [1, 'x', 3] },
    [
      {
        operatorName: 'properties',
        propertiesNotSatisfied: [
          {
            propertyName: 'a',
            details: [
              {
                operatorName: 'items',
                reason: 'At least one item did not match the sub-schema',
                itemIndex: 1,
                details: [
                  {
                    operatorName: 'bsonType',
                    specifiedAs: { bsonType: 'int' },
                    reason: 'type did not match',
                    consideredValue: 'x',
                    consideredType: 'string',
                  },
                ],
              },
              {
                operatorName: 'maxItems',
                specifiedAs: { maxItems: 2 },
                reason: 'array did not match specified length',
                consideredValue: [1, 'x', 3],
              },
            ],
          },
        ],
      },
    ],
  ),
  schemaCase('dependencies', { dependencies: { a: ['b', 'c'] } }, { a: 1, b: 1 }, [
    {
      operatorName: 'dependencies',
      failingDependencies: [{ conditionalProperty: 'a', missingProperties: ['c'] }],
    },
  ]),
  schemaCase('minProperties', { minProperties: 3 }, { a: 1 }, [
    {
      operatorName: 'minProperties',
      specifiedAs: { minProperties: 3 },
      reason: 'specified number of properties was not satisfied',
      numberOfProperties: 1,
    },
  ]),
]

describe('why a document does not match', () => {
  for (const { name, filter, doc, details } of [...fields, ...schemas]) {
    test(name, () => {
      const found = explainMismatch(
        RawValue.document(encodeDocument(filter)),
        encodeDocument(doc),
        {},
      )
      assert.deepEqual(plain(decodeDocument(encodeDocument(found))), details)
    })
  }
})
