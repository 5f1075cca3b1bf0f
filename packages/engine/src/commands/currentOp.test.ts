import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Binary, Decimal128, Double, encodeDocument, type Writable } from '@gantry/bson'
import { openTestEngine, type TestEngine, type TestReply } from '../testing/test-engine.js'

let db: TestEngine
before(async () => {
  db = await openTestEngine()
  const documents = Array.from({ length: 5000 }, (_, i) => ({ _id: i }))
  await db.run({ insert: 'c', documents })
})
after(() => db.remove())

/** A scan of so much work that it lets others in many times before it ends. */
const sum = {
  $reduce: { input: { $range: [0, 2000] }, initialValue: 0, in: { $add: ['$$value', '$_id'] } },
}
const slow = { find: 'c', filter: { $expr: { $lt: [sum, 0] } }, comment: 'slow one' }

const currentOp = async (more: Record<string, Writable> = {}): Promise<TestReply[]> =>
  (await db.run({ currentOp: 1, ...more, $db: 'admin' })).inprog

/** Starts a scan, lists operations while it goes on, and ends it. */
async function whileScanning<T>(look: (opid: number) => Promise<T>): Promise<T> {
  const scan = db.run(slow).catch((error: unknown) => error)
  const [operation] = await currentOp({ 'command.comment': 'slow one' })
  const seen = await look(operation?.opid)
  await db.run({ killOp: 1, op: operation?.opid ?? 0, $db: 'admin' })
  await scan
  return seen
}

describe('currentOp', () => {
  test('shows an operation under way', async () => {
    await whileScanning(async (opid) => {
      const [operation, ...others] = await currentOp({ opid })
      assert.deepEqual(others, [])
      const { op, ns, type, active, command, desc, waitingForLock, planSummary } = operation
      assert.deepEqual(
        { op, ns, type, active, waitingForLock, planSummary },
        {
          op: 'query',
          ns: 'test.c',
          type: 'op',
          active: true,
          waitingForLock: false,
          planSummary: 'COLLSCAN',
        },
      )
      assert.equal(command.find, 'c')
      assert.equal(desc, `conn${operation.connectionId}`)
      assert.equal(operation.secs_running, operation.microsecs_running / 1_000_000n)
    })
  })

  /** Conditions, and whether the scan matches them. */
  const conditions: [condition: Record<string, Writable>, found: boolean][] = [
    [{ active: true, op: 'query' }, true],
    [{ ns: { $regex: '^test[.]' } }, true],
    [{ ns: 'other.c' }, false],
    [{ secs_running: { $gt: 3600 } }, false],
    [{ microsecs_running: { $gte: 0 }, 'command.find': 'c' }, true],
    [{ op: 'query', comment: 'of the command itself' }, true],
    [{ $ownOps: true, op: 'query' }, true],
  ]
  for (const [condition, found] of conditions) {
    test(`with ${JSON.stringify(condition)} ${found ? 'shows' : 'leaves out'} the scan`, async () => {
      await whileScanning(async (opid) => {
        const operations = await currentOp(condition)
        assert.equal(
          operations.some((one) => one.opid === opid),
          found,
        )
      })
    })
  }

  test('shows itself', async () => {
    const [own, ...others] = await currentOp({ 'command.currentOp': 1 })
    assert.deepEqual(others, [])
    assert.equal(own.ns, 'admin.$cmd')
  })

  test('cuts large commands and keeps their comment', async () => {
    const filter = { _id: { $in: Array.from({ length: 1000 }, (_, i) => i) } }
    const [own] = await currentOp({ $or: [filter, {}], comment: 'mark' })
    assert.equal(typeof own.command.$truncated, 'string')
    assert.ok(own.command.$truncated.length <= 1000)
    assert.equal(own.command.comment, 'mark')
  })

  test('shows idle connections only when all are asked for', async () => {
    const session = db.engine.connect({ address: '10.1.2.3:77' })
    const idle = (operations: TestReply[]) =>
      operations.filter(({ connectionId }) => connectionId === session.id)
    assert.deepEqual(idle(await currentOp()), [])
    const [found] = idle(await currentOp({ $all: true }))
    db.engine.disconnect(session)
    assert.deepEqual([found.active, found.client, found.op], [false, '10.1.2.3:77', 'none'])
    assert.ok(!('secs_running' in found) && !('opid' in found))
    assert.deepEqual(idle(await currentOp({ $all: true })), [])
  })

  test('shows sessions with an open transaction', async () => {
    const lsid = { id: new Binary(Buffer.alloc(16, 9), 4) }
    const within = { lsid, txnNumber: 1n, autocommit: false }
    await db.run({ find: 'c', limit: 1, ...within, startTransaction: true })
    const [session, ...others] = await currentOp({ type: 'idleSession' })
    await db.run({ abortTransaction: 1, ...within, $db: 'admin' })
    assert.deepEqual(others, [])
    assert.deepEqual(session.lsid.id.bytes, lsid.id.bytes)
    assert.equal(session.transaction.parameters.autocommit, false)
    assert.ok(session.transaction.timeOpenMicros >= 0n)
    assert.deepEqual(await currentOp({ type: 'idleSession' }), [])
  })

  test('asks for rights unless only own operations are wanted', async () => {
    const session = db.engine.connect()
    const run = (command: Record<string, Writable>) =>
      db.engine.run(session, { body: encodeDocument({ ...command, $db: 'admin' }) })
    await assert.rejects(run({ currentOp: 1 }), { codeName: 'Unauthorized' })
    db.engine.disconnect(session)
  })
})

describe('killOp', () => {
  test('ends an operation', async () => {
    const scan = db.run(slow)
    const [{ opid }] = await currentOp({ 'command.comment': 'slow one' })
    const killed = await db.run({ killOp: 1, op: opid, $db: 'admin' })
    assert.deepEqual(killed, { info: 'attempting to kill op', ok: 1 })
    await assert.rejects(scan, { codeName: 'Interrupted' })
    assert.deepEqual(await currentOp({ opid }), [])
  })

  test('ends the getMore of a cursor', async () => {
    const { cursor } = await db.run({ ...slow, batchSize: 0 })
    const more = db.run({ getMore: cursor.id, collection: 'c' })
    const [{ opid, ns }] = await currentOp({ op: 'getmore' })
    assert.equal(ns, 'test.c')
    await db.run({ killOp: 1, op: opid, $db: 'admin' })
    await assert.rejects(more, { codeName: 'Interrupted' })
  })

  const accepted: Writable[] = [0, -1, 999_999n, new Double(5), Decimal128.fromString('7')]
  for (const op of accepted) {
    test(`takes ${op instanceof Double ? op.value : op} although there is no such operation`, async () => {
      const reply = await db.run({ killOp: 1, op, other: 1, $db: 'admin' })
      assert.equal(reply.info, 'attempting to kill op')
    })
  }

  const refused: [command: Record<string, Writable>, code: number][] = [
    [{}, 4],
    [{ op: '5' }, 14],
    [{ op: true }, 14],
    [{ op: new Double(3.14) }, 2],
    [{ op: new Double(2 ** 31) }, 26823],
    [{ op: 2n ** 63n - 1n }, 26823],
    [{ op: 1, $db: 'test' }, 13],
  ]
  for (const [more, code] of refused) {
    test(`refuses what error ${code} is for`, async () => {
      const error = await db.failure({ killOp: 1, ...more, $db: more.$db ?? 'admin' })
      assert.equal(error.code, code)
    })
  }
})
