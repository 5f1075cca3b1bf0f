import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openEmbedded } from '../../services/mongodb/embedded.js'
import { type State, stateIn } from '../state.js'
import { openEvents } from './events.js'
import { createTrimming } from './trimming.js'

const DAY_MS = 24 * 3_600_000

describe('events', () => {
  let folder: string
  let state: State
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-events-'))
    state = stateIn(await openEmbedded(folder))
  })
  after(async () => {
    await state.close()
    rmSync(folder, { recursive: true })
  })

  test('those of several servers with one state are in the order of time', async () => {
    const clock = { now: Date.UTC(2026, 0, 5, 12) }
    const servers = [
      await openEvents(state, () => clock.now),
      await openEvents(state, () => clock.now),
    ]
    const ids: string[] = []
    for (let i = 0; i < 40; i++) {
      // Several of a millisecond come from one server.
      if (i % 4 === 0) clock.now += 1 + (i % 3) * 700
      const server = servers[Math.floor(i / 4) % 2]
      ids.push((await server.record('HOST_DOWN', { groupId: 'order' })).id)
    }
    const listed = await servers[0].list({ groupId: 'order' }, 0, 100)
    assert.deepEqual(
      listed.map(({ id }) => id),
      ids.toReversed(),
    )
    const between = { groupId: 'order', minMs: listed[30].createdMs, maxMs: listed[10].createdMs }
    const expected = listed.filter(
      ({ createdMs }) => createdMs >= between.minMs && createdMs <= between.maxMs,
    )
    assert.ok(expected.length > 20 && expected.length < 40)
    assert.deepEqual(await servers[1].list(between, 0, 100), expected)
    assert.equal(await servers[1].count(between), expected.length)
    const tail = await servers[1].olderThan(listed[12].id, between, 100)
    assert.deepEqual(tail, expected.slice(expected.findIndex(({ id }) => id === listed[12].id) + 1))
  })

  test('they are counted as they are, also when they have been counted before', async () => {
    const clock = { now: Date.UTC(2026, 0, 7) }
    const servers = [
      await openEvents(state, () => clock.now),
      // Its clock is behind.
      await openEvents(state, () => clock.now - 20_000),
    ]
    const query = { groupId: 'counted', types: ['HOST_DOWN', 'HOST_UP'] }
    let number = 0
    for (let round = 0; round < 40; round++) {
      for (const server of servers) {
        await server.record('HOST_DOWN', { groupId: 'counted' })
        await server.record('NO_PRIMARY', { groupId: 'counted' })
        number++
      }
      for (const server of servers) assert.equal(await server.count(query), number)
      assert.equal(await servers[0].count({ groupId: 'counted' }), 2 * number)
      clock.now += 25_000
    }
    const left = (await servers[0].list(query, 0, 1000)).filter(
      ({ createdMs }) => createdMs >= clock.now - 300_000,
    )
    await servers[0].trim(clock.now - 300_000)
    assert.equal(await servers[0].count(query), left.length)
  })

  test('what is older than it is to be kept goes, on any of the servers', async () => {
    const clock = { now: Date.UTC(2026, 1, 1) }
    const events = await openEvents(state, () => clock.now)
    for (let day = 0; day < 10; day++) {
      await events.record('HOST_DOWN', { groupId: 'kept' })
      clock.now += DAY_MS
    }
    const failed = (error: unknown) => assert.fail(String(error))
    const start = async (keepDays: number) => {
      const trimmings = [1, 2].map(() =>
        createTrimming({ events, keepDays, failed, now: () => clock.now }),
      )
      for (const trimming of trimmings) trimming.start()
      for (const trimming of trimmings) await trimming.stop()
    }
    await start(0)
    assert.equal(await events.count({ groupId: 'kept' }), 10)
    await start(3)
    const left = await events.list({ groupId: 'kept' }, 0, 20)
    assert.equal(left.length, 3)
    assert.ok(left.every(({ createdMs }) => createdMs >= clock.now - 3 * DAY_MS))
  })
})
