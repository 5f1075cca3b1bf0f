import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type ChangeStream,
  type Db,
  MongoClient,
  MongoError,
  MongoServerError,
  type ResumeToken,
  type Timestamp,
} from 'mongodb'
import { type EngineProcess, startEngineProcess } from '../support/engine-process.js'

const KILLS = 12
/** The engine is killed at a random moment within this time after it has come up. */
const LONGEST_LIFE_MS = 1200
const ACCOUNTS = 8
const START_BALANCE = 1000

interface Account {
  _id: number
  balance: number
}
interface Transfer {
  _id: string
  from: number
  to: number
  amount: number
}

let engine: EngineProcess
before(async () => {
  engine = await startEngineProcess()
})
after(() => engine?.remove())

/** What a client has been told of its writes. */
interface Told {
  readonly acknowledged: Set<string>
  /** Begun, and the answer was an error: they may have happened or not. */
  readonly unknown: Set<string>
}

const nothingTold = (): Told => ({ acknowledged: new Set(), unknown: new Set() })

interface Work {
  readonly db: Db
  isOver(): boolean
}

/** Runs numbered attempts until the work is over. Errors other than those of a lost server fail the test. */
async function attempt(
  { isOver }: Work,
  prefix: string,
  told: Told,
  run: (id: string) => Promise<unknown>,
): Promise<void> {
  for (let i = 0; !isOver(); i++) {
    const id = `${prefix}${i}`
    try {
      await run(id)
      told.acknowledged.add(id)
    } catch (error) {
      if (!(error instanceof MongoError) || error instanceof MongoServerError) throw error
      told.unknown.add(id)
      await pause(20)
    }
  }
}

/** Writes that are not repeated by the driver. */
function insertOnce(work: Work, told: Told, client: MongoClient): Promise<void> {
  const notes = client.db(work.db.databaseName).collection<{ _id: string; group: number }>('notes')
  return attempt(work, 'n', told, (_id) => notes.insertOne({ _id, group: told.unknown.size }))
}

/** Repeated by the driver after a lost answer; `ids` shows one that was applied twice. */
function pushRetryably({ db, isOver }: Work, counter: number, told: Told): Promise<void> {
  const counters = db.collection<{ _id: number; n: number; ids: string[] }>('counters')
  return attempt({ db, isOver }, `c${counter}-`, told, async (id) => {
    const change = { $inc: { n: 1 }, $push: { ids: id } }
    await counters.updateOne({ _id: counter }, change, { upsert: true })
  })
}

/** Moves money between accounts and notes it, both or nothing. */
function transfer(work: Work, client: MongoClient, prefix: string, told: Told): Promise<void> {
  const accounts = work.db.collection<Account>('accounts')
  const transfers = work.db.collection<Transfer>('transfers')
  return attempt(work, prefix, told, (_id) =>
    client.withSession((session) =>
      session.withTransaction(async () => {
        const from = Math.floor(Math.random() * ACCOUNTS)
        const to = (from + 1 + Math.floor(Math.random() * (ACCOUNTS - 1))) % ACCOUNTS
        const amount = 1 + Math.floor(Math.random() * 9)
        await accounts.updateOne({ _id: from }, { $inc: { balance: -amount } }, { session })
        await transfers.insertOne({ _id, from, to, amount }, { session })
        await accounts.updateOne({ _id: to }, { $inc: { balance: amount } }, { session })
      }),
    ),
  )
}

/** Notes what the change stream of the database tells of inserts, going on from its token whenever it breaks. */
async function watch(
  { db, isOver }: Work,
  startAtOperationTime: Timestamp,
  seen: string[],
): Promise<void> {
  let stream: ChangeStream | undefined
  let token: ResumeToken | undefined
  const end = `end of ${db.databaseName}`
  for (;;) {
    try {
      const start = token ? { resumeAfter: token } : { startAtOperationTime }
      stream ??= db.watch([{ $match: { operationType: 'insert' } }], start)
      const event = await stream.next()
      token = event._id
      if (event.operationType !== 'insert') continue
      const id = String(event.documentKey._id)
      if (id === end) break
      if (event.ns.coll !== 'counters') seen.push(id)
    } catch (error) {
      if (!(error instanceof MongoError)) throw error
      await stream?.close().catch(() => {})
      stream = undefined
      if (!isOver()) await pause(20)
    }
  }
  await stream.close()
}

