import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Decimal128, Double, encodeDocument, type Writable } from '@gantry/bson'
import { openTestEngine, type TestEngine, type TestReply } from '../testing/test-engine.js'

let db: TestEngine
before(async () => {
  db = await openTestEngine()
})
after(() => db.remove())
beforeEach(async () => {
  await db.run({ profile: 0, slowms: 100, sampleRate: 1, filter: 'unset' })
  await db.run({ drop: 'system.profile' })
  await db.run({ drop: 'c' })
  await db.run({
    insert: 'c',
    documents: Array.from({ length: 20 }, (_, i) => ({ _id: i, a: i % 5 })),
  })
})

const entries = (): Promise<TestReply[]> =>
  db.find({ find: 'system.profile', filter: { 'command.find': { $ne: 'system.profile' } } })

/** Commands, and what of their profile has to be as it is here. */
const profiled: [command: Record<string, Writable>, expected: Record<string, unknown>][] = [
  [
    { find: 'c', filter: { a: 1 } },
    {
      op: 'query',
      ns: 'test.c',
      command: { find: 'c', filter: { a: 1 }, $db: 'test' },
      keysExamined: 0,
      docsExamined: 20,
      nreturned: 4,
      cursorExhausted: true,
      planSummary: 'COLLSCAN',
    },
  ],
  [
    { find: 'c', filter: { _id: 3 } },
    { op: 'query', keysExamined: 1, docsExamined: 1, nreturned: 1, planSummary: 'IDHACK' },
  ],
  [
    { find: 'c', filter: { _id: { $gt: 17 } }, sort: { a: 1 } },
    { planSummary: 'IXSCAN { _id: 1 }', hasSortStage: true, nreturned: 2, docsExamined: 2 },
  ],
  [
    { insert: 'c', documents: [{ x: 1 }, { x: 2 }] },
    { op: 'insert', ninserted: 2 },
  ],
  [
    { update: 'c', updates: [{ q: { a: 1 }, u: { $set: { b: 1 } }, multi: true }] },
    {
      op: 'update',
      command: { q: { a: 1 }, u: { $set: { b: 1 } }, multi: true },
      nMatched: 4,
      nModified: 4,
      nUpserted: 0,
      docsExamined: 20,
    },
  ],
  [
    { update: 'c', updates: [{ q: { _id: 99 }, u: { $set: { b: 1 } }, upsert: true }] },
    { op: 'update', nMatched: 0, nModified: 0, nUpserted: 1 },
  ],
  [
    { delete: 'c', deletes: [{ q: { a: 2 }, limit: 1 }] },
    { op: 'remove', command: { q: { a: 2 }, limit: 1 }, ndeleted: 1 },
  ],
  [
    { count: 'c', query: { a: 1 } },
    { op: 'command', ns: 'test.c', docsExamined: 20 },
  ],
  [{ ping: 1 }, { op: 'command', ns: 'test.$cmd', command: { ping: 1, $db: 'test' } }],
]

