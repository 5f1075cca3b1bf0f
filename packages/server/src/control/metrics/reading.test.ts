import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Reading, sampleBetween } from './reading.js'

const understanding = {
  counts: (name: string) => name.startsWith('c'),
  uptimeMs: ({ uptime }: Reading['values']) => uptime,
}
const MOST_MS = 35_000

describe('between two readings', () => {
  const before: Reading = { atMs: 100_000, values: { c1: 1000, c2: 5, g: 7, uptime: 60_000 } }
  const cases: { name: string; after: Reading; elapsedMs: number; rises: object }[] = [
    {
      name: 'counters have risen',
      after: { atMs: 110_000, values: { c1: 1010, c2: 5, g: 8, uptime: 70_000 } },
      elapsedMs: 10_000,
      rises: { restarts: 0, c1: 10, c2: 0 },
    },
    {
      name: 'one counter may start anew by itself',
      after: { atMs: 110_000, values: { c1: 3, c2: 6, g: 8, uptime: 70_000 } },
      elapsedMs: 10_000,
      rises: { restarts: 0, c1: 3, c2: 1 },
    },
    {
      name: 'after a restart all have risen from nothing, those beyond where they were too',
      after: { atMs: 110_000, values: { c1: 3, c2: 9, g: 8, uptime: 4_000 } },
      elapsedMs: 10_000,
      rises: { restarts: 1, c1: 3, c2: 9 },
    },
    {
      name: 'a restart shows though the uptime is greater',
      after: { atMs: 130_000, values: { c1: 3, c2: 9, g: 8, uptime: 61_000 } },
      elapsedMs: 30_000,
      rises: { restarts: 1, c1: 3, c2: 9 },
    },
    {
      name: 'an uptime in whole seconds is no restart',
      after: { atMs: 110_000, values: { c1: 1000, c2: 5, g: 8, uptime: 68_500 } },
      elapsedMs: 10_000,
      rises: { restarts: 0, c1: 0, c2: 0 },
    },
    {
      name: 'a new counter has no rise yet',
      after: { atMs: 110_000, values: { c1: 1000, c2: 5, c3: 99, g: 8, uptime: 70_000 } },
      elapsedMs: 10_000,
      rises: { restarts: 0, c1: 0, c2: 0 },
    },
    {
      name: 'nothing is told of a long gap',
      after: { atMs: 140_000, values: { c1: 1010, c2: 5, g: 8, uptime: 100_000 } },
      elapsedMs: 0,
      rises: {},
    },
    {
      name: 'nothing is told when the clock was set back',
      after: { atMs: 90_000, values: { c1: 1010, c2: 5, g: 8, uptime: 70_000 } },
      elapsedMs: 0,
      rises: {},
    },
  ]
  for (const { name, after, elapsedMs, rises } of cases) {
    test(name, () => {
      const sample = sampleBetween(before, after, understanding, MOST_MS)
      assert.equal(sample.elapsedMs, elapsedMs)
      assert.deepEqual(Object.fromEntries(sample.rises), rises)
      assert.equal(sample.gauges.get('g'), 8)
      assert.equal(sample.atMs, after.atMs)
    })
  }

  test('the first reading has gauges only, and no numbers that are none', () => {
    const first = { atMs: 1, values: { c1: 1, g: 2, odd: Number.NaN } }
    const sample = sampleBetween(undefined, first, understanding, MOST_MS)
    assert.deepEqual([sample.elapsedMs, sample.rises.size], [0, 0])
    assert.deepEqual([...sample.gauges], [['g', 2]])
  })
})
