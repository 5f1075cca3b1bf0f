import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { type Doc, decodeDocument, encodeDocument, Timestamp, type Writable } from '@gantry/bson'
import { openEngine } from '../open-engine.js'
import { HISTORY_WINDOW_MS } from './past-reads.js'

const folder = mkdtempSync(join(tmpdir(), 'gantry-past-reads-'))
after(() => rmSync(folder, { recursive: true }))

type Command = Readonly<Record<string, Writable>>

let engines = 0
async function open(now?: () => number) {
  const engine = await openEngine({ path: join(folder, String(++engines)), now })
  const connection = engine.connect({ internal: true })
  async function run(command: Command): Promise<Doc> {
    const body = encodeDocument({ ...command, $db: 'test' })
    return decodeDocument(encodeDocument(await engine.run(connection, { body })))
  }
  return { engine, run }
}

const insert = (...ids: number[]) => ({
  insert: 'c',
  documents: ids.map((_id) => ({ _id, a: _id })),
})
const past = (atClusterTime?: Writable) => ({
  readConcern: { level: 'snapshot', ...(atClusterTime !== undefined && { atClusterTime }) },
})
const cursorOf = (reply: Doc) => reply.get('cursor') as Doc
const ids = (reply: Doc, batch = 'firstBatch') =>
  (cursorOf(reply).get(batch) as Doc[]).map((doc) => doc.get('_id'))
const timeOf = (reply: Doc) => cursorOf(reply).get('atClusterTime') as Timestamp
const find = { find: 'c', filter: {}, sort: { _id: 1 } }

describe('read concern snapshot outside of transactions', () => {
  test('names a time whose data can be read again, however much was written since', async () => {
    const { engine, run } = await open()
    await run(insert(1, 2, 3))
    const first = await run({ ...find, ...past() })
    assert.deepEqual(ids(first), [1, 2, 3])
    const time = timeOf(first)
    await run(insert(4))
    await run({ delete: 'c', deletes: [{ q: { _id: 1 }, limit: 1 }] })
    await run({ update: 'c', updates: [{ q: { _id: 2 }, u: { $set: { a: 20 } } }] })

    assert.deepEqual(ids(await run({ ...find, ...past(time) })), [1, 2, 3])
    assert.deepEqual(ids(await run({ ...find, filter: { a: 2 }, ...past(time) })), [2])
    const counted = { aggregate: 'c', pipeline: [{ $count: 'n' }], cursor: {} }
    const [{ n }] = (
      cursorOf(await run({ ...counted, ...past(time) })).get('firstBatch') as Doc[]
    ).map((doc) => ({ n: doc.get('n') }))
    assert.equal(n, 3)
    const distinct = await run({ distinct: 'c', key: '_id', ...past(time) })
    assert.deepEqual(distinct.get('values'), [1, 2, 3])
    assert.deepEqual(distinct.get('atClusterTime'), time)

    assert.deepEqual(ids(await run({ ...find, ...past() })), [2, 3, 4])
    assert.deepEqual(ids(await run(find)), [2, 3, 4])
    await engine.close()
  })

  test('a cursor stays in its past', async () => {
    const { engine, run } = await open()
    await run(insert(1, 2, 3))
    const first = await run({ ...find, batchSize: 1, ...past() })
    await run({ delete: 'c', deletes: [{ q: {}, limit: 0 }] })
    const id = cursorOf(first).get('id') as bigint
    const next = await run({ getMore: id, collection: 'c' })
    assert.deepEqual(ids(next, 'nextBatch'), [2, 3])
    assert.deepEqual(timeOf(next), timeOf(first))
    await engine.close()
  })

  test('a time between two that are held is read as it was', async () => {
    const { engine, run } = await open()
    await run(insert(1))
    const time = timeOf(await run({ ...find, ...past() }))
    await run(insert(2))
    // Nothing was written at that very time, which is before the second insertion.
    assert.deepEqual(ids(await run({ ...find, ...past(time) })), [1])
    await engine.close()
  })

  test('what is no longer held, not yet there or defined anew is refused', async () => {
    let ms = 1_700_000_000_000
    const { engine, run } = await open(() => ms)
    await run(insert(1))
    const time = timeOf(await run({ ...find, ...past() }))
    await run({ createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a' }] })
    await assert.rejects(run({ ...find, ...past(time) }), { codeName: 'SnapshotUnavailable' })
    const later = timeOf(await run({ ...find, ...past() }))
    await run(insert(2))
    ms += HISTORY_WINDOW_MS + 1
    await run({ ...find, ...past() })
    await assert.rejects(run({ ...find, ...past(later) }), { codeName: 'SnapshotTooOld' })
    const future = new Timestamp(2_000_000_000, 1)
    await assert.rejects(run({ ...find, ...past(future) }), { codeName: 'InvalidOptions' })
    await engine.close()
  })

  test('where it has no place it is refused', async () => {
    const { engine, run } = await open()
    await run(insert(1))
    const zero = new Timestamp(0, 0)
    const refused: Command[] = [
      { count: 'c', ...past() },
      { aggregate: 'c', pipeline: [{ $out: 'd' }], cursor: {}, ...past() },
      { ...find, ...past(zero) },
      { ...find, readConcern: { level: 'local', atClusterTime: new Timestamp(1, 1) } },
    ]
    for (const command of refused) {
      await assert.rejects(run(command), { codeName: 'InvalidOptions' }, JSON.stringify(command))
    }
    await engine.close()
  })
})
