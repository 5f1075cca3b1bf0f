import assert from 'node:assert/strict'
import { test } from 'node:test'
import { humanBytes } from './redis.js'

for (const [bytes, text] of [
  [0, '0B'],
  [1023, '1023B'],
  [1024, '1.00K'],
  [1_719_664, '1.64M'],
  [5 * 1024 ** 3, '5.00G'],
  [2048 * 1024 ** 4, '2048.00T'],
] as const) {
  test(`${bytes} bytes are ${text}`, () => assert.equal(humanBytes(bytes), text))
}
