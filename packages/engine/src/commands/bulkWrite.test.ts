import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { openTestEngine, type TestCommand, type TestEngine } from '../testing/test-engine.js'

const nsInfo = [{ ns: 'test.a' }, { ns: 'other.b' }]

function bulk(ops: readonly object[], more: object = {}): TestCommand {
  return { bulkWrite: 1, ops, nsInfo, ...more, $db: 'admin' } as unknown as TestCommand
}

interface BulkReply {
  readonly cursor: { readonly id: bigint; readonly firstBatch: readonly object[] }
}

describe('bulkWrite', () => {
  let t: TestEngine
  before(async () => {
    t = await openTestEngine()
  })
  after(() => t.remove())
  beforeEach(async () => {
    await t.run({ dropDatabase: 1 })
    await t.run({ dropDatabase: 1, $db: 'other' })
  })

  test('writes of all kinds to several collections, each with its result', async () => {
    const reply = await t.run(
      bulk([
        { insert: 0, document: { _id: 1, x: 1 } },
        { insert: 1, document: { _id: 1 } },
        { update: 0, filter: { _id: 1 }, updateMods: { $inc: { x: 1 } } },
        { update: 1, filter: { _id: 7 }, updateMods: { $set: { y: 1 } }, upsert: true },
        { delete: 1, filter: { _id: 1 } },
      ]),
    )
    assert.deepEqual(reply, {
      cursor: {
        firstBatch: [
          { ok: 1, idx: 0, n: 1 },
          { ok: 1, idx: 1, n: 1 },
          { ok: 1, idx: 2, n: 1, nModified: 1 },
          { ok: 1, idx: 3, n: 1, nModified: 0, upserted: { _id: 7 } },
          { ok: 1, idx: 4, n: 1 },
        ],
        id: 0n,
        ns: 'admin.$cmd.bulkWrite',
      },
      nErrors: 0,
      nInserted: 2,
      nMatched: 1,
      nModified: 1,
      nUpserted: 1,
      nDeleted: 1,
      ok: 1,
    })
    assert.deepEqual(await t.find({ find: 'a' }), [{ _id: 1, x: 2 }])
    assert.deepEqual(await t.find({ find: 'b', $db: 'other' }), [{ _id: 7, y: 1 }])
  })

  test('ordered stops at the first error, unordered goes on; errorsOnly leaves the rest out', async () => {
    const ops = [1, 1, 2].map((_id) => ({ insert: 0, document: { _id } }))
    const { cursor, ...ordered } = await t.run(bulk(ops))
    assert.equal((cursor as BulkReply['cursor']).firstBatch.length, 2)
    assert.equal(ordered.nInserted, 1)
    assert.equal(ordered.nErrors, 1)
    const unordered = await t.run(bulk(ops, { ordered: false, errorsOnly: true }))
    assert.deepEqual((unordered as unknown as BulkReply).cursor.firstBatch.at(-1), {
      ok: 0,
      idx: 1,
      code: 11000,
      keyPattern: { _id: 1 },
      keyValue: { _id: 1 },
      errmsg: 'E11000 duplicate key error collection: test.a index: _id_ dup key: { _id: 1 }',
      n: 0,
    })
    assert.equal(unordered.nInserted, 1)
  })

  test('results beyond a batch come with getMore', async () => {
    const ops = [1, 2, 3].map((_id) => ({ insert: 0, document: { _id } }))
    const reply = await t.run(bulk(ops, { cursor: { batchSize: 1 } }))
    const { id, firstBatch } = (reply as unknown as BulkReply).cursor
    assert.equal(firstBatch.length, 1)
    const more = await t.run({ getMore: id, collection: '$cmd.bulkWrite', $db: 'admin' })
    assert.deepEqual(
      (more.cursor as { nextBatch: readonly { idx: number }[] }).nextBatch.map(({ idx }) => idx),
      [1, 2],
    )
  })

  const document = { _id: 1 }
  const refused: [string, TestCommand, string][] = [
    ['no operations', bulk([]), 'InvalidLength'],
    ['a namespace that is not listed', bulk([{ insert: 2, document }]), 'BadValue'],
    ['an operation of no known kind', bulk([{ replace: 0, document }]), 'UnknownFieldIDL'],
    ['an insert without a document', bulk([{ insert: 0, document: null }]), 'MissingFieldIDL'],
    [
      'a namespace twice',
      bulk([{ insert: 0, document }], { nsInfo: [{ ns: 'a.b' }, { ns: 'a.b' }] }),
      'BadValue',
    ],
    [
      'no namespace',
      bulk([{ insert: 0, document }], { nsInfo: [{ ns: 'a' }] }),
      'InvalidNamespace',
    ],
    ['a number for a switch', bulk([{ insert: 0, document }], { ordered: 1 }), 'TypeMismatch'],
    ['another database', { ...bulk([{ insert: 0, document }]), $db: 'test' }, 'Unauthorized'],
  ]
  for (const [name, given, codeName] of refused) {
    test(`refuses ${name}`, async () => {
      assert.equal((await t.failure(given)).codeName, codeName)
    })
  }
})
