/** Tables of expressions and what they give, for the tests of operators; no tests of its own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DateTime,
  encodeDocument,
  findElement,
  RawValue,
  Timestamp,
  type Value,
  valueSize,
  type Writable,
} from '@gantry/bson'
import { CommandError } from '../errors.js'
import { compileExpression } from './expression.js'

/** An expression, what it gives or the code of its error, and the document that it is evaluated on. */
export type Case = readonly [
  expression: Writable,
  expected: Value | undefined | { readonly code: number },
  document?: Record<string, Writable>,
]

const NAME = Buffer.from('value')

/** A value as it stands in a command. */
export function rawValue(value: Writable): RawValue {
  const buf = encodeDocument({ value })
  const at = findElement(buf, 0, NAME)
  return new RawValue(buf, buf[at], at + 7, valueSize(buf, buf[at], at + 7))
}

export function evaluate(
  expression: Writable,
  document: Record<string, Writable> = {},
): Value | undefined {
  const compiled = compileExpression(rawValue(expression), {
    now: new DateTime(1_700_000_000_000n),
    clusterTime: new Timestamp(1_700_000_000, 1),
  })
  return compiled(encodeDocument(document), 0)
}

/** Makes a test of each case. */
export function testCases(cases: readonly Case[]): void {
  for (const [expression, expected, document] of cases) {
    test(show(expression, document), () => {
      if (isCode(expected)) {
        const error = failure(() => evaluate(expression, document))
        assert.equal(error.code, expected.code, error.message)
      } else {
        assert.deepEqual(evaluate(expression, document), expected)
      }
    })
  }
}

function failure(run: () => unknown): CommandError {
  try {
    run()
  } catch (error) {
    if (error instanceof CommandError) return error
    throw error
  }
  return assert.fail('no error')
}

function isCode(expected: Case[1]): expected is { code: number } {
  return typeof expected === 'object' && expected !== null && Object.hasOwn(expected, 'code')
}

function show(expression: Writable, document?: Record<string, Writable>): string {
  const text = (value: unknown) =>
    JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item))
  return document ? `${text(expression)} on ${text(document)}` : text(expression)
}