describe('profile', () => {
  for (const [command, expected] of profiled) {
    test(`at level 2 tells of ${JSON.stringify(command)}`, async () => {
      await db.run({ profile: 2 })
      await db.run(command)
      const [entry, ...others] = await entries()
      assert.deepEqual(others, [])
      for (const [field, value] of Object.entries(expected)) assert.deepEqual(entry[field], value)
      assert.equal(typeof entry.millis, 'number')
      assert.ok(entry.responseLength > 0)
      for (const field of ['ts', 'client', 'user', 'allUsers', 'locks', 'numYield'])
        assert.ok(field in entry, field)
    })
  }

  test('tells of getMore under the cursor’s namespace', async () => {
    await db.run({ profile: 2 })
    const { cursor } = await db.run({ find: 'c', batchSize: 15 })
    await db.run({ getMore: cursor.id, collection: 'c' })
    const [first, next] = await entries()
    assert.equal(first.cursorid, cursor.id)
    assert.deepEqual(
      [next.op, next.ns, next.nreturned, next.cursorExhausted],
      ['getmore', 'test.c', 5, true],
    )
    assert.equal(first.docsExamined + next.docsExamined, 20)
  })

  test('tells why a command failed', async () => {
    await db.run({ profile: 2 })
    await db.failure({ find: 'c', filter: { $nope: 1 } })
    const [entry] = await entries()
    assert.deepEqual([entry.ok, entry.errName, entry.errCode], [0, 'BadValue', 2])
    assert.match(entry.errMsg, /\$nope/)
  })

  test('takes a statement from a sequence, too', async () => {
    await db.run({ profile: 2 })
    const statement = { q: { _id: 1 }, u: { $set: { z: 1 } } }
    await db.run({ update: 'c' }, { updates: [encodeDocument(statement)] })
    const [entry] = await entries()
    assert.deepEqual(entry.command, statement)
  })

  test('at level 0 and at level 1 with nothing slow tells nothing', async () => {
    await db.run({ find: 'c' })
    assert.deepEqual(await entries(), [])
    await db.run({ profile: 1, slowms: 1_000_000 })
    await db.run({ find: 'c' })
    assert.deepEqual(await entries(), [])
  })

  test('at level 1 tells of what is slow, in its own database only', async () => {
    await db.run({ profile: 1, slowms: 0 })
    await db.run({ find: 'c', filter: { a: 3 } })
    await db.run({ find: 'c', $db: 'other' })
    const found = await entries()
    assert.deepEqual(
      found.map(({ command }) => command.filter),
      [{ a: 3 }],
    )
    assert.deepEqual(await db.find({ find: 'system.profile', $db: 'other' }), [])
  })

  test('leaves all out at a sample rate of zero, but not at level 2', async () => {
    await db.run({ profile: 1, slowms: 0, sampleRate: 0 })
    await db.run({ find: 'c' })
    assert.deepEqual(await entries(), [])
    await db.run({ profile: 2 })
    await db.run({ find: 'c' })
    assert.equal((await entries()).length, 1)
  })

  test('has a filter choose in place of slowness', async () => {
    const set = { profile: 1, slowms: 0, filter: { op: 'query', docsExamined: { $gt: 5 } } }
    await db.run(set)
    await db.run({ find: 'c', filter: { _id: 1 } })
    await db.run({ find: 'c', filter: { a: 4 } })
    await db.run({ count: 'c', query: { a: 1 } })
    const found = await entries()
    assert.deepEqual(
      found.map(({ command }) => command.filter),
      [{ a: 4 }],
    )
    const { filter, note } = await db.run({ profile: -1 })
    assert.deepEqual(filter, { op: { $eq: 'query' }, docsExamined: { $gt: 5 } })
    assert.match(note, /slowms and sampleRate are not used/)
    await db.run({ profile: 1, filter: 'unset' })
    const after = await db.run({ profile: -1 })
    assert.ok(!('filter' in after) && !('note' in after))
  })

  test('keeps to its size, the oldest going first', async () => {
    await db.run({ profile: 2 })
    const comment = 'x'.repeat(20_000)
    for (let i = 0; i < 80; i++) await db.run({ ping: 1, comment: `${i} ${comment}` })
    await db.run({ profile: 0 })
    const { size } = await db.run({ collStats: 'system.profile' })
    assert.ok(size <= 1024 * 1024 && size > 900_000, String(size))
    const found = await entries()
    const numbers = found.map(({ command }) => Number(command.comment.split(' ')[0]))
    assert.equal(numbers.at(-1), 79)
    assert.deepEqual(
      numbers,
      numbers.map((_n, i) => numbers[0] + i),
    )
    const { cursor } = await db.run({ listCollections: 1, filter: { name: 'system.profile' } })
    assert.deepEqual(cursor.firstBatch[0].options, { capped: true, size: 1048576 })
  })

  test('is gone with its database, which the last operations do not bring back', async () => {
    await db.run({ profile: 2, $db: 'gone' })
    await db.run({ insert: 'c', documents: [{}], $db: 'gone' })
    await db.run({ dropDatabase: 1, $db: 'gone' })
    await db.run({ ping: 1, $db: 'gone' })
    assert.equal((await db.run({ profile: -1, $db: 'gone' })).was, 0)
    const { databases } = await db.run({ listDatabases: 1, $db: 'admin' })
    assert.ok(!databases.some(({ name }: { name: string }) => name === 'gone'))
  })

  test('is no change that others follow', async () => {
    await db.run({ profile: 2 })
    const { cursor } = await db.run({ aggregate: 1, pipeline: [{ $changeStream: {} }], cursor: {} })
    await db.run({ ping: 1 })
    await db.run({ insert: 'c', documents: [{ _id: 'seen' }] })
    await entries()
    const next = await db.run({ getMore: cursor.id, collection: '$cmd.aggregate' })
    const changed = next.cursor.nextBatch.map(({ ns }: TestReply) => ns.coll)
    await db.run({ killCursors: '$cmd.aggregate', cursors: [cursor.id] })
    assert.deepEqual(changed, ['c'])
  })

  test('forgets its settings when the engine ends, not what it has written', async () => {
    await db.run({ profile: 2, slowms: 7 })
    await db.run({ ping: 1 })
    await db.reopen()
    assert.deepEqual(await db.run({ profile: -1 }), { was: 0, slowms: 100, sampleRate: 1, ok: 1 })
    assert.equal((await entries()).length, 1)
  })
})

