import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import {
  type AnyBulkWriteOperation,
  type ChangeStream,
  type Collection,
  type Db,
  MongoBulkWriteError,
  MongoClient,
  MongoServerError,
} from 'mongodb'
import { type EngineServer, startEngineServer } from '../support/engine-server.js'

interface Item {
  _id: number
  n?: number
  tags?: string[]
  text?: string
}

let server: EngineServer
let client: MongoClient
let db: Db
let items: Collection<Item>

before(async () => {
  server = await startEngineServer()
  client = new MongoClient(server.uri())
  db = client.db('node')
})
after(async () => {
  await client?.close()
  await server?.close()
})
beforeEach(async () => {
  await db.dropDatabase()
  items = db.collection<Item>('items')
})

const failsWith = (code: number) => (error: unknown) =>
  error instanceof MongoServerError && error.code === code

const numbered = (count: number) => Array.from({ length: count }, (_, _id) => ({ _id, n: _id % 7 }))

describe('documents', () => {
  test('are inserted, found, counted, changed, replaced and deleted', async () => {
    assert.equal((await items.insertOne({ _id: 1, n: 1 })).insertedId, 1)
    assert.equal((await items.insertMany([{ _id: 2, n: 2 }, { _id: 3 }])).insertedCount, 2)
    assert.deepEqual(await items.findOne({ n: { $gt: 1 } }), { _id: 2, n: 2 })
    assert.equal(await items.countDocuments({ n: { $exists: true } }), 2)
    assert.equal(await items.estimatedDocumentCount(), 3)
    assert.deepEqual(await items.distinct('n'), [1, 2])
    assert.equal((await items.updateMany({}, { $inc: { n: 10 } })).modifiedCount, 3)
    assert.equal((await items.replaceOne({ _id: 3 }, { text: 'new' })).modifiedCount, 1)
    const upserted = await items.updateOne({ _id: 4 }, { $set: { n: 4 } }, { upsert: true })
    assert.equal(upserted.upsertedId, 4)
    assert.equal((await items.deleteOne({ _id: 1 })).deletedCount, 1)
    assert.deepEqual(await items.find().sort({ _id: 1 }).toArray(), [
      { _id: 2, n: 12 },
      { _id: 3, text: 'new' },
      { _id: 4, n: 4 },
    ])
    assert.equal((await items.deleteMany({})).deletedCount, 3)
  })

  test('are found and changed in one step', async () => {
    await items.insertMany(numbered(3))
    const inc = { $inc: { n: 1 } }
    assert.deepEqual(await items.findOneAndUpdate({ _id: 1 }, inc), { _id: 1, n: 1 })
    const after = { returnDocument: 'after' } as const
    assert.deepEqual(await items.findOneAndUpdate({ _id: 1 }, inc, after), { _id: 1, n: 3 })
    assert.deepEqual(await items.findOneAndReplace({ _id: 1 }, { n: 9 }, after), { _id: 1, n: 9 })
    assert.deepEqual(await items.findOneAndDelete({}, { sort: { n: -1 } }), { _id: 1, n: 9 })
    assert.equal(await items.findOneAndUpdate({ _id: 77 }, inc), null)
  })

  test('with an _id that is taken are refused, the ones before them stay', async () => {
    await items.insertOne({ _id: 1 })
    await assert.rejects(items.insertOne({ _id: 1 }), failsWith(11000))
    const docs = [{ _id: 0 }, { _id: 1 }, { _id: 2 }]
    await assert.rejects(items.insertMany(docs), (error) => {
      assert.ok(error instanceof MongoBulkWriteError)
      assert.equal(error.insertedCount, 1)
      return error.code === 11000
    })
    await assert.rejects(items.insertMany([{ _id: 1 }, { _id: 3 }], { ordered: false }))
    assert.deepEqual(await items.distinct('_id'), [0, 1, 3])
  })
})

