import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Binary, DateTime, encodeDocument, type Writable } from '@gantry/bson'
import { openTestEngine, type TestEngine, type TestReply } from '../testing/test-engine.js'

let db: TestEngine
before(async () => {
  db = await openTestEngine()
  await db.run({ insert: 'c', documents: Array.from({ length: 10 }, (_, i) => ({ _id: i })) })
})
after(() => db.remove())

const status = (options: Record<string, Writable> = {}): Promise<TestReply> =>
  db.run({ serverStatus: 1, ...options, $db: 'admin' })

/** A value at a path of names. */
function at(reply: TestReply, path: string): TestReply {
  return path.split('.').reduce((value, name) => value?.[name], reply)
}

/** Fields that monitoring programs read, by the type that they have. */
const fields: Record<string, readonly string[]> = {
  string: ['host', 'version', 'process', 'storageEngine.name', 'repl.setName'],
  bigint: [
    'pid',
    'uptimeMillis',
    'uptimeEstimate',
    'connections.totalCreated',
    'globalLock.totalTime',
    'network.bytesIn',
    'network.bytesOut',
    'network.numRequests',
    'opLatencies.reads.latency',
    'opLatencies.writes.ops',
    'opLatencies.commands.ops',
    'opLatencies.transactions.ops',
    'opcounters.insert',
    'opcounters.query',
    'opcounters.update',
    'opcounters.delete',
    'opcounters.getmore',
    'opcounters.command',
    'opcountersRepl.insert',
    'locks.Global.acquireCount.r',
    'transactions.currentOpen',
    'transactions.totalStarted',
    'metrics.cursor.open.total',
    'metrics.cursor.timedOut',
    'metrics.document.inserted',
    'metrics.queryExecutor.scanned',
    'metrics.queryExecutor.scannedObjects',
    'metrics.operation.scanAndOrder',
    'metrics.ttl.deletedDocuments',
    'metrics.commands.insert.total',
    'metrics.commands.<UNKNOWN>',
  ],
  number: [
    'uptime',
    'asserts.regular',
    'asserts.warning',
    'asserts.msg',
    'asserts.user',
    'asserts.rollovers',
    'connections.current',
    'connections.available',
    'connections.active',
    'globalLock.currentQueue.total',
    'globalLock.currentQueue.readers',
    'globalLock.currentQueue.writers',
    'globalLock.activeClients.total',
    'globalLock.activeClients.readers',
    'globalLock.activeClients.writers',
    'mem.bits',
    'mem.resident',
    'mem.virtual',
    'catalogStats.collections',
    'catalogStats.views',
    'catalogStats.capped',
    'logicalSessionRecordCache.activeSessionsCount',
  ],
  boolean: ['mem.supported', 'repl.isWritablePrimary', 'repl.secondary'],
}

describe('serverStatus', () => {
  test('has the fields that monitoring programs read', async () => {
    const reply = await status()
    for (const [type, paths] of Object.entries(fields))
      for (const path of paths) assert.equal(typeof at(reply, path), type, path)
    assert.ok(reply.localTime instanceof DateTime)
    assert.equal(reply.process, 'mongod')
    assert.ok(reply.mem.resident > 0 && reply.mem.virtual >= reply.mem.resident)
    assert.ok(!('wiredTiger' in reply))
  })

  /** Sections asked for, and whether `metrics` and `mirroredReads` are there then. */
  const choices: [options: Record<string, Writable>, metrics: boolean, mirrored: boolean][] = [
    [{}, true, false],
    [{ metrics: 0 }, false, false],
    [{ metrics: false, mirroredReads: true }, false, true],
    [{ metrics: null, mirroredReads: 'yes' }, false, true],
    [{ mirroredReads: {} }, true, true],
    [{ repl: 0, locks: 0, noSuchSection: 1 }, true, false],
  ]
  for (const [options, metrics, mirrored] of choices) {
    test(`with ${JSON.stringify(options)} has the sections asked for`, async () => {
      const reply = await status(options)
      assert.equal('metrics' in reply, metrics)
      assert.equal('mirroredReads' in reply, mirrored)
      assert.equal('repl' in reply, !('repl' in options))
      for (const name of ['host', 'version', 'pid', 'uptime', 'localTime', 'connections'])
        assert.ok(name in reply, name)
    })
  }

  test('takes any argument, on any database', async () => {
    for (const value of [0, null, 'x', [], {}, new Binary(Buffer.alloc(1))])
      assert.equal((await db.run({ serverStatus: value })).ok, 1)
  })
})

