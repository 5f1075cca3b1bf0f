import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measurements } from '../metrics/measurements.js'
import { convert, fits, ownUnits } from './units.js'

test('what is measured is told in the units of a threshold', () => {
  for (const [value, from, to, expected] of [
    [5, 'SCALAR', 'RAW', 5],
    [99.5, 'PERCENT', 'RAW', 99.5],
    [2048, 'BYTES', 'KILOBYTES', 2],
    [1, 'BYTES', 'BITS', 8],
    [1, 'BYTES_PER_SECOND', 'BITS', 8],
    [3, 'MEGABYTES', 'BYTES', 3 * 1024 ** 2],
    [1024, 'KILOBYTES', 'MEGABYTES', 1],
    [1024, 'MEGABYTES', 'GIGABYTES', 1],
    [128, 'BYTES', 'KILOBITS', 1],
    [2, 'GIGABYTES_PER_HOUR', 'MEGABYTES', 2048],
    [1024 ** 5, 'BYTES', 'PETABYTES', 1],
    [7200, 'SECONDS', 'HOURS', 2],
    [90, 'SECONDS', 'MINUTES', 1.5],
    [86_400_000, 'MILLISECONDS', 'DAYS', 1],
    [250, 'MILLISECONDS', 'SECONDS', 0.25],
  ] as const) {
    assert.equal(convert(value, from, to), expected, `${from} in ${to}`)
    assert.ok(fits(to, from))
  }
})

test('units of another kind do not fit, and every measurement has some', () => {
  assert.ok(!fits('RAW', 'BYTES'))
  assert.ok(!fits('BYTES', 'SECONDS'))
  assert.ok(!fits('DAYS', 'PERCENT'))
  for (const { units } of measurements) assert.equal(convert(1, units, ownUnits(units)), 1)
})
