// What the official Node driver reaches with the engine, and with a server that does nothing,
// over one connection and over sixteen. The two are measured in turns, so that both see the
// same weather. Usage, after a build: node benchmarks/driver.js [seconds per turn] [operation…]
import { MongoClient } from 'mongodb'
import { startServer } from './driver/child.js'
import { DOCUMENT_ID, DOCUMENTS, documentOf, FOUND_BY_INDEX } from './driver/documents.js'

const TURNS = 6
const MANY = 1000
const turnMs = Number(process.argv[2] ?? 0.5) * 1000
const wanted = process.argv.slice(3)

/** `per`: documents that an operation counts as; `aim`: the share of the limit to reach, or documents per second. */
const operations = {
  insertOne: { aim: '40 %', run: ({ written }) => written.insertOne(withoutId(1)) },
  findOne: { aim: '60 %', run: ({ documents }) => documents.findOne({ _id: DOCUMENT_ID }) },
  updateOne: {
    run: ({ documents }) => documents.updateOne({ _id: DOCUMENT_ID }, { $inc: { hits: 1 } }),
  },
  find100: { run: ({ documents }) => documents.find({ group: 47 }).toArray() },
  insertMany: {
    per: MANY,
    aim: '80,000/s',
    run: ({ written }) =>
      written.insertMany(
        Array.from({ length: MANY }, (_, i) => withoutId(i)),
        { ordered: true },
      ),
  },
  count: { run: ({ documents }) => documents.countDocuments({ count: 4 }) },
}

function withoutId(i) {
  const { _id, ...rest } = documentOf(i)
  return rest
}

async function connect(server, credentials, connections) {
  const uri = `mongodb://${credentials}127.0.0.1:${server.port}/?directConnection=true`
  const client = await MongoClient.connect(uri, {
    maxPoolSize: connections,
    minPoolSize: connections,
  })
  const db = client.db('bench')
  return {
    server,
    client,
    connections,
    documents: db.collection('documents'),
    written: db.collection('written'),
  }
}

async function fill({ documents }) {
  await documents.createIndex({ group: 1 })
  for (let id = 0; id < DOCUMENTS; id += MANY) {
    await documents.insertMany(Array.from({ length: MANY }, (_, i) => documentOf(id + i)))
  }
}

const microseconds = ({ user, system }) => user + system

/** Runs an operation over all connections for the length of a turn. */
async function turn(target, { run }, sum) {
  const { usage: before } = await target.server.ask('usage')
  const ownBefore = process.cpuUsage()
  const start = performance.now()
  const end = start + turnMs
  const loop = async () => {
    do {
      await run(target)
      sum.done++
    } while (performance.now() < end)
  }
  await Promise.all(Array.from({ length: target.connections }, loop))
  sum.ms += performance.now() - start
  sum.driverUs += microseconds(process.cpuUsage(ownBefore))
  const { usage: after } = await target.server.ask('usage')
  sum.serverUs += microseconds(after) - microseconds(before)
}

async function compare(name, limit, engine) {
  const operation = operations[name]
  const targets = [limit, engine]
  const sums = targets.map(() => ({ done: 0, ms: 0, driverUs: 0, serverUs: 0 }))
  for (const target of targets) await turn(target, operation, { done: 0 })
  for (let i = 0; i < TURNS; i++) {
    // Who goes first alternates, too.
    for (const which of i % 2 ? [1, 0] : [0, 1]) {
      await turn(targets[which], operation, sums[which])
    }
  }
  print(name, limit.connections, operation, sums)
}

function print(name, connections, { per = 1, aim = '' }, [limit, engine]) {
  const rate = ({ done, ms }) => (done * per * 1000) / ms
  const each = (us, { done }) => (us / done / per).toFixed(per > 1 ? 2 : 0)
  console.log(
    [
      name.padEnd(11),
      String(connections).padStart(4),
      rate(limit).toFixed(0).padStart(9),
      rate(engine).toFixed(0).padStart(9),
      `${((rate(engine) / rate(limit)) * 100).toFixed(0)} %`.padStart(6),
      aim.padStart(9),
      each(limit.serverUs, limit).padStart(8),
      each(engine.serverUs, engine).padStart(8),
      each(engine.driverUs, engine).padStart(8),
    ].join(' '),
  )
}

const nothing = await startServer('nothing-server.js')
const engine = await startServer('engine-server.js')
const filling = await connect(engine, 'bench:bench@', 1)
await fill(filling)
const found = await filling.documents.find({ group: 47 }).toArray()
if (found.length !== FOUND_BY_INDEX) throw new Error(`found ${found.length} documents by index`)
await filling.client.close()

console.log('                    per second: do-nothing, engine    server and driver µs each')
console.log('operation   conn   nothing    engine  share       aim  nothing   engine   driver')
for (const connections of [1, 16]) {
  const limit = await connect(nothing, '', connections)
  const measured = await connect(engine, 'bench:bench@', connections)
  for (const name of Object.keys(operations)) {
    if (wanted.length === 0 || wanted.includes(name)) await compare(name, limit, measured)
  }
  await limit.client.close()
  await measured.client.close()
}
await Promise.all([nothing.stop(), engine.stop()])
