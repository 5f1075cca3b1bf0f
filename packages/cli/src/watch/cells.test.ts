import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import stringWidth from 'string-width'
import { age, count, pad, percent, truncate } from './cells.js'

describe('cells', () => {
  const numbers: [value: number | undefined, text: string][] = [
    [undefined, '-'],
    [0, '0'],
    [0.4, '0'],
    [99_999, '99999'],
    [100_000, '100k'],
    [123_456_789, '123M'],
    [5e15, '5000T'],
  ]
  for (const [value, text] of numbers) {
    test(`count ${value}`, () => assert.equal(count(value), text))
  }

  const ages: [ms: number | undefined, text: string][] = [
    [undefined, '-'],
    [0, '0ms'],
    [999.9, '999ms'],
    [1000, '1.0s'],
    [59_990, '59.9s'],
    [65_000, '1m05s'],
    [7_800_000, '2h10m'],
    [90_000_000, '1d01h'],
  ]
  for (const [ms, text] of ages) test(`age ${ms}`, () => assert.equal(age(ms), text))

  test('percent', () => {
    assert.equal(percent(undefined), '-')
    assert.equal(percent(12.34), '12.3')
  })

  const cuts: [text: string, columns: number, cut: string][] = [
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['abcd', 1, '…'],
    ['abcd', 0, ''],
    ['数据库', 6, '数据库'],
    ['数据库', 5, '数据…'],
    ['数据库', 4, '数…'],
    ['👨‍👩‍👧x', 3, '👨‍👩‍👧x'],
    ['👨‍👩‍👧xy', 3, '👨‍👩‍👧…'],
  ]
  for (const [text, columns, cut] of cuts) {
    test(`truncate ${text} to ${columns}`, () => {
      assert.equal(truncate(text, columns), cut)
      assert.ok(stringWidth(cut) <= columns)
    })
  }

  test('pad', () => {
    assert.equal(pad('数', 4), '数  ')
    assert.equal(pad('数', 4, 'left'), '  数')
    assert.equal(pad('abcde', 4), 'abc…')
  })
})
