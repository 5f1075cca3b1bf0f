import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Double, encodeDocument, Regex, Undefined, type Writable } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { dottedPath, type Filter } from './filter.js'
import { parseFilter } from './parse.js'

type Doc = { readonly [key: string]: Writable }

const errors: [filter: Doc, code: number, message: RegExp][] = [
  [{ $foo: 1 }, 2, /^unknown top level operator: \$foo\. If you have a field name/],
  [{ a: { $foo: 1 } }, 2, /^unknown operator: \$foo$/],
  [{ a: { $gt: 1, b: 2 } }, 2, /^unknown operator: b$/],
  [{ a: { $id: 1 } }, 2, /^unknown operator: \$id$/],
  [{ $and: 1 }, 2, /^\$and must be an array$/],
  [{ $or: [] }, 2, /must be a nonempty array$/],
  [{ $nor: [1] }, 2, /entries need to be full objects$/],
  [{ a: { $not: 1 } }, 2, /^\$not needs a regex or a document$/],
  [{ a: { $not: {} } }, 2, /^\$not cannot be empty$/],
  [{ a: { $not: { b: 1 } } }, 2, /^unknown operator: b$/],
  [{ a: { $in: 1 } }, 2, /^\$in needs an array$/],
  [{ a: { $nin: {} } }, 2, /^\$nin needs an array$/],
  [{ a: { $in: [{ $gt: 1 }] } }, 2, /^cannot nest \$ under \$in/],
  [{ a: { $eq: new Undefined() } }, 2, /^cannot compare to undefined$/],
  [{ a: { $gt: new Regex('x') } }, 2, /^Can't have RegEx as arg to predicate over field 'a'\.$/],
  [{ a: { $ne: new Regex('x') } }, 2, /^Can't have regex as arg to \$ne\.$/],
  [{ a: { $type: 'nothing' } }, 2, /^Unknown type name alias: nothing$/],
  [{ a: { $type: 'missing' } }, 2, /^Unknown type name alias: missing$/],
  [{ a: { $type: 77 } }, 2, /^Invalid numerical type code: 77$/],
  [{ a: { $type: true } }, 14, /must be represented as a number or a string/],
  [{ a: { $type: [] } }, 9, /^\$type must match at least one type$/],
  [{ a: { $size: -1 } }, 2, /^Failed to parse \$size\. Expected a non-negative number/],
  [{ a: { $size: new Double(1.5) } }, 2, /^Failed to parse \$size\. Expected an integer/],
  [{ a: { $size: 'x' } }, 2, /^Failed to parse \$size\. Expected a number/],
  [{ a: { $mod: 1 } }, 2, /^malformed mod, needs to be an array$/],
  [{ a: { $mod: [1] } }, 2, /^malformed mod, not enough elements$/],
  [{ a: { $mod: [1, 2, 3] } }, 2, /^malformed mod, too many elements$/],
  [{ a: { $mod: ['x', 2] } }, 2, /^malformed mod, divisor not a number$/],
  [{ a: { $mod: [new Double(0.5), 2] } }, 2, /^divisor cannot be 0$/],
  [{ a: { $all: 1 } }, 2, /^\$all needs an array$/],
  [{ a: { $all: [{ $gt: 1 }] } }, 2, /^no \$ expressions in \$all$/],
  [{ a: { $all: [{ $elemMatch: {} }, 1] } }, 2, /consistent$/],
  [{ a: { $elemMatch: 1 } }, 2, /^\$elemMatch needs an Object$/],
  [{ a: { $elemMatch: { $expr: 1 } } }, 2, /^unknown operator: \$expr$/],
  [{ a: { $elemMatch: { b: 1, $expr: 1 } } }, 2, /^\$expr can only be applied to the top-level/],
  [{ a: { $bitsAllSet: 'x' } }, 2, /^\$bitsAllSet takes an Array, a number, or a BinData/],
  [{ a: { $bitsAllSet: -1 } }, 9, /^Expected a non-negative number/],
  [{ a: { $bitsAllSet: [-1] } }, 2, /^Failed to parse bit position/],
  [{ a: { $regex: 1 } }, 2, /^\$regex has to be a string$/],
  [{ a: { $regex: 'x', $options: 1 } }, 2, /^\$options has to be a string$/],
  [{ a: { $options: 'i' } }, 2, /^\$options needs a \$regex$/],
  [{ a: { $regex: 'x', $options: 'g' } }, 51108, /invalid flag in regex options: g$/],
  [{ a: { $regex: '(' } }, 51091, /^Regular expression is invalid/],
  [{ a: { $regex: new Regex('x', 'i'), $options: 'm' } }, 51075, /^options set in both/],
  [{ a: { $options: 'm', $regex: new Regex('x', 'i') } }, 51074, /^options set in both/],
  [{ a: { $where: 'x' } }, 2, /^\$where cannot be applied to a field$/],
  [{ $where: 'x' }, 2, /\$where/],
  [{ $text: { $search: 'x' } }, 27, /^text index required for \$text query$/],
  [{ a: { $near: [0, 0] } }, 115, /^\$near is not supported/],
  [{ $expr: true }, 224, /^\$expr is not allowed in this context$/],
  [{ $alwaysTrue: 2 }, 9, /^\$alwaysTrue must be an integer value of 1$/],
  [{ $sampleRate: 'x' }, 2, /^argument to \$sampleRate must be a numeric type$/],
  [{ $sampleRate: 2 }, 2, /^numeric argument to \$sampleRate must be in \[0, 1\]$/],
]

describe('parseFilter refuses', () => {
  for (const [filter, code, message] of errors) {
    test(JSON.stringify(filter), () => {
      assert.throws(
        () => parseFilter(encodeDocument(filter), 0),
        (error) => {
          assert.ok(error instanceof CommandError)
          assert.equal(error.code, code)
          assert.match(error.message, message)
          return true
        },
      )
    })
  }
})

describe('parseFilter simplifies', () => {
  const rows: [filter: Doc, shape: string][] = [
    [{}, 'alwaysTrue'],
    [{ a: 1 }, 'eq a'],
    [{ a: 1, 'b.c': 2 }, 'and(eq a, eq b.c)'],
    [{ a: { $gt: 1, $lt: 2 }, $and: [{ b: 1 }, { c: 1 }] }, 'and(gt a, lt a, eq b, eq c)'],
    [{ $or: [{ a: 1 }] }, 'eq a'],
    [{ $or: [{ a: 1 }, { b: 1 }] }, 'or(eq a, eq b)'],
    [{ a: { $ne: 1 } }, 'not(eq a)'],
    [{ a: { $nin: [1] } }, 'not(in a)'],
    [{ a: { $exists: false } }, 'not(exists a)'],
    [{ a: { $all: [1, 2] } }, 'and(eq a, eq a)'],
    [{ a: { $all: [] } }, 'alwaysFalse'],
    [{ a: { $elemMatch: { $gt: 1 } } }, 'elemMatchValue a'],
    [{ a: { $elemMatch: { b: 1 } } }, 'elemMatchObject a'],
    [{ $comment: 'x' }, 'alwaysTrue'],
  ]
  for (const [filter, shape] of rows) {
    test(JSON.stringify(filter), () => {
      assert.equal(shapeOf(parseFilter(encodeDocument(filter), 0)), shape)
    })
  }
})

function shapeOf(filter: Filter): string {
  if ('clauses' in filter && !('path' in filter)) {
    return `${filter.kind}(${filter.clauses.map(shapeOf).join(', ')})`
  }
  if ('clause' in filter) return `${filter.kind}(${shapeOf(filter.clause)})`
  return 'path' in filter ? `${filter.kind} ${dottedPath(filter.path)}` : filter.kind
}