/** Commands, and by how much each changes counters; what is not named must stay. */
const counted: [name: string, command: Record<string, Writable>, by: Record<string, number>][] = [
  ['find', { find: 'c', filter: { x: 1 } }, { query: 1, scannedObjects: 10, collectionScans: 1 }],
  [
    'find by _id',
    { find: 'c', filter: { _id: 1 } },
    { query: 1, returned: 1, scanned: 1, scannedObjects: 1 },
  ],
  [
    'find with a sort in memory',
    { find: 'c', sort: { x: 1 }, limit: 2 },
    { query: 1, returned: 2, scannedObjects: 10, collectionScans: 1, scanAndOrder: 1 },
  ],
  [
    'aggregate',
    { aggregate: 'c', pipeline: [{ $limit: 1 }], cursor: {} },
    { query: 1, returned: 1 },
  ],
  ['count', { count: 'c' }, { command: 1 }],
  ['insert', { insert: 'd', documents: [{ _id: 1 }, { _id: 2 }] }, { insert: 2, inserted: 2 }],
  [
    'an ordered insert that ends at its second document',
    { insert: 'd', documents: [{ _id: 3 }, { _id: 1 }, { _id: 4 }] },
    { insert: 2, inserted: 1, user: 1 },
  ],
  [
    'an insert that goes on',
    { insert: 'd', documents: [{ _id: 1 }, { _id: 4 }, { _id: 2 }], ordered: false },
    { insert: 3, inserted: 1, user: 2 },
  ],
  [
    'update',
    {
      update: 'd',
      updates: [
        { q: { _id: 1 }, u: { $set: { a: 1 } } },
        { q: { _id: 9 }, u: { $set: { a: 1 } }, upsert: true },
      ],
    },
    { update: 2, updated: 1, inserted: 1, scanned: 2, scannedObjects: 1 },
  ],
  [
    'findAndModify that changes',
    { findAndModify: 'd', query: { _id: 1 }, update: { $set: { a: 2 } } },
    { command: 1, updated: 1, scanned: 1, scannedObjects: 1 },
  ],
  [
    'findAndModify that removes',
    { findAndModify: 'd', query: { _id: 9 }, remove: true },
    { command: 1, deleted: 1, scanned: 1, scannedObjects: 1 },
  ],
  [
    'delete',
    {
      delete: 'd',
      deletes: [
        { q: { _id: 1 }, limit: 1 },
        { q: { _id: 1 }, limit: 0 },
      ],
    },
    { delete: 2, deleted: 1, scanned: 2, scannedObjects: 1 },
  ],
  ['a command that fails', { find: 'c', filter: { $nope: 1 } }, { query: 1, user: 1 }],
]

function counts({ opcounters, metrics, asserts }: TestReply): Record<string, number> {
  const { document, queryExecutor, operation } = metrics
  const all = {
    ...opcounters,
    ...document,
    scanned: queryExecutor.scanned,
    scannedObjects: queryExecutor.scannedObjects,
    collectionScans: queryExecutor.collectionScans.total,
    scanAndOrder: operation.scanAndOrder,
    user: asserts.user,
  }
  return Object.fromEntries(Object.entries(all).map(([name, count]) => [name, Number(count)]))
}

