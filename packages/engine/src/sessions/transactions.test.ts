import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import {
  Binary,
  type Doc,
  decodeDocument,
  encodeDocument,
  type Value,
  type Writable,
} from '@gantry/bson'
import { openEngine } from '../open-engine.js'

const folder = mkdtempSync(join(tmpdir(), 'gantry-transactions-'))
after(() => rmSync(folder, { recursive: true }))

type Command = Readonly<Record<string, Writable>>

let engines = 0
async function open(path = join(folder, String(++engines))) {
  const engine = await openEngine({ path })
  const connection = engine.connect({ internal: true })
  async function run(command: Command): Promise<Doc> {
    const body = encodeDocument({ ...command, $db: command.$db ?? 'test' })
    return decodeDocument(encodeDocument(await engine.run(connection, { body })))
  }
  return { engine, run, path }
}

function newSession() {
  const lsid = { id: new Binary(randomBytes(16), 4) }
  let number = 0n
  return {
    begin: () => ({ lsid, txnNumber: ++number, autocommit: false, startTransaction: true }),
    next: () => ({ lsid, txnNumber: number, autocommit: false }),
    end: (name: string) => ({
      [name]: 1,
      lsid,
      txnNumber: number,
      autocommit: false,
      $db: 'admin',
    }),
    write: () => ({ lsid, txnNumber: ++number }),
    lsid,
  }
}

function batch(reply: Doc): Value[] {
  return (reply.get('cursor') as Doc).get('firstBatch') as Value[]
}

const find = (filter: Writable = {}) => ({ find: 'c', filter, sort: { _id: 1 } })
const ids = (reply: Doc) => batch(reply).map((doc) => (doc as Doc).get('_id'))
const insert = (...docs: Writable[]) => ({ insert: 'c', documents: docs })
const set = (q: Writable, fields: Writable) => ({
  update: 'c',
  updates: [{ q, u: { $set: fields } }],
})

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'none'
  } catch (error) {
    return (error as { codeName: string }).codeName
  }
}

describe('multi-document transactions', () => {
  test('see a snapshot and their own writes, others see nothing until the commit', async () => {
    const { engine, run } = await open()
    await run(insert({ _id: 1, a: 1 }, { _id: 2, a: 1 }))
    await run({ createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a_1' }] })
    const session = newSession()
    assert.deepEqual(ids(await run({ ...find(), ...session.begin() })), [1, 2])
    await run({ ...insert({ _id: 3, a: 5 }), ...session.next() })
    await run({ ...set({ _id: 1 }, { a: 5 }), ...session.next() })
    await run({ delete: 'c', deletes: [{ q: { _id: 2 }, limit: 1 }], ...session.next() })
    await run(insert({ _id: 4, a: 5 }))
    assert.deepEqual(ids(await run({ ...find({ a: 5 }), ...session.next() })), [1, 3])
    assert.deepEqual(ids(await run(find())), [1, 2, 4])
    assert.deepEqual(ids(await run(find({ a: 5 }))), [4])
    await run(session.end('commitTransaction'))
    assert.deepEqual(ids(await run(find({ a: 5 }))), [1, 3, 4])
    assert.equal((await run({ count: 'c' })).get('n'), 3)
    assert.equal((await run(session.end('commitTransaction'))).get('ok') !== undefined, true)
    await engine.close()
  })

  test('leave nothing behind when aborted or when the engine ends', async () => {
    const first = await open()
    const session = newSession()
    await first.run(insert({ _id: 1 }))
    await first.run({ ...insert({ _id: 2 }), ...session.begin() })
    await first.run(session.end('abortTransaction'))
    assert.equal(await codeOf(first.run(session.end('commitTransaction'))), 'NoSuchTransaction')
    await first.run({ ...insert({ _id: 3 }), ...session.begin() })
    await first.engine.close()
    const second = await open(first.path)
    assert.deepEqual(ids(await second.run(find())), [1])
    assert.equal((await second.run({ count: 'c' })).get('n'), 1)
    await second.engine.close()
  })

  test('the first to write wins, the other may try again', async () => {
    const { engine, run } = await open()
    await run(insert({ _id: 1, a: 0 }))
    const [a, b] = [newSession(), newSession()]
    await run({ ...find(), ...a.begin() })
    await run({ ...find(), ...b.begin() })
    await run({ ...set({ _id: 1 }, { a: 1 }), ...a.next() })
    await assert.rejects(run({ ...set({ _id: 1 }, { a: 2 }), ...b.next() }), {
      codeName: 'WriteConflict',
      details: { errorLabels: ['TransientTransactionError'] },
    })
    assert.equal(await codeOf(run(b.end('commitTransaction'))), 'NoSuchTransaction')
    await run(a.end('commitTransaction'))
    assert.deepEqual(batch(await run(find({ a: 1 }))).length, 1)
    await engine.close()
  })

  test('a plain write between a snapshot and a write of the transaction is a conflict', async () => {
    const { engine, run } = await open()
    await run(insert({ _id: 1, a: 0 }))
    const session = newSession()
    await run({ ...find(), ...session.begin() })
    await run(set({ _id: 1 }, { a: 1 }))
    assert.equal(
      await codeOf(run({ ...set({ _id: 1 }, { a: 2 }), ...session.next() })),
      'WriteConflict',
    )
    await run({ ...find(), ...session.begin() })
    await run(insert({ _id: 9 }))
    assert.equal(await codeOf(run({ ...insert({ _id: 9 }), ...session.next() })), 'WriteConflict')
    await engine.close()
  })

  test('a plain write waits for a transaction that holds the document', async () => {
    const { engine, run } = await open()
    await run(insert({ _id: 1, n: 0 }))
    const session = newSession()
    const increment = { update: 'c', updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } } }] }
    await run({ ...increment, ...session.begin() })
    const waiting = run(increment)
    const duplicate = run(insert({ _id: 2 }, { _id: 1 }, { _id: 3 }))
    await run({ ...insert({ _id: 5 }), ...session.next() })
    await run(session.end('commitTransaction'))
    assert.equal((await waiting).get('nModified'), 1)
    assert.equal((await duplicate).get('n'), 1)
    const [doc] = batch(await run(find({ _id: 1 })))
    assert.equal((doc as Doc).get('n'), 2)
    assert.equal(await codeOf(run({ ...increment, maxTimeMS: 1 })), 'none')
    await run({ ...increment, ...session.begin() })
    assert.equal(await codeOf(run({ ...increment, maxTimeMS: 60 })), 'MaxTimeMSExpired')
    await engine.close()
  })

  test('many at once lose nothing', async () => {
    const { engine, run } = await open()
    await run(insert({ _id: 1, n: 0 }, { _id: 2, n: 0 }))
    const transfer = (from: number, to: number) => ({
      update: 'c',
      updates: [
        { q: { _id: from }, u: { $inc: { n: -1 } } },
        { q: { _id: to }, u: { $inc: { n: 1 } } },
      ],
    })
    let conflicts = 0
    async function worker(i: number) {
      const session = newSession()
      for (let done = 0; done < 10; ) {
        try {
          await run({ ...transfer(1 + (i % 2), 2 - (i % 2)), ...session.begin() })
          await run({ ...insert({ _id: `${i}-${done}` }), ...session.next() })
          await run(session.end('commitTransaction'))
          done++
        } catch (error) {
          assert.equal((error as { codeName: string }).codeName, 'WriteConflict')
          conflicts++
        }
      }
    }
    await Promise.all(Array.from({ length: 8 }, (_, i) => worker(i)))
    assert.ok(conflicts > 0)
    assert.equal((await run({ count: 'c' })).get('n'), 82)
    const sums = batch(await run({ ...find({ n: { $exists: true } }) })).map((doc) =>
      (doc as Doc).get('n'),
    )
    assert.deepEqual(sums, [0, 0])
    await engine.close()
  })

  test('commands that do not belong in a transaction are refused', async () => {
    const { engine, run } = await open()
    const session = newSession()
    assert.equal(
      await codeOf(run({ count: 'c', ...session.begin() })),
      'OperationNotSupportedInTransaction',
    )
    assert.equal(await codeOf(run({ ...find(), ...session.next() })), 'NoSuchTransaction')
    await engine.close()
  })

  test('a collection that is not there yet can be written to', async () => {
    const { engine, run } = await open()
    const session = newSession()
    await run({ ...insert({ _id: 1 }), ...session.begin() })
    await run(session.end('commitTransaction'))
    assert.deepEqual(ids(await run(find())), [1])
    await engine.close()
  })
})

