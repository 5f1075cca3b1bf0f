import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AlertConfig } from '../alert-configs/alert-config.js'
import type { Notification } from '../notifications/notification.js'
import type { Alert } from './alert.js'
import { end, type Finding, newAlert, next, pastAlert, settled, tellings } from './life.js'

const MINUTE = 60_000

function mail(id: string, delayMin: number, intervalMin = 60): Notification {
  return {
    id,
    typeName: 'EMAIL',
    delayMin,
    intervalMin,
    emailAddress: 'ops@example.com',
    sealed: {},
  }
}

function configWith(...notifications: Notification[]): AlertConfig {
  return {
    id: '1'.repeat(24),
    project: '2'.repeat(24),
    eventTypeName: 'HOST_DOWN',
    enabled: true,
    matchers: [],
    notifications,
    createdMs: 0,
    updatedMs: 0,
    enabledMs: 0,
  }
}

const subject = { name: 'db1.example.com:27017' }
const finding = (is: Finding['is'], number?: number): Finding => ({
  target: 'db1',
  subject,
  is,
  ...(number !== undefined && { value: { number, units: 'RAW' } }),
})

describe('an alert', () => {
  type Step = readonly [minute: number, is: Finding['is'], status: Alert['status']]
  const lives: readonly [string, number, readonly Step[]][] = [
    ['opens at once without a delay', 0, [[0, 'true', 'OPEN']]],
    [
      'is tracked until the delay is over',
      5,
      [
        [0, 'true', 'TRACKING'],
        [4.9, 'true', 'TRACKING'],
        [5, 'true', 'OPEN'],
        [6, 'false', 'CLOSED'],
        [7, 'true', 'CLOSED'],
      ],
    ],
    [
      'closes without having been open when it was short',
      5,
      [
        [0, 'true', 'TRACKING'],
        [4, 'false', 'CLOSED'],
      ],
    ],
    [
      'stays what it is while nobody can tell',
      5,
      [
        [0, 'true', 'TRACKING'],
        [9, 'unknown', 'TRACKING'],
        [10, 'true', 'OPEN'],
        [11, 'unknown', 'OPEN'],
      ],
    ],
  ]
  for (const [what, delayMin, steps] of lives) {
    test(what, () => {
      const config = configWith(mail('a', delayMin))
      let alert: Alert | undefined
      for (const [minute, is, status] of steps) {
        const nowMs = minute * MINUTE
        alert = alert
          ? next(alert, config, finding(is), nowMs)
          : newAlert(config, finding(is), nowMs)
        assert.equal(alert.status, status, `minute ${minute}`)
        assert.equal(alert.resolvedMs !== undefined, status === 'CLOSED')
      }
    })
  }

  test('opens after the shortest delay of all', () => {
    const config = configWith(mail('a', 10), mail('b', 2))
    const alert = newAlert(config, finding('true'), 0)
    assert.equal(next(alert, config, finding('true'), 2 * MINUTE).status, 'OPEN')
  })

  test('keeps the latest value, and is the very same when nothing is new', () => {
    const config = configWith(mail('a', 0))
    const alert = newAlert(config, finding('true', 5), 0)
    assert.equal(next(alert, config, finding('true', 5), MINUTE), alert)
    const higher = next(alert, config, finding('true', 6), MINUTE)
    assert.deepEqual([higher.value?.number, higher.updatedMs, higher.revision], [6, MINUTE, 1])
    assert.equal(next(higher, config, finding('false', 1), MINUTE).value?.number, 1)
  })

  test('is cancelled without being resolved; what is over stays so', () => {
    const alert = newAlert(configWith(mail('a', 0)), finding('true'), 0)
    const cancelled = end(alert, 'CANCELLED', MINUTE)
    assert.deepEqual([cancelled.status, cancelled.resolvedMs], ['CANCELLED', undefined])
    assert.equal(end(cancelled, 'CLOSED', MINUTE), cancelled)
  })
})

