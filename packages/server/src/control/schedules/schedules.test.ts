import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { openEmbedded } from '../../services/mongodb/embedded.js'
import type { Log } from '../log.js'
import { type State, stateIn } from '../state.js'
import { taskTable } from '../tasks/task.js'
import { openTasks, type Tasks } from '../tasks/tasks.js'
import { following, scheduleTable } from './schedule.js'
import { openSchedules } from './schedules.js'

const silent: Log = { info() {}, warn() {}, error() {} }
const HOUR = 3_600_000

describe('schedules', () => {
  let folder: string
  let state: State
  let tasks: Tasks
  let nowMs = 0
  const now = () => nowMs
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-schedules-'))
    state = stateIn(await openEmbedded(folder))
    for (const table of [taskTable, scheduleTable]) await state.prepare(table)
    tasks = openTasks({ state, log: silent, server: 'a' })
    nowMs = 10 * HOUR
  })
  afterEach(async () => {
    await state.close()
    rmSync(folder, { recursive: true })
  })

  const made = async () => (await tasks.list({})).map(({ kind, args }) => [kind, args])

  test('make a task each time they are due, and none before', async () => {
    const schedules = openSchedules({ state, tasks, log: silent, now })
    const { id } = await schedules.save({
      kind: 'backup',
      instance: '1'.repeat(24),
      args: { keep: 3 },
      nextMs: 11 * HOUR,
      everyMs: HOUR,
    })
    await schedules.fire()
    assert.deepEqual(await made(), [])
    nowMs = 11 * HOUR
    await schedules.fire()
    await schedules.fire()
    assert.deepEqual(await made(), [['backup', { keep: 3 }]])
    assert.equal((await schedules.get(id))?.nextMs, 12 * HOUR)
    // Three times pass while no server runs: made up for once.
    nowMs = 14 * HOUR + 5
    await schedules.fire()
    assert.equal((await made()).length, 2)
    assert.equal((await schedules.get(id))?.nextMs, 15 * HOUR)
    await schedules.forget('1'.repeat(24))
    assert.deepEqual(await schedules.list({}), [])
  })

  test('make one task each time however many servers there are', async () => {
    const servers = Array.from({ length: 5 }, () =>
      openSchedules({ state, tasks, log: silent, now }),
    )
    await servers[0].save({ kind: 'x', args: {}, nextMs: nowMs, everyMs: HOUR })
    for (let hour = 10; hour < 15; hour++) {
      nowMs = hour * HOUR
      await Promise.all(servers.map((schedules) => schedules.fire()))
    }
    assert.equal((await made()).length, 5)
  })

  test('make no second task when the server was killed before it moved on', async () => {
    const schedules = openSchedules({ state, tasks, log: silent, now })
    const { id } = await schedules.save({ kind: 'x', args: {}, nextMs: nowMs, everyMs: HOUR })
    await tasks.create({ kind: 'x', key: `schedule ${id} ${nowMs}` })
    await schedules.fire()
    assert.equal((await made()).length, 1)
    assert.equal((await schedules.get(id))?.nextMs, 11 * HOUR)
  })

  test('that fire once are gone then', async () => {
    const schedules = openSchedules({ state, tasks, log: silent, now })
    await schedules.save({ kind: 'once', args: {}, nextMs: nowMs - 1, everyMs: 0 })
    await schedules.fire()
    assert.deepEqual(await made(), [['once', {}]])
    assert.deepEqual(await schedules.list({}), [])
    const often = schedules.save({ kind: 'x', args: {}, nextMs: 0, everyMs: 5 })
    await assert.rejects(often, /at the most/)
  })

  test('keep to their times', () => {
    assert.equal(following(10, 5, 10), 15)
    assert.equal(following(10, 5, 14), 15)
    assert.equal(following(10, 5, 15), 20)
    assert.equal(following(10, 5, 3), 15)
  })
})
