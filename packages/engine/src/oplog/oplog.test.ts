import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import {
  type Doc,
  decodeDocument,
  encodeDocument,
  Timestamp,
  type Value,
  type Writable,
} from '@gantry/bson'
import { openStore } from '../storage/store.js'
import { diffDocuments } from './diff.js'
import { openOplog } from './oplog.js'

const folder = mkdtempSync(join(tmpdir(), 'gantry-oplog-'))
after(() => rmSync(folder, { recursive: true }))

const collection = { db: 'd', name: 'c', uuid: Buffer.alloc(16), options: new Map() }
const START = new Timestamp(0, 0)

function entriesOf(
  store: ReturnType<typeof openStore>,
  oplog: ReturnType<typeof openOplog>,
  from = START,
): Doc[] {
  const entries: Doc[] = []
  oplog.read(store, from, (buf, doc) => {
    entries.push(decodeDocument(buf, doc))
    return true
  })
  return entries
}

const idOf = (entry: Doc) => (entry.get('o') as Doc).get('_id')

describe('oplog', () => {
  test('gives changes back in order, from any point on, also after reopening', async () => {
    const path = join(folder, 'order')
    let store = openStore(path)
    let oplog = openOplog(store, Date.now)
    const write = (...ids: number[]) =>
      store.write(() => {
        for (const _id of ids) oplog.append({ op: 'i', collection, doc: encodeDocument({ _id }) })
      })
    await write(1, 2, 3)
    await write(4)
    await store.close()
    store = openStore(path)
    oplog = openOplog(store, () => 0)
    await write(5, 6)
    const all = entriesOf(store, oplog)
    assert.deepEqual(all.map(idOf), [1, 2, 3, 4, 5, 6])
    for (const [i, entry] of all.entries()) {
      const rest = entriesOf(store, oplog, entry.get('ts') as Timestamp)
      assert.deepEqual(rest.map(idOf), [1, 2, 3, 4, 5, 6].slice(i + 1))
    }
    await store.close()
  })

  test('forgets what is undone', async () => {
    const store = openStore(join(folder, 'undone'))
    const oplog = openOplog(store, Date.now)
    await store.write(() => {
      oplog.append({ op: 'i', collection, doc: encodeDocument({ _id: 1 }) })
      const mark = oplog.mark()
      oplog.append({ op: 'i', collection, doc: encodeDocument({ _id: 2 }) })
      oplog.rewind(mark)
      oplog.append({ op: 'd', collection, doc: encodeDocument({ _id: 3, more: 1 }) })
    })
    await store.write(() => {
      const mark = oplog.mark()
      oplog.append({ op: 'i', collection, doc: encodeDocument({ _id: 4 }) })
      oplog.rewind(mark)
    })
    assert.deepEqual(entriesOf(store, oplog).map(idOf), [1, 3])
    await store.close()
  })

  test('stays within its size and says from where on it is complete', async () => {
    const store = openStore(join(folder, 'trim'))
    const oplog = openOplog(store, Date.now, 200_000)
    const text = 'x'.repeat(10_000)
    for (let _id = 0; _id < 100; _id++) {
      await store.write(() =>
        oplog.append({ op: 'i', collection, doc: encodeDocument({ _id, text }) }),
      )
    }
    const left = entriesOf(store, oplog)
    assert.ok(left.length < 25 && left.length > 10, String(left.length))
    assert.equal(idOf(left.at(-1) as Doc), 99)
    const complete = openOplog(store, Date.now).completeFrom
    assert.deepEqual(complete, oplog.completeFrom)
    assert.deepEqual(entriesOf(store, oplog, complete).map(idOf), left.map(idOf))
    await store.close()
  })
})

describe('difference of documents', () => {
  const cases: [
    before: Writable,
    after: Writable,
    updated: Record<string, Value>,
    removed?: string[],
    truncated?: unknown[],
  ][] = [
    [{ a: 1 }, { a: 1 }, {}],
    [{ a: 1 }, { a: 2 }, { a: 2 }],
    [{ a: 1 }, { a: 1n }, { a: 1n }],
    [{ a: 1 }, { a: 1, b: null }, { b: null }],
    [{ a: 1, b: 2 }, { b: 2 }, {}, ['a']],
    [{ a: { b: 1, c: 2 } }, { a: { b: 1, c: 3, d: 4 } }, { 'a.c': 3, 'a.d': 4 }],
    [{ a: { b: 1, c: 2 } }, { a: { b: 1 } }, {}, ['a.c']],
    [{ a: [1, 2] }, { a: [1, 3, 4] }, { 'a.1': 3, 'a.2': 4 }],
    [{ a: [1, 2, 3] }, { a: [1] }, {}, [], [['a', 1]]],
    [{ a: [1, 2, 3] }, { a: [2, 3] }, { a: [2, 3] }],
    [{ a: [{ b: 1 }] }, { a: [{ b: 2 }] }, { 'a.0.b': 2 }],
    [{ a: 'x' }, { a: { b: 1 } }, { a: new Map([['b', 1]]) }],
  ]
  for (const [before, now, updated, removed = [], truncated = []] of cases) {
    test(`${JSON.stringify(before)} to ${JSON.stringify(now, (_, v) => (typeof v === 'bigint' ? `${v}n` : v))}`, () => {
      const diff = diffDocuments(encodeDocument(before as never), encodeDocument(now as never))
      const shown = decodeDocument(encodeDocument(new Map(diff.updated)))
      assert.deepEqual(shown, new Map(Object.entries(updated)))
      assert.deepEqual(diff.removed, removed)
      assert.deepEqual(diff.truncated, truncated)
    })
  }
})
