import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { noPoints, type Points } from './points.js'
import { rollUp } from './roll-up.js'

const gap = Number.NaN

interface Given {
  readonly samples: number[]
  readonly elapsed: number[]
  readonly values: number[]
  readonly counter: boolean
  readonly least?: number[]
  readonly most?: number[]
}

function pointsOf({ samples, elapsed, values, counter, least, most }: Given): Points {
  const column = {
    counter,
    values: Float64Array.from(values),
    ...(least && { least: Float64Array.from(least) }),
    ...(most && { most: Float64Array.from(most) }),
  }
  return {
    ...noPoints(0, 10, samples.length),
    samples: Float64Array.from(samples),
    elapsed: Float64Array.from(elapsed),
    columns: new Map([['n', column]]),
  }
}

describe('rolling up', () => {
  const cases: { name: string; given: Given; want: object }[] = [
    {
      name: 'gauges gives their average, least and greatest, by how often each was looked at',
      given: { counter: false, samples: [1, 3, 1], elapsed: [0, 0, 0], values: [8, 0, 4] },
      want: { samples: [5], elapsed: [0], values: [2.4], least: [0], most: [8] },
    },
    {
      name: 'gauges that were rolled up before keeps their bounds',
      given: {
        counter: false,
        samples: [6, 6],
        elapsed: [0, 0],
        values: [1, 2],
        least: [-5, 1],
        most: [1, 90],
      },
      want: { samples: [12], elapsed: [0], values: [1.5], least: [-5], most: [90] },
    },
    {
      name: 'what does not change stays exact',
      given: { counter: false, samples: [1, 1, 1], elapsed: [0, 0, 0], values: [0.1, 0.1, 0.1] },
      want: { samples: [3], elapsed: [0], values: [0.1], least: [0.1], most: [0.1] },
    },
    {
      name: 'gaps leaves them out',
      given: { counter: false, samples: [1, 0, 1], elapsed: [0, 0, 0], values: [4, gap, 6] },
      want: { samples: [2], elapsed: [0], values: [5], least: [4], most: [6] },
    },
    {
      name: 'nothing but gaps gives one',
      given: { counter: false, samples: [0, 0], elapsed: [0, 0], values: [gap, gap] },
      want: { samples: [0], elapsed: [0], values: [gap], least: [gap], most: [gap] },
    },
    {
      name: 'counters adds what they rose, with the greatest rate',
      given: { counter: true, samples: [1, 1], elapsed: [10_000, 5_000], values: [100, 100] },
      want: { samples: [2], elapsed: [15_000], values: [200], most: [20] },
    },
    {
      name: 'a counter that came later gives the rate of its own time',
      given: { counter: true, samples: [1, 1], elapsed: [1_000, 1_000], values: [gap, 50] },
      want: { samples: [2], elapsed: [2_000], values: [100], most: [50] },
    },
    {
      name: 'a counter seen once says nothing',
      given: { counter: true, samples: [1], elapsed: [0], values: [gap] },
      want: { samples: [1], elapsed: [0], values: [gap], most: [gap] },
    },
  ]
  for (const { name, given, want } of cases) {
    test(name, () => {
      const rolled = rollUp(pointsOf(given), { startMs: 0, stepMs: 100, count: 1 })
      const { samples, elapsed } = rolled
      const { counter, ...column } = rolled.columns.get('n') ?? assert.fail()
      assert.equal(counter, given.counter)
      const lists = Object.entries({ samples, elapsed, ...column })
      assert.deepEqual(Object.fromEntries(lists.map(([key, list]) => [key, [...list]])), want)
    })
  }

  test('each step takes what lies in it, and no more', () => {
    const values = [1, 2, 3, 4, 5, 6, 7]
    const ones = values.map(() => 1)
    const points = pointsOf({ counter: false, samples: ones, elapsed: ones, values })
    const rolled = rollUp(points, { startMs: 20, stepMs: 20, count: 3 })
    assert.deepEqual([...rolled.samples], [2, 2, 1])
    assert.deepEqual([...(rolled.columns.get('n')?.values ?? [])], [3.5, 5.5, 7])
  })
})
