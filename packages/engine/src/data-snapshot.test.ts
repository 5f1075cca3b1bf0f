import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, beforeEach, describe, test } from 'node:test'
import { decodeDocument, encodeDocument, readInt32, type Writable } from '@gantry/bson'
import { type DataSnapshot, type FolderEngine, openEngine } from './index.js'

const folder = mkdtempSync(join(tmpdir(), 'gantry-snapshot-'))
after(() => rmSync(folder, { recursive: true }))
let engine: FolderEngine
let count = 0

beforeEach(async () => {
  engine = await openEngine({ path: join(folder, String(count++)) })
})
afterEach(() => engine.close())

async function run(command: Record<string, Writable>): Promise<void> {
  const session = engine.connect({ internal: true })
  await engine.run(session, { body: encodeDocument({ ...command, $db: 'd' }) })
  engine.disconnect(session)
}

async function idsOf(snapshot: DataSnapshot, name: string): Promise<unknown[]> {
  const collection = snapshot.collections.find((one) => one.name === name)
  assert.ok(collection)
  const ids: unknown[] = []
  for await (const { bytes, count } of snapshot.chunks(collection)) {
    const before = ids.length
    for (let at = 0; at < bytes.length; at += readInt32(bytes, at)) {
      ids.push(decodeDocument(bytes, at).get('_id'))
    }
    assert.equal(ids.length - before, count)
  }
  return ids
}

describe('a snapshot of an engine', () => {
  test('stays as it is while data and definitions change', async () => {
    await run({ insert: 'c', documents: [{ _id: 2 }, { _id: 1 }] })
    await run({ insert: 'dropped', documents: [{ _id: 1 }] })
    await run({ createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a_1' }] })
    await run({ create: 'v', viewOn: 'c', pipeline: [] })
    const snapshot = await engine.snapshot()
    await run({ insert: 'c', documents: [{ _id: 3 }] })
    await run({ delete: 'c', deletes: [{ q: { _id: 1 }, limit: 1 }] })
    await run({ drop: 'dropped' })
    await run({ insert: 'new', documents: [{ _id: 1 }] })
    await run({ dropIndexes: 'c', index: 'a_1' })
    const names = snapshot.collections.map(({ db, name }) => `${db}.${name}`)
    assert.deepEqual(names, ['d.c', 'd.dropped', 'd.v'])
    const [c, , v] = snapshot.collections
    assert.deepEqual(
      c.indexes.map((index) => index.get('name')),
      ['_id_', 'a_1'],
    )
    assert.deepEqual([c.count, c.uuid.length], [2, 16])
    assert.deepEqual([v.options.get('viewOn'), v.indexes], ['c', []])
    assert.deepEqual(await idsOf(snapshot, 'c'), [2, 1])
    assert.deepEqual(await idsOf(snapshot, 'dropped'), [1])
    assert.ok(snapshot.operationTime)
    snapshot.release()
    await assert.rejects(idsOf(snapshot, 'c'), /released/)
  })

  test('comes in chunks, and documents of any size fit in', async () => {
    const sizes = [10, 600_000, 10, 400_000, 400_000, 3_000_000]
    for (const [_id, size] of sizes.entries()) {
      await run({ insert: 'c', documents: [{ _id, text: 'x'.repeat(size) }] })
    }
    const snapshot = await engine.snapshot()
    assert.deepEqual(await idsOf(snapshot, 'c'), [0, 1, 2, 3, 4, 5])
    const counts: number[] = []
    for await (const chunk of snapshot.chunks(snapshot.collections[0])) counts.push(chunk.count)
    assert.deepEqual(counts, [1, 1, 2, 1, 1])
    snapshot.release()
  })

  test('does not keep the engine from being closed', async () => {
    await run({ insert: 'c', documents: [{ _id: 1 }] })
    const snapshot = await engine.snapshot()
    await engine.close()
    await assert.rejects(idsOf(snapshot, 'c'), /released/)
    await assert.rejects(engine.snapshot(), /shut/i)
  })
})
