import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type ClientSession, type Collection, MongoClient } from 'mongodb'
import { type EngineProcess, startEngineProcess } from '../support/engine-process.js'
import { type ReplyDropper, startReplyDropper } from '../support/reply-dropper.js'

interface Item {
  _id: number
  n: number
}

let engine: EngineProcess
let dropper: ReplyDropper
let client: MongoClient
let items: Collection<Item>

before(async () => {
  engine = await startEngineProcess()
  dropper = await startReplyDropper(engine.port)
  client = new MongoClient(engine.uri('', dropper.port), { serverSelectionTimeoutMS: 20_000 })
  items = client.db('lost').collection<Item>('items')
})
after(async () => {
  await client?.close()
  dropper?.close()
  await engine?.remove()
})
beforeEach(async () => {
  await items.deleteMany({})
  await items.insertMany([
    { _id: 1, n: 10 },
    { _id: 2, n: 20 },
  ])
})

async function restart(): Promise<void> {
  await engine.kill()
  await engine.start()
}

/** Each would show in its answer or in what is stored that it was applied twice, or never. */
const writes: {
  title: string
  /** Stands in the request whose answer gets lost. */
  request: string
  run: () => Promise<unknown>
  answer: unknown
  stored: readonly (readonly [number, number])[]
}[] = [
  {
    title: 'insertOne',
    request: 'insert',
    run: async () => (await items.insertOne({ _id: 3, n: 0 })).acknowledged,
    answer: true,
    stored: [
      [1, 10],
      [2, 20],
      [3, 0],
    ],
  },
  {
    title: 'insertMany',
    request: 'insert',
    run: async () =>
      (await items.insertMany([3, 4, 5].map((_id) => ({ _id, n: 0 })))).insertedCount,
    answer: 3,
    stored: [
      [1, 10],
      [2, 20],
      [3, 0],
      [4, 0],
      [5, 0],
    ],
  },
  {
    title: 'updateOne',
    request: 'update',
    run: async () => {
      const { matchedCount, modifiedCount } = await items.updateOne({ _id: 1 }, { $inc: { n: 1 } })
      return [matchedCount, modifiedCount]
    },
    answer: [1, 1],
    stored: [
      [1, 11],
      [2, 20],
    ],
  },
  {
    title: 'an upsert',
    request: 'update',
    run: async () => {
      const inc = { $inc: { n: 1 } }
      const { upsertedCount, upsertedId } = await items.updateOne({ _id: 3 }, inc, { upsert: true })
      return [upsertedCount, upsertedId]
    },
    answer: [1, 3],
    stored: [
      [1, 10],
      [2, 20],
      [3, 1],
    ],
  },
  {
    title: 'deleteOne',
    request: 'delete',
    // Another document would match when the deletion was made again.
    run: async () => (await items.deleteOne({ n: { $gte: 10 } })).deletedCount,
    answer: 1,
    stored: [[2, 20]],
  },
  {
    title: 'findOneAndUpdate',
    request: 'findAndModify',
    run: () => items.findOneAndUpdate({ _id: 1 }, { $inc: { n: 1 } }, { returnDocument: 'after' }),
    answer: { _id: 1, n: 11 },
    stored: [
      [1, 11],
      [2, 20],
    ],
  },
  {
    title: 'findOneAndDelete',
    request: 'findAndModify',
    run: () => items.findOneAndDelete({}, { sort: { _id: 1 } }),
    answer: { _id: 1, n: 10 },
    stored: [[2, 20]],
  },
  {
    title: 'one part of a bulkWrite',
    request: 'update',
    run: async () => {
      const result = await items.bulkWrite([
        { insertOne: { document: { _id: 3, n: 0 } } },
        { updateOne: { filter: { _id: 3 }, update: { $inc: { n: 1 } } } },
        { updateOne: { filter: { _id: 1 }, update: { $inc: { n: 1 } } } },
        { deleteOne: { filter: { _id: 2 } } },
      ])
      return [result.insertedCount, result.modifiedCount, result.deletedCount]
    },
    answer: [1, 2, 1],
    stored: [
      [1, 11],
      [3, 1],
    ],
  },
  {
    title: 'commitTransaction',
    request: 'commitTransaction',
    run: () =>
      client.withSession((session: ClientSession) =>
        session.withTransaction(async () => {
          await items.updateOne({ _id: 1 }, { $inc: { n: -5 } }, { session })
          await items.updateOne({ _id: 2 }, { $inc: { n: 5 } }, { session })
          return 'committed'
        }),
      ),
    answer: 'committed',
    stored: [
      [1, 5],
      [2, 25],
    ],
  },
]

for (const [how, meanwhile] of [
  ['the connection breaks', undefined],
  ['the server is killed and comes back', restart],
] as const) {
  describe(`when ${how} before the answer, a retry applies once:`, () => {
    for (const { title, request, run, answer, stored } of writes) {
      test(title, async () => {
        const dropped = dropper.dropReplyTo(request, meanwhile)
        const [result] = await Promise.all([run(), dropped])
        assert.deepEqual(result, answer)
        const docs = await items.find().sort({ _id: 1 }).toArray()
        assert.deepEqual(
          docs.map(({ _id, n }) => [_id, n]),
          stored,
        )
      })
    }
  })
}