async function killAgainAndAgain(): Promise<void> {
  for (let i = 0; i < KILLS; i++) {
    await pause(Math.random() * LONGEST_LIFE_MS)
    await engine.kill()
    await engine.start()
  }
  await pause(300)
}

async function prepare(db: Db): Promise<void> {
  const accounts = Array.from({ length: ACCOUNTS }, (_, _id) => ({ _id, balance: START_BALANCE }))
  await db.collection<Account>('accounts').insertMany(accounts)
  await db.collection('accounts').createIndex({ balance: 1 })
  await db.collection('notes').createIndex({ group: 1, _id: -1 })
  await db.collection('transfers').createIndex({ from: 1, to: 1 })
  await db.collection('counters').createIndex({ ids: 1 })
}

/** Everything acknowledged is there, and nothing that was never asked for. */
function checkStored(stored: readonly string[], { acknowledged, unknown }: Told): void {
  const there = new Set(stored)
  assert.equal(there.size, stored.length, 'nothing is there twice')
  for (const id of acknowledged) assert.ok(there.has(id), `${id} was acknowledged`)
  for (const id of there) assert.ok(acknowledged.has(id) || unknown.has(id), `${id} was asked for`)
}

async function checkTransfers(db: Db, told: Told): Promise<void> {
  const transfers = await db.collection<Transfer>('transfers').find().toArray()
  checkStored(
    transfers.map(({ _id }) => _id),
    told,
  )
  const balances = Array.from({ length: ACCOUNTS }, () => START_BALANCE)
  for (const { from, to, amount } of transfers) {
    balances[from] -= amount
    balances[to] += amount
  }
  const accounts = await db.collection<Account>('accounts').find().sort({ _id: 1 }).toArray()
  assert.deepEqual(
    accounts.map(({ balance }) => balance),
    balances,
  )
}

async function checkIndexes(db: Db): Promise<void> {
  for (const name of ['accounts', 'counters', 'notes', 'transfers']) {
    const report = await db.command({ validate: name, full: true })
    assert.deepEqual([report.valid, report.errors], [true, []], name)
    const all = await db.collection(name).countDocuments({}, { hint: { $natural: 1 } })
    assert.equal(report.nrecords, all, name)
  }
}

test('kill -9 at any moment loses nothing acknowledged and leaves nothing half done', async () => {
  const options = { serverSelectionTimeoutMS: 20_000 }
  const client = new MongoClient(engine.uri(), options)
  const plain = new MongoClient(engine.uri('&retryWrites=false'), options)
  const db = client.db('killed')
  await prepare(db)

  let over = false
  const work = { db, isOver: () => over }
  const notes = nothingTold()
  const counters = [nothingTold(), nothingTold()]
  const transfers = nothingTold()
  const seen: string[] = []
  const { operationTime } = await db.command({ ping: 1 })
  const watching = watch(work, operationTime, seen)
  const working = Promise.all([
    insertOnce(work, notes, plain),
    ...counters.map((told, counter) => pushRetryably(work, counter, told)),
    ...['a', 'b', 'c'].map((prefix) => transfer(work, client, prefix, transfers)),
  ])
  await Promise.race([killAgainAndAgain(), working, watching])
  over = true
  await working
  await db.collection<{ _id: string }>('end').insertOne({ _id: `end of ${db.databaseName}` })
  await watching

  for (const told of [notes, ...counters, transfers]) assert.ok(told.acknowledged.size > KILLS)
  const noted = (await db.collection('notes').find().toArray()).map(({ _id }) => String(_id))
  checkStored(noted, notes)
  for (const [_id, told] of counters.entries()) {
    const counter = await db
      .collection<{ _id: number; n: number; ids: string[] }>('counters')
      .findOne({ _id })
    assert.equal(counter?.n, counter?.ids.length)
    checkStored(counter?.ids ?? [], told)
  }
  await checkTransfers(db, transfers)
  await checkIndexes(db)

  const transferred = await db.collection('transfers').distinct('_id')
  const inserted = [...noted, ...transferred.map(String)]
  assert.deepEqual([...seen].sort(), inserted.sort(), 'told once each by the change stream')
  await client.close()
  await plain.close()
})
