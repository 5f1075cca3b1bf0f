import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSampler, type Source } from './sampler.js'

/** A sampler with a clock that goes as fast as the test wants. */
function sampling(sources: readonly Source[], intervalMs = 10_000) {
  let nowMs = 1_700_000_000_000
  const failures: string[] = []
  const current = [...sources]
  const sampler = createSampler({
    intervalMs,
    sources: () => current,
    failed: (id) => failures.push(id),
    now: () => nowMs,
  })
  return {
    failures,
    current,
    now: () => nowMs,
    setBack(ms: number) {
      nowMs -= ms
    },
    /** Lets seconds pass, in each of which what answers at once has answered. */
    async pass(seconds: number) {
      for (let i = 0; i < seconds; i++) {
        nowMs += 1000
        void sampler.tick()
        await new Promise(setImmediate)
      }
    },
  }
}

describe('the sampler', () => {
  const counting = (id: string) => {
    const source = { id, count: 0, sample: async () => void source.count++ }
    return source
  }

  test('asks everything once in each interval, and not all at one time', async () => {
    const sources = Array.from({ length: 40 }, (_, i) => counting(`instance ${i}`))
    const run = sampling(sources)
    await run.pass(10)
    for (const source of sources) source.count = 0
    const busiest = { count: 0 }
    for (let second = 0; second < 60; second++) {
      const before = sources.reduce((sum, { count }) => sum + count, 0)
      await run.pass(1)
      const after = sources.reduce((sum, { count }) => sum + count, 0)
      busiest.count = Math.max(busiest.count, after - before)
    }
    assert.deepEqual(new Set(sources.map(({ count }) => count)), new Set([6]))
    assert.ok(busiest.count < 20, `${busiest.count} at one time`)
  })

  test('what hangs neither holds up the others nor piles up', async () => {
    const hanging = { id: 'hanging', count: 0, sample: () => new Promise<void>(() => {}) }
    const ask = hanging.sample
    hanging.sample = () => {
      hanging.count++
      return ask()
    }
    const good = counting('good')
    const run = sampling([hanging, good])
    await run.pass(600)
    assert.equal(good.count, 60)
    assert.equal(hanging.count, 3)
  })

  test('what answers late is asked again from then on', async () => {
    let answer = () => {}
    let count = 0
    const slow: Source = {
      id: 'slow',
      sample: () => {
        count++
        return new Promise((resolve) => {
          answer = resolve
        })
      },
    }
    const run = sampling([slow])
    await run.pass(45)
    assert.equal(count, 1)
    answer()
    await run.pass(10)
    assert.equal(count, 2)
  })

  test('tells once of what fails, and again after it was well', async () => {
    let fails = true
    const source: Source = {
      id: 'failing',
      async sample() {
        if (fails) throw new Error('down')
      },
    }
    const run = sampling([source])
    await run.pass(50)
    assert.deepEqual(run.failures, ['failing'])
    fails = false
    await run.pass(20)
    fails = true
    await run.pass(50)
    assert.deepEqual(run.failures, ['failing', 'failing'])
  })

  test('goes on when the clock is set back, and with what comes and goes', async () => {
    const [one, two] = [counting('one'), counting('two')]
    const run = sampling([one])
    await run.pass(20)
    run.setBack(3_600_000)
    await run.pass(20)
    // Once at once, as nobody knows when it was asked last.
    assert.equal(one.count, 5)
    run.current.splice(0, 1, two)
    await run.pass(20)
    assert.deepEqual([one.count, two.count], [5, 2])
  })
})
