// What do a full scan and bulk inserts cost in the engine, next to bare parts that do the same work?
//
//   node benchmarks/engine.js [--documents 100000] [--rounds 5] [--folder DIR]
//
// Scan: a filter on two fields over all documents, next to decoding each with the bson library (peer)
// and to only reading all from LMDB (floor). Insert: batches of 1,000, each on disk before the next,
// next to puts of the same bytes and of their _id into bare LMDB (floor).
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { deserialize, ObjectId, serialize } from 'bson'
import { open } from 'lmdb'
import { openEngine } from '../packages/engine/dist/index.js'
import { idHex, person } from './support/person.js'

const BATCH = 1000

const { values: options } = parseArgs({
  options: {
    documents: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    folder: { type: 'string', default: tmpdir() },
  },
})
const [count, rounds] = [options.documents, options.rounds].map(Number)
const folder = mkdtempSync(join(options.folder, 'engine-benchmark-'))

const batches = Array.from({ length: count / BATCH }, (_, batch) =>
  Array.from({ length: BATCH }, (_, i) => {
    const n = batch * BATCH + i
    return Buffer.from(serialize({ _id: new ObjectId(idHex(n)), ...person(n) }))
  }),
)
const bytes = batches.flat().reduce((sum, doc) => sum + doc.length, 0)
const filter = { status: 'active', age: { $gt: 60 } }
const expected = batches.flat().filter((doc) => matches(deserialize(doc))).length

try {
  console.log(
    `Node.js ${process.version}; ${count} documents of ${Math.round(bytes / count)} bytes, medians of ${rounds} rounds\n`,
  )
  const engine = await openEngine({ path: join(folder, 'engine') })
  const bare = open({ path: join(folder, 'bare'), maxDbs: 4 })
  const [records, ids] = ['records', 'ids'].map((name) =>
    bare.openDB(name, { encoding: 'binary', keyEncoding: 'binary' }),
  )
  const inserts = { engine: [], floor: [] }
  const scans = { engine: [], peer: [], floor: [] }
  for (let round = 0; round < rounds; round++) {
    inserts.engine.push(await measured(() => insertAll(engine, `c${round}`)))
    inserts.floor.push(await measured(() => putAll(bare, records, ids, round)))
    scans.engine.push(await measured(() => scan(engine, 'c0')))
    scans.peer.push(await measured(() => decodeAll(records)))
    scans.floor.push(await measured(() => readAll(records)))
  }
  print('insert, batches of 1,000', inserts, 'aim: 80,000/s')
  print('scan, filter on two fields', scans, 'aim: 0.25 s of processor time for 100,000')
  await engine.close()
  await bare.close()
} finally {
  rmSync(folder, { recursive: true })
}

async function insertAll(engine, collection) {
  const session = engine.connect({ internal: true })
  const body = Buffer.from(serialize({ insert: collection, $db: 'bench' }))
  for (const documents of batches) {
    const { n } = await engine.run(session, {
      body,
      sequences: new Map([['documents', documents]]),
    })
    if (n !== BATCH) throw new Error(`inserted ${n}`)
  }
  engine.disconnect(session)
}

async function putAll(bare, records, ids, round) {
  let next = round * count
  for (const documents of batches) {
    await bare.transaction(() => {
      for (const doc of documents) {
        const key = Buffer.alloc(8)
        key.writeDoubleBE(++next)
        void records.put(key, doc)
        const id = Buffer.allocUnsafe(16)
        id.writeInt32BE(round)
        doc.copy(id, 4, 9, 21)
        void ids.put(id, key)
      }
    })
  }
}

async function scan(engine, collection) {
  const session = engine.connect({ internal: true })
  const body = Buffer.from(serialize({ count: collection, query: filter, $db: 'bench' }))
  const { n } = await engine.run(session, { body })
  if (n !== expected) throw new Error(`found ${n} instead of ${expected}`)
  engine.disconnect(session)
}

function matches({ status, age }) {
  return status === 'active' && age > 60
}

function decodeAll(records) {
  let found = 0
  for (const { value } of records.getRange({ limit: count }))
    if (matches(deserialize(value))) found++
  if (found !== expected) throw new Error(`found ${found} instead of ${expected}`)
}

function readAll(records) {
  let size = 0
  for (const { value } of records.getRange({ limit: count })) size += value.length
  if (size !== bytes) throw new Error(`read ${size} bytes instead of ${bytes}`)
}

async function measured(work) {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const wall = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { wall, cpu: (user + system) / 1e6 }
}

function print(title, results, aim) {
  console.log(`${title} (${aim})`)
  for (const [name, list] of Object.entries(results)) {
    const wall = median(list.map((result) => result.wall))
    const cpu = median(list.map((result) => result.cpu))
    console.log(
      `  ${name.padEnd(8)}${(count / wall).toFixed(0).padStart(10)} documents/s${wall.toFixed(3).padStart(9)} s${cpu.toFixed(3).padStart(9)} s of processor time`,
    )
  }
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
}