describe('counters', () => {
  for (const [name, command, by] of counted) {
    test(`of ${name}`, async () => {
      const before = counts(await status())
      await db.run(command).catch(() => {})
      const after = counts(await status())
      // The first serverStatus counts, too.
      const changes = Object.keys(after)
        .map((key) => [key, after[key] - before[key] - (key === 'command' ? 1 : 0)] as const)
        .filter(([, change]) => change !== 0)
      const planned = 'scannedObjects' in by || name !== 'aggregate'
      const seen = Object.fromEntries(changes)
      if (planned) assert.deepEqual(seen, by)
      else for (const [key, change] of Object.entries(by)) assert.equal(seen[key], change, key)
    })
  }

  test('of cursors and getMore', async () => {
    const { metrics: before } = await status()
    const { cursor } = await db.run({ find: 'c', batchSize: 4 })
    const { metrics: open } = await status()
    assert.equal(open.cursor.open.total - before.cursor.open.total, 1n)
    await db.run({ getMore: cursor.id, collection: 'c' })
    const { metrics, opcounters } = await status()
    assert.equal(metrics.cursor.open.total, before.cursor.open.total)
    assert.equal(metrics.cursor.totalOpened - before.cursor.totalOpened, 1n)
    assert.equal(metrics.document.returned - before.document.returned, 10n)
    assert.equal(metrics.queryExecutor.scannedObjects - before.queryExecutor.scannedObjects, 10n)
    assert.ok(opcounters.getmore > 0n)
  })

  test('of commands by name, with their failures', async () => {
    const { metrics: before } = await status()
    await db.run({ distinct: 'c', key: '_id' })
    await db.failure({ distinct: 'c', key: 5 })
    await db.failure({ noSuchCommand: 1 })
    const { metrics } = await status()
    assert.deepEqual(metrics.commands.distinct, { failed: 1n, total: 2n })
    assert.equal(metrics.commands['<UNKNOWN>'] - before.commands['<UNKNOWN>'], 1n)
  })

  test('of time and of commands by class', async () => {
    const { opLatencies: before } = await status()
    await db.run({ find: 'c' })
    await db.run({ insert: 'e', documents: [{}] })
    const { opLatencies } = await status()
    assert.equal(opLatencies.reads.ops - before.reads.ops, 1n)
    assert.equal(opLatencies.writes.ops - before.writes.ops, 1n)
    assert.equal(opLatencies.commands.ops - before.commands.ops, 1n)
    assert.ok(opLatencies.writes.latency > before.writes.latency)
  })

  test('of connections, without those of the program itself', async () => {
    const { connections: before } = await status()
    const session = db.engine.connect({ address: '10.0.0.9:5000' })
    const internal = db.engine.connect({ internal: true })
    const { connections } = await status()
    assert.equal(connections.current, before.current + 1)
    assert.equal(connections.totalCreated, before.totalCreated + 1n)
    db.engine.disconnect(session)
    db.engine.disconnect(session)
    db.engine.disconnect(internal)
    assert.equal((await status()).connections.current, before.current)
  })

  test('of transactions and of repeated writes', async () => {
    const lsid = { id: new Binary(Buffer.alloc(16, 7), 4) }
    const within = { lsid, txnNumber: 1n, autocommit: false }
    await db.run({ find: 'c', ...within, startTransaction: true })
    const { transactions: open } = await status()
    assert.deepEqual(
      [open.currentOpen, open.currentInactive, open.currentActive, open.totalStarted],
      [1n, 1n, 0n, 1n],
    )
    await db.run({ commitTransaction: 1, ...within, $db: 'admin' })
    await db.run({ find: 'c', ...within, txnNumber: 2n, startTransaction: true })
    await db.run({ abortTransaction: 1, ...within, txnNumber: 2n, $db: 'admin' })
    const write = { insert: 'r', documents: [{ _id: 1 }, { _id: 2 }], lsid, txnNumber: 3n }
    await db.run(write)
    await db.run(write)
    const { transactions, opLatencies } = await status()
    assert.deepEqual(
      [transactions.currentOpen, transactions.totalCommitted, transactions.totalAborted],
      [0n, 1n, 1n],
    )
    assert.deepEqual(
      [transactions.retriedCommandsCount, transactions.retriedStatementsCount],
      [1n, 2n],
    )
    assert.equal(opLatencies.transactions.ops, 2n)
  })
})

describe('top', () => {
  const top = () => db.run({ top: 1, $db: 'admin' })

  test('tells of each collection by what was done with it', async () => {
    await db.run({ insert: 't', documents: [{ _id: 1 }, { _id: 2 }] })
    const { cursor } = await db.run({ find: 't', batchSize: 1 })
    await db.run({ getMore: cursor.id, collection: 't' })
    await db.run({ count: 't', query: { _id: 1 } })
    await db.run({ update: 't' }, { updates: [encodeDocument({ q: {}, u: { $set: { a: 1 } } })] })
    await db.run({ delete: 't', deletes: [{ q: {}, limit: 1 }] })
    await db.run({ findAndModify: 't', query: {}, update: { a: 1 } })
    const { totals } = await top()
    assert.equal(totals.note, 'all times in microseconds')
    const use = totals['test.t']
    const numbers = Object.fromEntries(
      Object.entries(use).map(([name, { count }]: [string, TestReply]) => [name, Number(count)]),
    )
    assert.deepEqual(numbers, {
      total: 7,
      readLock: 3,
      writeLock: 4,
      queries: 1,
      getmore: 1,
      insert: 1,
      update: 1,
      remove: 1,
      commands: 2,
    })
    assert.equal(use.total.time, use.readLock.time + use.writeLock.time)
    assert.ok(use.insert.time > 0n)
  })

  test('leaves out what is not there', async () => {
    await db.run({ find: 'never' })
    await db.run({ insert: 'once', documents: [{}] })
    assert.ok('test.once' in (await top()).totals)
    await db.run({ drop: 'once' })
    const { totals } = await top()
    assert.ok(!('test.once' in totals) && !('test.never' in totals))
  })

  test('runs on admin only and takes anything', async () => {
    assert.equal((await db.failure({ top: 1 })).codeName, 'Unauthorized')
    assert.equal((await db.run({ top: 'x', unknown: 1, $db: 'admin' })).ok, 1)
  })
})
