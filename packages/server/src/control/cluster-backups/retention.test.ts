import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expiriesOf } from './retention.js'

const DAY_MS = 86_400_000

test('a snapshot is kept as long as the most generous rule says', () => {
  const times = [
    '2026-03-30T06:00:00Z', // a Monday, the first known of its month
    '2026-03-30T12:00:00Z',
    '2026-03-31T06:00:00Z',
    '2026-04-01T06:00:00Z', // the first of its month, not of its week
    '2026-04-06T06:00:00Z', // the first of its week
  ]
  const snapshots = times.map((time, i) => ({ id: `${i}`, createdMs: Date.parse(time) }))
  const days = (rules: Parameters<typeof expiriesOf>[1]) =>
    snapshots.map(({ id, createdMs }) => {
      return ((expiriesOf(snapshots, rules).get(id) ?? 0) - createdMs) / DAY_MS
    })
  const off = { snapshotDays: 2, dailyDays: 0, weeklyWeeks: 0, monthlyMonths: 0 }
  assert.deepEqual(days(off), [2, 2, 2, 2, 2])
  assert.deepEqual(days({ ...off, dailyDays: 7 }), [7, 2, 7, 7, 7])
  assert.deepEqual(days({ ...off, weeklyWeeks: 4 }), [28, 2, 2, 2, 28])
  const all = { ...off, dailyDays: 7, weeklyWeeks: 4, monthlyMonths: 1 }
  assert.deepEqual(days(all), [31, 2, 7, 31, 28])
  assert.deepEqual(expiriesOf([], all), new Map())
})
