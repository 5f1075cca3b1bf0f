import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { openTestApp, type TestApp } from '../../testing/test-app.js'
import type { Instance } from '../instances/instances.js'
import { scheduleIdOf } from '../schedules/schedule.js'
import { openSince, type StepdownWindow } from './record.js'
import { STEPDOWN } from './stepdowns.js'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

describe('a stepdown window', () => {
  let app: TestApp
  let instance: Instance
  before(async () => {
    app = await openTestApp()
    ;[instance] = app.control.instances.all()
  })
  after(() => app.close())
  beforeEach(() => app.control.stepdowns.forget(instance))

  const flags = { enabled: true, scheduled: true, weekly: false }

  test('is kept, and makes its task when it begins', async () => {
    const { stepdowns, schedules } = app.control
    assert.equal(await stepdowns.get(instance), undefined)
    const startMs = Date.now() + DAY
    const order = { ...flags, startMs, endMs: startMs + DAY }
    await stepdowns.set(instance, order)
    const { enabled, scheduled, weekly, ...times } =
      (await stepdowns.get(instance)) ?? assert.fail()
    assert.deepEqual({ enabled, scheduled, weekly }, flags)
    assert.deepEqual([times.startMs, times.endMs], [startMs, startMs + DAY])
    assert.equal((await schedules.get(scheduleIdOf(STEPDOWN, instance.id)))?.nextMs, startMs)
    assert.equal((await schedules.get(scheduleIdOf(STEPDOWN, instance.id)))?.everyMs, 0)
    await stepdowns.set(instance, { ...order, weekly: true })
    assert.equal((await schedules.get(scheduleIdOf(STEPDOWN, instance.id)))?.everyMs, 7 * DAY)
    assert.equal(await stepdowns.mayStepDown(instance), false)
    await stepdowns.set(instance, { ...order, enabled: false })
    assert.equal(await schedules.get(scheduleIdOf(STEPDOWN, instance.id)), undefined)
    assert.equal(await stepdowns.mayStepDown(instance), true)
  })

  test('lasts from ten minutes to seven days', async () => {
    const now = Date.now()
    const refused: [number, number, RegExp][] = [
      [now, now, /before/],
      [now + 1, now, /before/],
      [now, now + 9 * MINUTE, /10 minutes/],
      [now, now + 7 * DAY + 1, /7 days/],
      [Number.NaN, now, /times/],
    ]
    for (const [startMs, endMs, message] of refused) {
      await assert.rejects(
        app.control.stepdowns.set(instance, { ...flags, startMs, endMs }),
        (error) =>
          error instanceof AppError && error.kind === 'invalid' && message.test(error.message),
      )
    }
    await app.control.stepdowns.set(instance, {
      ...flags,
      startMs: now + DAY,
      endMs: now + DAY + 10 * MINUTE,
    })
  })

  test('of a set of one member says that nobody can step down', async () => {
    const { stepdowns, schedules, tasks } = app.control
    const startMs = Date.now() - 1000
    await stepdowns.set(instance, { ...flags, startMs, endMs: startMs + DAY })
    await schedules.fire()
    const [task] = await tasks.list({
      instance: new ObjectId(instance.id),
      kind: 'mongodb.stepdown',
    })
    const { state, result } = await tasks.finished(task.id)
    assert.equal(state, 'succeeded')
    assert.match(String(result.outcome), /one member has nobody to step down for/)
    const window = (await stepdowns.get(instance)) ?? assert.fail()
    assert.match(window.outcome, /one member/)
    assert.equal(stepdowns.ranInWindow(window), false)
  })

  test('is open when it says so, each week if it is weekly', () => {
    const window: StepdownWindow = {
      ...flags,
      instance: '1'.repeat(24),
      startMs: 1000,
      endMs: 1000 + DAY,
      outcome: '',
    }
    const at = (ms: number, fields = {}) => openSince({ ...window, ...fields }, ms)
    assert.deepEqual(
      [at(999), at(1000), at(1000 + DAY - 1), at(1000 + DAY)],
      [undefined, 1000, 1000, undefined],
    )
    const later = 1000 + 7 * DAY
    assert.equal(at(later), undefined)
    assert.equal(at(later, { weekly: true }), later)
    assert.equal(at(later - 1, { weekly: true }), undefined)
    assert.equal(at(1000, { enabled: false }), undefined)
  })
})