describe('bulkWrite', () => {
  const operations: AnyBulkWriteOperation<Item>[] = [
    { insertOne: { document: { _id: 1, n: 1 } } },
    { insertOne: { document: { _id: 2, n: 1 } } },
    { updateMany: { filter: { n: 1 }, update: { $inc: { n: 1 } } } },
    { replaceOne: { filter: { _id: 3 }, replacement: { n: 3 }, upsert: true } },
    { deleteOne: { filter: { _id: 2 } } },
  ]
  for (const ordered of [true, false]) {
    test(`runs writes of all kinds, ordered: ${ordered}`, async () => {
      if (!ordered) await items.insertMany([{ _id: 2, n: 9 }])
      const list = ordered ? operations : operations.filter((_, i) => i !== 1)
      const result = await items.bulkWrite(list, { ordered })
      assert.equal(result.insertedCount, ordered ? 2 : 1)
      assert.equal(result.upsertedCount, 1)
      assert.equal(result.deletedCount, 1)
      assert.deepEqual(await items.distinct('_id'), [1, 3])
    })
  }

  test('of a client reaches several collections', async () => {
    const namespace = 'node.items'
    const result = await client.bulkWrite(
      [
        { name: 'insertOne', namespace, document: { _id: 1, n: 1 } as never },
        { name: 'insertOne', namespace: 'node.others', document: { n: 5 } },
        { name: 'updateMany', namespace, filter: { n: 1 }, update: { $inc: { n: 1 } } },
        {
          name: 'updateOne',
          namespace,
          filter: { _id: 2 as never },
          update: { $set: { n: 2 } },
          upsert: true,
        },
        { name: 'deleteOne', namespace: 'node.others', filter: { n: 5 } },
      ],
      { verboseResults: true },
    )
    const { insertedCount, matchedCount, modifiedCount, upsertedCount, deletedCount } = result
    assert.deepEqual(
      [insertedCount, matchedCount, modifiedCount, upsertedCount, deletedCount],
      [2, 1, 1, 1, 1],
    )
    assert.equal(result.updateResults?.get(3)?.upsertedId, 2)
    assert.deepEqual(await items.find().sort({ _id: 1 }).toArray(), [
      { _id: 1, n: 2 },
      { _id: 2, n: 2 },
    ])
    assert.equal(await db.collection('others').countDocuments(), 0)
  })

  test('of a hundred thousand writes is split and applied', async () => {
    const inserts = numbered(100_001).map((document) => ({ insertOne: { document } }))
    assert.equal((await items.bulkWrite(inserts, { ordered: false })).insertedCount, 100_001)
    assert.equal(await items.countDocuments({ n: 0 }), 14_286)
  })
})

describe('a cursor', () => {
  test('goes through its batches in order, forwards, limited, skipping and projecting', async () => {
    await items.insertMany(numbered(1000))
    const sorted = items.find({}, { batchSize: 33 }).sort({ n: 1, _id: -1 })
    const all = await sorted.toArray()
    assert.equal(all.length, 1000)
    assert.deepEqual(
      [all[0], all[999]],
      [
        { _id: 994, n: 0 },
        { _id: 6, n: 6 },
      ],
    )
    const page = items
      .find({}, { projection: { _id: 1 } })
      .sort({ _id: -1 })
      .skip(5)
      .limit(250)
    const ids: number[] = []
    for await (const { _id } of page.batchSize(100)) ids.push(_id)
    assert.deepEqual([ids.length, ids[0], ids[249]], [250, 994, 745])
  })

  test('is closed on the server when the caller is done with it', async () => {
    await items.insertMany(numbered(200))
    const cursor = items.find({}, { batchSize: 10 })
    await cursor.next()
    const { id } = cursor
    await cursor.close()
    const getMore = { getMore: id, collection: 'items' }
    await assert.rejects(db.command(getMore), failsWith(43))
  })

  test('that is tailable waits for what is inserted', async () => {
    const log = await db.createCollection<Item>('log', { capped: true, size: 1 << 16 })
    await log.insertOne({ _id: 1 })
    const cursor = log.find({}, { tailable: true, awaitData: true, maxAwaitTimeMS: 2000 })
    assert.deepEqual(await cursor.next(), { _id: 1 })
    const next = cursor.next()
    await log.insertOne({ _id: 2 })
    assert.deepEqual(await next, { _id: 2 })
    await cursor.close()
  })
})

describe('an aggregation', () => {
  test('groups, joins, unwinds and sorts', async () => {
    await items.insertMany([
      { _id: 1, n: 1, tags: ['a', 'b'] },
      { _id: 2, n: 2, tags: ['b'] },
      { _id: 3, n: 3, tags: [] },
    ])
    await db.collection<{ _id: string; name: string }>('names').insertOne({ _id: 'b', name: 'B' })
    const result = await items
      .aggregate([
        { $unwind: '$tags' },
        { $group: { _id: '$tags', total: { $sum: '$n' }, ids: { $push: '$_id' } } },
        { $lookup: { from: 'names', localField: '_id', foreignField: '_id', as: 'names' } },
        { $set: { name: { $first: '$names.name' } } },
        { $unset: 'names' },
        { $sort: { _id: -1 } },
      ])
      .toArray()
    assert.deepEqual(result, [
      { _id: 'b', total: 3, ids: [1, 2], name: 'B' },
      { _id: 'a', total: 1, ids: [1] },
    ])
  })

  test('writes to collections with $out and $merge', async () => {
    await items.insertMany(numbered(10))
    await items.aggregate([{ $match: { n: 1 } }, { $out: 'ones' }]).toArray()
    await items.aggregate([{ $match: { n: 2 } }, { $merge: 'ones' }]).toArray()
    assert.deepEqual(await db.collection<Item>('ones').distinct('_id'), [1, 2, 8, 9])
  })
})

