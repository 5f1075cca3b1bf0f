// biome-ignore-all lint/suspicious/noThenProperty: an argument of $cond and $switch is called so
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DateTime, Double, encodeDocument, Undefined } from '@gantry/bson'
import { evaluate, rawValue, testCases } from './cases.test.js'
import { compileExpression, evaluateLet, parseExpression, rootScope } from './expression.js'

describe('field paths', () => {
  testCases([
    ['$a', 1, { a: 1 }],
    ['$a.b', 2, { a: { b: 2 } }],
    ['$a.b', undefined, { a: 1 }],
    ['$a.b', [1, 3], { a: [{ b: 1 }, { c: 2 }, { b: 3 }, 4, [{ b: 5 }]] }],
    ['$a.b.c', [[1, 2], 3], { a: [{ b: [{ c: 1 }, { c: 2 }] }, { b: { c: 3 } }] }],
    ['$a.0', [], { a: [1, 2] }],
    ['$$ROOT.a', 1, { a: 1 }],
    ['$$CURRENT.a', 1, { a: 1 }],
    ['$$ROOT', new Map([['a', 1]]), { a: 1 }],
    ['$$NOW', new DateTime(1_700_000_000_000n)],
    ['$$REMOVE', undefined],
    ['$', { code: 16872 }],
    ['$a.', { code: 40353 }],
    ['$a..b', { code: 15998 }],
    ['$a.$b', { code: 16410 }],
    ['$$nosuch', { code: 17276 }],
    ['$$1', { code: 9 }],
  ])
})

describe('documents, arrays and constants', () => {
  testCases([
    [{ x: '$a', y: '$b' }, new Map([['x', 1]]), { a: 1 }],
    [['$a', '$b'], [1, null], { a: 1 }],
    [{ $literal: '$a' }, '$a'],
    [{ $literal: { $add: [1, 2] } }, new Map([['$add', [1, 2]]])],
    [{ $nosuch: 1 }, { code: 168 }],
    [{ $add: [1], $subtract: [1] }, { code: 15983 }],
    [{ 'a.b': 1 }, { code: 16412 }],
    [{ a: 1, $b: 1 }, { code: 16410 }],
  ])

  test('an expression of constants is evaluated once', () => {
    const expression = parseExpression(rawValue({ $add: [1, { $multiply: [2, 3] }] }), rootScope())
    assert.equal(expression.constant, true)
  })
})

describe('variables', () => {
  testCases([
    [{ $let: { vars: { x: '$a', y: 2 }, in: { $add: ['$$x', '$$y'] } } }, 3, { a: 1 }],
    [{ $let: { vars: { CURRENT: '$a' }, in: '$b' } }, 1, { a: { b: 1 } }],
    [
      { $let: { vars: { x: 1 }, in: { $let: { vars: { x: 2, y: '$$x' }, in: ['$$x', '$$y'] } } } },
      [2, 1],
    ],
    [
      {
        $map: { input: '$a', in: { $map: { input: '$$this', as: 'x', in: { $add: ['$$x', 1] } } } },
      },
      [[2], [3, 4]],
      { a: [[1], [2, 3]] },
    ],
    [{ $let: { vars: { X: 1 }, in: 1 } }, { code: 9 }],
    [{ $let: { vars: {}, in: '$$x' } }, { code: 17276 }],
    [{ $let: { in: 1 } }, { code: 16876 }],
    [{ $let: { vars: {} } }, { code: 16877 }],
  ])

  test('of a command: each sees those before it', () => {
    const variables = evaluateLet(rawValue({ a: 1, b: { $add: ['$$a', 1] } }))
    const compiled = compileExpression(rawValue({ $add: ['$$b', '$x'] }), { variables })
    assert.equal(compiled(encodeDocument({ x: 5 }), 0), 7)
    assert.throws(() => evaluateLet(rawValue({ a: '$x' })), { code: 4890500 })
  })
})

describe('conditions', () => {
  testCases([
    [{ $cond: [true, 1, 2] }, 1],
    [{ $cond: { if: '$a', then: 1, else: 2 } }, 2, { a: new Double(0) }],
    [{ $cond: { if: '$a', then: 1 } }, { code: 17082 }],
    [{ $ifNull: ['$a', '$b', 3] }, 2, { a: null, b: 2 }],
    [{ $ifNull: [1] }, { code: 1257300 }],
    [{ $switch: { branches: [{ case: '$a', then: 1 }], default: 2 } }, 2, { a: false }],
    [{ $switch: { branches: [{ case: '$a', then: 1 }] } }, { code: 40066 }, { a: false }],
    [{ $switch: { branches: [] } }, { code: 40068 }],
    [{ $and: [1, '', []] }, true],
    [{ $and: [1, 0] }, false],
    [{ $or: [null, new Undefined(), '$missing', new Double(Number.NaN)] }, true],
    [{ $not: [0] }, true],
    [{ $cmp: ['$missing', null] }, -1],
    [{ $eq: [1, new Double(1)] }, true],
    [{ $gt: ['a', 1] }, true],
    [{ $eq: [1] }, { code: 16020 }],
  ])
})

test('a compiled expression may be used on many documents', () => {
  const compiled = compileExpression(rawValue({ $add: ['$a', 1] }))
  assert.deepEqual(
    [1, 2, 3].map((a) => compiled(encodeDocument({ a }), 0)),
    [2, 3, 4],
  )
  assert.equal(evaluate('$a', { a: 1 }), 1)
})
