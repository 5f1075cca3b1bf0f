import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { openEmbedded } from '../../services/mongodb/embedded.js'
import { type State, stateIn } from '../state.js'
import { ensureSeries, openSeries, removeSeries, type Series } from './series.js'
import { blocks, subjects } from './tables.js'
import { blockMs, FINEST, tiers } from './tiers.js'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** The beginning of a block of every tier but the last. */
const START = Date.UTC(2026, 0, 1)
const [SECONDS, MINUTES, FIVE_MINUTES, HOURS, DAYS] = [0, 1, 2, 3, 4]

describe('a series', () => {
  let folder: string
  let state: State
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-series-'))
    state = stateIn(await openEmbedded(folder))
  })
  afterEach(async () => {
    await state.close()
    rmSync(folder, { recursive: true })
  })

  const about = { id: 'a'.repeat(24), host: 'h:1', service: 'mongodb', machine: 'm' }
  const open = (atMs: number, host = about.host) => ensureSeries(state, { ...about, host }, atMs)

  /** Samples every 10 seconds from one moment to another, kept as the server keeps them. */
  async function sampleOver(
    series: Series,
    [startMs, endMs]: readonly [number, number],
    value: (atMs: number) => number = (atMs) => Math.floor((atMs - START) / MINUTE),
  ): Promise<void> {
    for (let atMs = startMs; atMs < endMs; atMs += 10 * SECOND) {
      const gauges = new Map([['gauge', value(atMs)]])
      series.add({ atMs, elapsedMs: 10 * SECOND, gauges, rises: new Map([['counter', 50]]) })
      if ((atMs / (10 * SECOND)) % 60 === 59) {
        await series.flush()
        await series.complete(atMs + 10 * SECOND)
      }
    }
  }

  async function read(series: Series, level: number, startMs: number, endMs: number) {
    const { columns, samples, elapsed } = await series.read(level, { startMs, endMs })
    const [gauge, counter] = ['gauge', 'counter'].map((name) => columns.get(name))
    return { gauge, counter, samples: [...samples], elapsed: [...elapsed] }
  }

  test('has each sample, written or not yet, and gaps where there is none', async () => {
    const series = await open(START)
    await sampleOver(series, [START, START + 20 * MINUTE])
    await sampleOver(series, [START + 30 * MINUTE, START + 30 * MINUTE + 20 * SECOND])
    for (const written of [false, true]) {
      if (written) await series.flush()
      const { gauge, samples } = await read(series, SECONDS, START, START + 31 * MINUTE)
      assert.equal(samples.filter((count) => count === 1).length, 122)
      assert.deepEqual([...(gauge?.values ?? [])].slice(117, 123), [19, 19, 19, NaN, NaN, NaN])
      assert.deepEqual([...(gauge?.values ?? [])].slice(-7, -3), [NaN, 30, 30, NaN])
    }
  })

  test('is the same in every tier, from what is made and from what is not yet', async () => {
    const series = await open(START)
    const endMs = START + 2 * DAY + 5 * HOUR + 47 * MINUTE + 30 * SECOND
    await sampleOver(series, [START, endMs])
    for (const [level, { stepMs, keepMs }] of tiers.entries()) {
      if (level === SECONDS) continue
      const startMs = Math.max(START, Math.ceil((endMs - keepMs) / stepMs) * stepMs)
      const steps = Math.ceil((endMs - startMs) / stepMs)
      const { gauge, counter, samples, elapsed } = await read(series, level, startMs, endMs)
      assert.equal(samples.length, steps)
      for (let i = 0; i < steps; i++) {
        const from = startMs + i * stepMs
        const to = Math.min(endMs, from + stepMs)
        const count = Math.floor((to - from) / (10 * SECOND))
        const [first, last] = [from, to - 1].map((ms) => Math.floor((ms - START) / MINUTE))
        assert.equal(samples[i], count)
        assert.equal(elapsed[i], count * 10 * SECOND)
        assert.equal(counter?.values[i], count * 50)
        assert.equal(counter?.most?.[i], 5)
        assert.deepEqual([gauge?.least?.[i], gauge?.most?.[i]], [first, last])
        if ((to - from) % MINUTE === 0) {
          const error = Math.abs((gauge?.values[i] ?? Number.NaN) - (first + last) / 2)
          // What is rolled up is kept to a thousandth, in each of the tiers.
          assert.ok(error < 0.004, `step ${i} of tier ${level}: off by ${error}`)
        }
      }
    }
  })

  test('goes on after a restart, within a block too, and makes up what was not made', async () => {
    const first = await open(START)
    await sampleOver(first, [START, START + 64 * MINUTE])
    await first.flush()
    // The server is away for three minutes.
    const again = await open(START + 67 * MINUTE)
    await sampleOver(again, [START + 67 * MINUTE, START + 130 * MINUTE])
    const { samples, gauge } = await read(again, MINUTES, START, START + 130 * MINUTE)
    assert.deepEqual(samples.slice(63, 68), [6, 0, 0, 0, 6])
    assert.deepEqual([...(gauge?.values ?? [])].slice(63, 68), [63, NaN, NaN, NaN, 67])
    const hours = await read(again, HOURS, START, START + 2 * HOUR)
    assert.deepEqual(hours.samples, [360, 342])
    assert.equal(hours.counter?.values[1], 342 * 50)
  })

  test('is complete though the server was killed before anything was rolled up', async () => {
    const first = await open(START)
    for (let atMs = START; atMs < START + HOUR; atMs += 10 * SECOND) {
      first.add({ atMs, elapsedMs: 10 * SECOND, gauges: new Map(), rises: new Map([['n', 1]]) })
      if ((atMs / (10 * SECOND)) % 6 === 5) await first.flush()
    }
    const again = (await openSeries(state, about)) ?? assert.fail()
    for (const completed of [false, true]) {
      if (completed) await again.complete(START + HOUR)
      const { columns } = await again.read(MINUTES, { startMs: START, endMs: START + HOUR })
      assert.deepEqual([...(columns.get('n')?.values ?? [])], new Array(60).fill(6))
    }
    // Once more changes nothing.
    const third = (await openSeries(state, about)) ?? assert.fail()
    const { columns } = await third.read(HOURS, { startMs: START, endMs: START + HOUR })
    assert.deepEqual([...(columns.get('n')?.values ?? [])], [360])
  })

  test('survives a state that cannot be written for a while', async () => {
    let broken = true
    const flaky: State = {
      ...state,
      save: (table, record) =>
        broken && table.collection === blocks.collection
          ? Promise.reject(new Error('no state'))
          : state.save(table, record),
    }
    const series = await ensureSeries(flaky, about, START)
    for (let i = 0; i < 10; i++) {
      series.add({
        atMs: START + i * 10 * SECOND,
        elapsedMs: 0,
        gauges: new Map([['g', i]]),
        rises: new Map(),
      })
      await assert.rejects(series.flush(), /no state/)
    }
    broken = false
    await series.flush()
    const kept = (await openSeries(state, about)) ?? assert.fail()
    const { columns } = await kept.read(FINEST, { startMs: START, endMs: START + 100 * SECOND })
    assert.deepEqual([...(columns.get('g')?.values ?? [])], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('keeps each tier for its time, and takes no more room from then on', async () => {
    const series = await open(START)
    const endMs = START + 84 * DAY
    const counts: number[] = []
    // Twice a day is enough to see what is deleted.
    for (let atMs = START; atMs < endMs; atMs += DAY / 2) {
      series.add({ atMs, elapsedMs: 0, gauges: new Map([['g', 1]]), rises: new Map() })
      await series.flush()
      await series.complete(atMs + 10 * MINUTE)
      if (endMs - atMs <= 10 * DAY) counts.push((await state.list(blocks)).length)
    }
    const completedMs = endMs - DAY / 2 + 10 * MINUTE
    const ids = (await state.list(blocks)).map(({ id }) => id)
    for (const tier of tiers.slice(0, -1)) {
      const starts = ids
        .filter((id) => id.includes(`/${tier.letter}0`))
        .map((id) => Number.parseInt(id.slice(-6), 36) * blockMs(tier))
      const oldest = Math.min(...starts)
      const keptMs = completedMs - tier.keepMs
      assert.ok(oldest > keptMs - blockMs(tier) - 1, `too old in tier ${tier.letter}`)
      assert.ok(oldest <= keptMs + DAY / 2, `too young in tier ${tier.letter}`)
    }
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 2, counts.join(' '))
    const { samples } = await read(series, DAYS, START, endMs)
    assert.deepEqual(new Set(samples), new Set([2]))
  })

  test('of one host is not that of another, and goes with its instance', async () => {
    const other = { ...about, id: 'b'.repeat(24) }
    for (const record of [about, { ...about, host: 'h:12' }, { ...about, host: '' }, other]) {
      const series = await ensureSeries(state, record, START)
      const name = `of ${record.id}/${record.host}`
      series.add({ atMs: START, elapsedMs: 0, gauges: new Map([[name, 1]]), rises: new Map() })
      await series.flush()
      assert.deepEqual(
        [...(await series.read(FINEST, { startMs: START, endMs: START + 1 })).columns.keys()],
        [name],
      )
    }
    await removeSeries(state, about.id)
    assert.equal(await openSeries(state, about), undefined)
    assert.equal((await state.list(blocks)).length, 1)
    assert.deepEqual(
      (await state.list(subjects)).map(({ id }) => id),
      [other.id],
    )
  })

  test('of two servers that write it, the later one is refused before it does harm', async () => {
    const [one, two] = [await open(START), await open(START)]
    const sample = (name: string) => ({
      atMs: START,
      elapsedMs: 0,
      gauges: new Map([[name, 1]]),
      rises: new Map<string, number>(),
    })
    one.add(sample('first'))
    await one.flush()
    two.add(sample('second'))
    await assert.rejects(two.flush(), /somebody else/)
    const { columns } = await one.read(FINEST, { startMs: START, endMs: START + 1 })
    assert.deepEqual([...columns.keys()], ['first'])
  })

  test('five minutes are made of minutes', async () => {
    const series = await open(START)
    await sampleOver(series, [START, START + 20 * MINUTE])
    const { gauge } = await read(series, FIVE_MINUTES, START, START + 20 * MINUTE)
    assert.deepEqual([...(gauge?.values ?? [])], [2, 7, 12, 17])
  })
})