describe('indexes', () => {
  test('are made, listed, used, kept unique and dropped', async () => {
    await items.insertMany([
      { _id: 1, n: 1, text: 'x' },
      { _id: 2, n: 2, text: 'x' },
    ])
    assert.equal(await items.createIndex({ n: 1 }, { unique: true }), 'n_1')
    assert.equal(await items.createIndex({ text: 1, n: -1 }, { name: 'both' }), 'both')
    assert.deepEqual(
      (await items.indexes()).map(({ name }) => name),
      ['_id_', 'n_1', 'both'],
    )
    await assert.rejects(items.insertOne({ _id: 3, n: 1 }), failsWith(11000))
    await assert.rejects(items.createIndex({ text: 1 }, { unique: true }), failsWith(11000))
    const plan = await items.find({ n: 2 }).explain('queryPlanner')
    assert.match(JSON.stringify(plan.queryPlanner.winningPlan), /IXSCAN/)
    await items.dropIndex('n_1')
    await assert.rejects(items.dropIndex('n_1'), failsWith(27))
    await items.dropIndexes()
    assert.deepEqual(await items.indexes(), [{ v: 2, key: { _id: 1 }, name: '_id_' }])
  })

  test('of time keep how long documents live', async () => {
    const events = db.collection('events')
    await events.createIndex({ at: 1 }, { expireAfterSeconds: 3600 })
    const [, index] = await events.indexes()
    assert.equal(index.expireAfterSeconds, 3600)
  })
})

describe('sessions', () => {
  test('read their own writes, and end', async () => {
    await client.withSession({ causalConsistency: true }, async (session) => {
      await items.insertOne({ _id: 1 }, { session })
      assert.deepEqual(await items.findOne({ _id: 1 }, { session }), { _id: 1 })
      assert.ok(session.operationTime)
    })
  })

  test('commit transactions, and show nothing of them before', async () => {
    await items.insertOne({ _id: 1, n: 1 })
    const session = client.startSession()
    session.startTransaction()
    await items.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session })
    await items.insertOne({ _id: 2 }, { session })
    assert.equal(await items.countDocuments({}, { session }), 2)
    assert.deepEqual(await items.find().toArray(), [{ _id: 1, n: 1 }])
    await session.commitTransaction()
    assert.deepEqual(await items.find().toArray(), [{ _id: 1, n: 2 }, { _id: 2 }])
    // A commit that is asked for again says the same.
    await session.commitTransaction()
    await session.endSession()
  })

  test('abort transactions by hand, by an error and by going away', async () => {
    await items.insertOne({ _id: 1, n: 1 })
    await client.withSession(async (session) => {
      session.startTransaction()
      await items.deleteMany({}, { session })
      await session.abortTransaction()
    })
    const failing = client.withSession((session) =>
      session.withTransaction(async () => {
        await items.insertOne({ _id: 2 }, { session })
        await items.insertOne({ _id: 1 }, { session })
      }),
    )
    await assert.rejects(failing, failsWith(11000))
    const left = client.startSession()
    left.startTransaction()
    await items.updateOne({ _id: 1 }, { $set: { n: 99 } }, { session: left })
    await left.endSession()
    assert.deepEqual(await items.find().toArray(), [{ _id: 1, n: 1 }])
  })

  test('try transactions again that meet each other', async () => {
    await items.insertOne({ _id: 1, n: 0 })
    const add = () =>
      client.withSession((session) =>
        session.withTransaction(async () => {
          const { n = 0 } = (await items.findOne({ _id: 1 }, { session })) ?? {}
          await items.updateOne({ _id: 1 }, { $set: { n: n + 1 } }, { session })
        }),
      )
    await Promise.all(Array.from({ length: 10 }, add))
    assert.deepEqual(await items.findOne({ _id: 1 }), { _id: 1, n: 10 })
  })

  test('keep their snapshot while others write', async () => {
    await items.insertOne({ _id: 1, n: 1 })
    await client.withSession(async (session) => {
      session.startTransaction({ readConcern: { level: 'snapshot' } })
      assert.equal((await items.findOne({ _id: 1 }, { session }))?.n, 1)
      await items.updateOne({ _id: 1 }, { $set: { n: 2 } })
      assert.equal((await items.findOne({ _id: 1 }, { session }))?.n, 1)
      await assert.rejects(
        items.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session }),
        (error) =>
          failsWith(112)(error) &&
          (error as MongoServerError).hasErrorLabel('TransientTransactionError'),
      )
      await session.abortTransaction()
    })
  })
})