describe('retryable writes', () => {
  const repeats: Record<string, (session: ReturnType<typeof newSession>) => Command> = {
    insert: (s) => ({ ...insert({ _id: 10 }, { _id: 11 }), ...s.write() }),
    update: (s) => ({
      update: 'c',
      updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } } }],
      ...s.write(),
    }),
    upsert: (s) => ({
      update: 'c',
      updates: [{ q: { x: 1 }, u: { $inc: { n: 1 } }, upsert: true }],
      ...s.write(),
    }),
    delete: (s) => ({ delete: 'c', deletes: [{ q: { a: 1 }, limit: 1 }], ...s.write() }),
    findAndModify: (s) => ({
      findAndModify: 'c',
      query: { _id: 1 },
      update: { $inc: { n: 1 } },
      new: true,
      ...s.write(),
    }),
  }
  for (const [name, build] of Object.entries(repeats)) {
    test(`${name}: a repeat answers the same and changes nothing, across a restart too`, async () => {
      const first = await open()
      await first.run(insert({ _id: 1, n: 0, a: 1 }, { _id: 2, n: 0, a: 1 }, { _id: 3, a: 1 }))
      const command = build(newSession())
      const answer = await first.run(command)
      assert.deepEqual(await first.run(command), answer)
      const state = batch(await first.run(find()))
      await first.engine.close()
      const second = await open(first.path)
      assert.deepEqual(await second.run(command), answer)
      assert.deepEqual(batch(await second.run(find())), state)
      await second.engine.close()
    })
  }

  test('a number that is too old is refused, and so is what cannot be repeated', async () => {
    const { engine, run } = await open()
    const session = newSession()
    const older = { ...insert({ _id: 1 }), ...session.write() }
    await run({ ...insert({ _id: 2 }), ...session.write() })
    assert.equal(await codeOf(run(older)), 'TransactionTooOld')
    const many = {
      update: 'c',
      updates: [{ q: {}, u: { $set: { a: 1 } }, multi: true }],
      ...session.write(),
    }
    assert.match(JSON.stringify([...(await run(many))].map(([key]) => key)), /writeErrors/)
    assert.equal(await codeOf(run({ ...find(), ...session.write() })), 'NotARetryableWriteCommand')
    await engine.close()
  })
})