/** Settings one after the other, and what is answered when they are looked at then. */
const settings: [set: Record<string, Writable>[], read: Record<string, unknown>][] = [
  [[{ profile: 1 }], { was: 1, slowms: 100, sampleRate: 1 }],
  [[{ profile: 2 }, { profile: 3 }], { was: 2 }],
  [[{ profile: 2 }, { profile: -2 }], { was: 2 }],
  [[{ profile: new Double(1.5) }], { was: 1 }],
  [[{ profile: 1n, slowms: 50n }], { was: 1, slowms: 50 }],
  [[{ profile: 0, slowms: -5 }], { slowms: -5 }],
  [[{ profile: 0, slowms: 200, sampleRate: new Double(0.8) }], { slowms: 200, sampleRate: 0.8 }],
  [
    [
      { profile: 0, slowms: 500 },
      { profile: 0, slowms: null },
    ],
    { slowms: 500 },
  ],
  [[{ profile: 0, sampleRate: Decimal128.fromString('0.5') }], { sampleRate: 0.5 }],
  [[{ profile: -1, slowms: 30 }], { was: 0, slowms: 30 }],
]

const refused: [command: Record<string, Writable>, codeName: string][] = [
  [{ profile: true }, 'TypeMismatch'],
  [{ profile: '1' }, 'TypeMismatch'],
  [{ profile: null }, 'MissingFieldIDL'],
  [{ profile: 0, slowms: 'x' }, 'TypeMismatch'],
  [{ profile: 0, slowms: true }, 'TypeMismatch'],
  [{ profile: 0, sampleRate: [] }, 'TypeMismatch'],
  [{ profile: 0, sampleRate: new Double(1.1) }, 'BadValue'],
  [{ profile: 0, sampleRate: -1 }, 'BadValue'],
  [{ profile: 1, filter: 'UNSET' }, 'BadValue'],
  [{ profile: 1, filter: null }, 'BadValue'],
  [{ profile: 1, filter: { $nope: 1 } }, 'BadValue'],
  [{ profile: 0, other: 1 }, 'UnknownFieldIDL'],
]

describe('profile settings', () => {
  for (const [set, read] of settings) {
    test(`${JSON.stringify(set, (_key, value) => (typeof value === 'bigint' ? Number(value) : value))} are kept`, async () => {
      for (const command of set) await db.run(command)
      const reply = await db.run({ profile: -1 })
      for (const [field, value] of Object.entries(read)) assert.equal(reply[field], value, field)
    })
  }

  for (const [command, codeName] of refused) {
    test(`${JSON.stringify(command)} is refused`, async () => {
      const before = await db.run({ profile: -1 })
      assert.equal((await db.failure(command)).codeName, codeName)
      assert.deepEqual(await db.run({ profile: -1 }), before)
    })
  }
})
