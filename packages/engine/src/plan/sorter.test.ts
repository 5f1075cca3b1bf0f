import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { openSpillStore } from '../spill/spill-store.js'
import type { SpillFile } from '../spill/working-memory.js'
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

describe('a sorter that spills', () => {
  const root = mkdtempSync(join(tmpdir(), 'gantry-sorter-'))
  const store = openSpillStore(join(root, 'spill'))
  after(async () => {
    await store.close()
    rmSync(root, { recursive: true })
  })

  function spilling(sortBytes: number) {
    const files: SpillFile[] = []
    const space = store.space()
    const createFile = () => {
      const file = space.create('sort')
      files.push(file)
      return file
    }
    return { files, memory: { sortBytes, groupBytes: 0, failure: '', createFile } }
  }

  /** What a document of 12 bytes and its key count in memory, and take on disk. */
  const HELD = 12 + 4 + 64
  const WRITTEN = 12 + 4 + 16

  const cases: [name: string, count: number, heldDocuments: number, limit: number][] = [
    ['just too many', 101, 100, 0],
    ['many small runs', 30_011, 100, 0],
    ['runs of several parts', 30_011, 9000, 0],
    ['a limit too large to keep', 30_011, 500, 2500],
    ['a limit that exceeds the memory', 30_011, 500, 1000],
  ]
  for (const [name, count, held, limit] of cases) {
    test(`${name} come out in order, and the memory is never exceeded by much`, () => {
      const { files, memory } = spilling(held * HELD)
      const sorter = createSorter(keyOfDocument, limit, memory)
      for (const [i, n] of shuffled(count).entries()) {
        sorter.add(i, document(n >> 1))
        const inMemory = i + 1 - (files[0]?.size ?? 0) / WRITTEN
        if (limit === 0) assert.ok(inMemory <= held + 1, `${inMemory} documents`)
      }
      assert.equal(files.length, 1)
      const expected = shuffled(count)
        .map((n, recordId) => ({ n: n >> 1, recordId }))
        .sort((a, b) => a.n - b.n || a.recordId - b.recordId)
      const result = [...{ [Symbol.iterator]: () => sorter.finish() }].map(({ doc, recordId }) => ({
        n: doc.readUInt32BE(),
        recordId,
      }))
      const wanted = limit || count
      assert.deepEqual(result.slice(0, wanted), expected.slice(0, wanted))
      assert.throws(() => files[0].read(0, 1, 1), { codeName: 'CursorKilled' })
    })
  }

  test('what is closed early gives its file back', () => {
    const { files, memory } = spilling(100 * HELD)
    const sorter = createSorter(keyOfDocument, 0, memory)
    for (const [i, n] of shuffled(1000).entries()) sorter.add(i, document(n))
    sorter.finish().next()
    sorter.close()
    assert.throws(() => files[0].read(0, 1, 1), { codeName: 'CursorKilled' })
  })

  test('a stage that cannot spill says so', () => {
    const sorter = createSorter(keyOfDocument, 0, {
      ...spilling(HELD).memory,
      unspilledStage: '$stage',
    })
    sorter.add(0, document(0))
    assert.throws(() => sorter.add(1, document(1)), { codeName: 'ExceededMemoryLimit' })
  })
})