describe('a change stream', () => {
  /** Opened for certain when this resolves: the driver would open it with the first `next`. */
  async function opened(stream: ChangeStream): Promise<ChangeStream> {
    assert.equal(await stream.tryNext(), null)
    return stream
  }

  test('tells what happens to a collection', async () => {
    const options = { fullDocument: 'updateLookup', maxAwaitTimeMS: 50 } as const
    const stream = await opened(items.watch([], options))
    await items.insertOne({ _id: 1, n: 1 })
    await items.updateOne({ _id: 1 }, { $set: { n: 2 }, $unset: { text: 1 } })
    await items.replaceOne({ _id: 1 }, { n: 3 })
    await items.deleteOne({ _id: 1 })
    await items.drop()
    const told: unknown[] = []
    for (let i = 0; i < 6; i++) {
      const { operationType, ...event } = await stream.next()
      const { documentKey, updateDescription } = event as {
        documentKey?: unknown
        updateDescription?: { updatedFields: unknown }
      }
      told.push([operationType, documentKey, updateDescription?.updatedFields])
    }
    assert.deepEqual(told, [
      ['insert', { _id: 1 }, undefined],
      ['update', { _id: 1 }, { n: 2 }],
      ['replace', { _id: 1 }, undefined],
      ['delete', { _id: 1 }, undefined],
      ['drop', undefined, undefined],
      ['invalidate', undefined, undefined],
    ])
    await stream.close()
  })

  test('of a database and of the deployment filters, and goes on from its token', async () => {
    const inserts = [{ $match: { operationType: 'insert' } }]
    for (const place of [db, client]) {
      const name = place === db ? 'one' : 'other'
      const some = db.collection<Item>(name)
      const first = await opened(place.watch(inserts, { maxAwaitTimeMS: 50 }))
      await some.insertMany(numbered(3))
      const event = await first.next()
      await first.close()
      const second = place.watch(inserts, { resumeAfter: event._id })
      const rest: unknown[] = []
      for (let i = 0; i < 2; i++) rest.push(await second.next())
      await second.close()
      assert.deepEqual(
        rest.map((next) => (next as { documentKey: unknown }).documentKey),
        [{ _id: 1 }, { _id: 2 }],
      )
    }
  })

  test('tells the writes of a transaction together, and none of one that was aborted', async () => {
    await items.insertOne({ _id: 0 })
    const stream = await opened(items.watch([], { maxAwaitTimeMS: 50 }))
    for (const end of ['abortTransaction', 'commitTransaction'] as const) {
      await client.withSession(async (session) => {
        session.startTransaction()
        await items.insertMany([{ _id: 1 }, { _id: 2 }], { session })
        await session[end]()
      })
    }
    const events = [await stream.next(), await stream.next()] as unknown as {
      txnNumber: unknown
      documentKey: unknown
    }[]
    assert.deepEqual(
      events.map(({ documentKey }) => documentKey),
      [{ _id: 1 }, { _id: 2 }],
    )
    assert.ok(events.every(({ txnNumber }) => txnNumber !== undefined))
    await stream.close()
  })
})

describe('databases and collections', () => {
  test('are made with options, listed, renamed and dropped', async () => {
    await db.createCollection('checked', { validator: { n: { $type: 'int' } } })
    await assert.rejects(db.collection('checked').insertOne({ n: 'x' }), failsWith(121))
    await db.createCollection('view', { viewOn: 'checked', pipeline: [{ $match: { n: 1 } }] })
    await db.collection('checked').insertMany([{ n: 1 }, { n: 2 }])
    assert.equal(await db.collection('view').countDocuments(), 1)
    const kinds = (await db.listCollections().toArray()).map(({ name, type }) => [name, type])
    assert.deepEqual(
      kinds.filter(([name]) => name !== 'system.views'),
      [
        ['checked', 'collection'],
        ['view', 'view'],
      ],
    )
    await db.renameCollection('checked', 'renamed')
    assert.equal(await db.collection('renamed').countDocuments(), 2)
    await db.dropCollection('view')
    const { databases } = await client.db().admin().listDatabases()
    assert.ok(databases.some(({ name }) => name === 'node'))
  })
})
