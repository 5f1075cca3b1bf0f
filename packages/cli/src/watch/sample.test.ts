import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JsonDocument } from '@gantry/client'
import { ratesBetween, readSample } from './sample.js'

const status = (over: JsonDocument = {}): JsonDocument => ({
  instance: 'i',
  uptimeMillis: 10_000,
  opcounters: { insert: 100, query: 5, update: 0, delete: 0, getmore: 0, command: 7 },
  network: { bytesIn: 1000, bytesOut: 9007199254740993n },
  globalLock: { lockTime: 1_000_000, totalTime: 10_000_000 },
  ...over,
})

describe('readSample', () => {
  test('an answer of nothing but the least', () => {
    const sample = readSample({}, 5)
    assert.equal(sample.instance, '?')
    assert.equal(sample.uptimeMs, undefined)
    assert.equal(sample.operations.insert, undefined)
    assert.equal(sample.queued.readers, undefined)
  })

  test('seconds where there are no milliseconds, and integers of many digits', () => {
    const sample = readSample(status({ uptimeMillis: undefined, uptime: 3.5 }), 5)
    assert.equal(sample.uptimeMs, 3500)
    assert.equal(sample.bytesOut, 2 ** 53)
  })

  test('values that are not numbers count as not there', () => {
    const sample = readSample({ opcounters: 'none', network: [1], globalLock: null }, 5)
    assert.equal(sample.operations.query, undefined)
    assert.equal(sample.bytesIn, undefined)
  })
})

describe('ratesBetween', () => {
  const later = (over: JsonDocument, ms = 2000) =>
    ratesBetween(readSample(status(), 0), readSample(status(over), ms))

  test("by the server's clock", () => {
    const rates = later(
      {
        uptimeMillis: 14_000,
        opcounters: { insert: 140, query: 5 },
        globalLock: { lockTime: 2_000_000, totalTime: 14_000_000 },
      },
      1,
    )
    assert.equal(rates.operations.insert, 10)
    assert.equal(rates.operations.query, 0)
    assert.equal(rates.operations.update, undefined)
    assert.equal(rates.lockPercent, 25)
  })

  test('by ours when the server does not tell', () => {
    const before = readSample(status({ uptimeMillis: undefined, globalLock: {} }), 0)
    const after = readSample(
      status({ uptimeMillis: undefined, globalLock: {}, opcounters: { insert: 110 } }),
      2000,
    )
    const rates = ratesBetween(before, after)
    assert.equal(rates.operations.insert, 5)
    assert.equal(rates.lockPercent, undefined)
  })

  test('a server that was started anew counts from zero', () => {
    const rates = later({ uptimeMillis: 500, opcounters: { insert: 6 } })
    assert.equal(rates.operations.insert, 3)
    assert.equal(later({ uptimeMillis: 500, network: { bytesIn: 2 } }).bytesIn, 1)
  })

  test('no time between is no rate', () => {
    const sample = readSample(status(), 0)
    assert.equal(ratesBetween(sample, sample).operations.insert, undefined)
  })
})
