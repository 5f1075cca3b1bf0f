import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSorter } from './sorter.js'

const keyOfDocument = (doc: Buffer) => doc.subarray(0, 4)

function document(n: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(n)
  return bytes
}

/** Numbers that look shuffled, each once. */
const shuffled = (count: number) => Array.from({ length: count }, (_, i) => (i * 7919) % count)

function sorted(numbers: readonly number[], limit: number): number[] {
  const sorter = createSorter(keyOfDocument, limit)
  for (const [i, n] of numbers.entries()) sorter.add(i, document(n))
  const result: number[] = []
  const items = sorter.finish()
  for (let next = items.next(); !next.done; next = items.next()) {
    result.push(next.value.doc.readUInt32BE())
  }
  return result
}

const ascending = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('sorter', () => {
  for (const count of [0, 1, 2, 4095, 4096, 4097, 30_011]) {
    test(`${count} documents come out in order`, () => {
      assert.deepEqual(sorted(shuffled(count), 0), ascending(count))
    })
  }

  test('with a limit at least the lowest come out, first', () => {
    for (const limit of [1, 10, 2048, 2049, 20_000]) {
      assert.deepEqual(sorted(shuffled(30_011), limit).slice(0, limit), ascending(limit))
    }
  })

  test('equal keys keep the order of the records', () => {
    const sorter = createSorter(keyOfDocument, 0)
    for (let i = 0; i < 10_000; i++) sorter.add(i, document(i % 3))
    const items = sorter.finish()
    let last = { n: -1, recordId: -1 }
    for (let next = items.next(); !next.done; next = items.next()) {
      const n = next.value.doc.readUInt32BE()
      const { recordId } = next.value
      assert.ok(n > last.n || recordId > last.recordId)
      last = { n, recordId }
    }
  })

  test('too much for memory fails with the proper error', () => {
    const sorter = createSorter(keyOfDocument, 0)
    const large = Buffer.alloc(16 * 1024 * 1024)
    const add = () => {
      for (let i = 0; i < 8; i++) sorter.add(i, large)
    }
    assert.throws(add, { codeName: 'QueryExceededMemoryLimitNoDiskUseAllowed' })
    const limited = createSorter(keyOfDocument, 1)
    for (let i = 0; i < 8; i++) limited.add(i, large)
  })
})