describe('of an alert is told', () => {
  const live = { muted: false, isPast: false }

  /** Everything that is told from minute to minute, as `minute kind notification`. */
  function course(
    config: AlertConfig,
    minutes: number,
    at: { readonly [minute: number]: (alert: Alert) => Alert } = {},
    muted: (minute: number) => boolean = () => false,
  ): string[] {
    let alert = newAlert(config, finding('true'), 0)
    const told: string[] = []
    for (let minute = 0; minute <= minutes; minute++) {
      const nowMs = minute * MINUTE
      alert = at[minute]?.(alert) ?? next(alert, config, finding('true'), nowMs)
      const found = tellings(alert, config, nowMs, { ...live, muted: muted(minute) })
      told.push(...found.map(({ kind, notification }) => `${minute} ${kind} ${notification.id}`))
      alert = settled(alert, found, undefined, nowMs)
    }
    return told
  }

  test('each after its own delay, and then again and again', () => {
    const config = configWith(mail('a', 0, 10), mail('b', 3, 15))
    assert.deepEqual(course(config, 21), [
      '0 OPEN a',
      '3 OPEN b',
      '10 UPDATED a',
      '18 UPDATED b',
      '20 UPDATED a',
    ])
  })

  test('its end to those who know of it, once', () => {
    const config = configWith(mail('a', 0), mail('b', 10))
    const closed = { 5: (alert: Alert) => end(alert, 'CLOSED', 5 * MINUTE) }
    assert.deepEqual(course(config, 8, closed), ['0 OPEN a', '5 CLOSED a'])
    const cancelled = { 12: (alert: Alert) => end(alert, 'CANCELLED', 12 * MINUTE) }
    assert.deepEqual(course(config, 14, cancelled), [
      '0 OPEN a',
      '10 OPEN b',
      '12 CANCELLED a',
      '12 CANCELLED b',
    ])
  })

  test('nothing while it is tracked, and nothing when it ends then', () => {
    const config = configWith(mail('a', 10))
    const closed = { 5: (alert: Alert) => end(alert, 'CLOSED', 5 * MINUTE) }
    assert.deepEqual(course(config, 12, closed), [])
  })

  test('nothing while somebody takes care of it, but its end', () => {
    const config = configWith(mail('a', 0, 5))
    const acknowledged = { untilMs: 13 * MINUTE, by: 'somebody' }
    const until13 = { 2: (alert: Alert) => ({ ...alert, acknowledged }) }
    assert.deepEqual(course(config, 14, until13), ['0 OPEN a', '13 UPDATED a'])
    const closed = { ...until13, 6: (alert: Alert) => end(alert, 'CLOSED', 6 * MINUTE) }
    assert.deepEqual(course(config, 14, closed), ['0 OPEN a', '6 CLOSED a'])
  })

  test('nothing in a maintenance window, but after it if it is still open', () => {
    const config = configWith(mail('a', 0, 5))
    const window = (minute: number) => minute < 8
    assert.deepEqual(course(config, 9, {}, window), ['8 OPEN a'])
    const closed = { 6: (alert: Alert) => end(alert, 'CLOSED', 6 * MINUTE) }
    assert.deepEqual(course(config, 9, closed, window), [])
  })

  test('of what is over as it happens once, whatever the delay, and never in a window', () => {
    const config = configWith(mail('a', 10), mail('b', 0))
    const alert = pastAlert(config, finding('true'), '3'.repeat(24), 0)
    assert.deepEqual([alert.status, alert.resolvedMs, alert.live], ['CLOSED', 0, true])
    const past = { muted: false, isPast: true }
    const found = tellings(alert, config, 0, past)
    assert.deepEqual(
      found.map(({ kind, notification }) => `${kind} ${notification.id}`),
      ['INFORMATION a', 'INFORMATION b'],
    )
    const after = settled(alert, found, 'CLOSED', 0)
    assert.equal(after.live, false)
    assert.deepEqual(tellings(after, config, MINUTE, past), [])
    assert.deepEqual(tellings(alert, config, 0, { ...past, muted: true }), [])
  })

  test('what was told before a server was killed, again, when this was not written down', () => {
    const config = configWith(mail('a', 0))
    const open = newAlert(config, finding('true'), 0)
    assert.equal(tellings(open, config, 0, live).length, 1)
    assert.equal(tellings(open, config, MINUTE, live).length, 1)
    const told = settled(open, tellings(open, config, 0, live), 'OPEN', 0)
    assert.deepEqual(tellings(told, config, MINUTE, live), [])
  })
})
