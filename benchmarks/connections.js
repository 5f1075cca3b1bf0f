// What connections cost: memory of the engine's process with thousands that are idle, and with
// those and two hundred busy ones for a while. Usage, after a build:
// node benchmarks/connections.js [seconds] [idle] [busy]
import { connect } from 'node:net'
import { BSON, MongoClient } from 'mongodb'
import { startServer } from './driver/child.js'

const [seconds = 60, idle = 5000, busy = 200] = process.argv.slice(2).map(Number)
const AT_A_TIME = 100

const hello = BSON.serialize({
  hello: 1,
  helloOk: true,
  client: { driver: { name: 'bench', version: '1' }, os: { type: 'Linux' } },
  $db: 'admin',
})
const greeting = Buffer.alloc(21 + hello.length)
greeting.writeInt32LE(greeting.length, 0)
greeting.writeInt32LE(2013, 12)
greeting.set(hello, 21)

/** A connection that has said hello, as a driver's pool holds it. */
function open(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('error', reject)
    socket.once('data', () => resolve(socket))
    socket.write(greeting)
  })
}

async function openMany(port, count) {
  const sockets = []
  while (sockets.length < count) {
    const some = Math.min(AT_A_TIME, count - sockets.length)
    sockets.push(...(await Promise.all(Array.from({ length: some }, () => open(port)))))
  }
  return sockets
}

const engine = await startServer('engine-server.js', ['--expose-gc'])
const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(0).padStart(5)

async function report(what) {
  const { memory } = await engine.ask('memory')
  const { rss, heapUsed, external } = memory
  console.log(
    `${what.padEnd(36)} ${megabytes(rss)} MiB resident, ${megabytes(heapUsed)} heap, ${megabytes(external)} buffers`,
  )
  return rss
}

const before = await report('started')
const start = performance.now()
const sockets = await openMany(engine.port, idle)
const took = performance.now() - start
const after = await report(`${idle} idle`)
const each = (after - before) / idle / 1024
console.log(
  `${each.toFixed(1)} KiB per idle connection; all opened in ${(took / 1000).toFixed(1)} s`,
)

const uri = `mongodb://bench:bench@127.0.0.1:${engine.port}/?directConnection=true`
const client = await MongoClient.connect(uri, { maxPoolSize: busy, minPoolSize: busy })
const documents = client.db('bench').collection('documents')
const end = performance.now() + seconds * 1000
const latencies = []
let failed = 0

/** Reads and writes in turn: three of four are reads. */
async function work(id) {
  for (let i = 0; performance.now() < end; i++) {
    const from = performance.now()
    try {
      if (i % 4 === 0) await documents.updateOne({ _id: id }, { $inc: { n: 1 } }, { upsert: true })
      else await documents.findOne({ _id: id })
      latencies.push(performance.now() - from)
    } catch {
      failed++
    }
  }
}
const working = Promise.all(Array.from({ length: busy }, (_, id) => work(id)))
await new Promise((resolve) => setTimeout(resolve, seconds * 500))
await report(`${idle} idle and ${busy} busy, halfway`)
await working
await report(`${idle} idle and ${busy} busy, at the end`)
latencies.sort((a, b) => a - b)
const at = (share) => latencies[Math.floor(latencies.length * share)].toFixed(1)
const perSecond = (latencies.length / seconds).toFixed(0)
console.log(`${perSecond} operations/s, ${failed} failed; median ${at(0.5)} ms, p99 ${at(0.99)} ms`)

const alive = await Promise.all(
  sockets.map(
    (socket) =>
      new Promise((resolve) => {
        socket.once('data', () => resolve(1))
        socket.once('close', () => resolve(0))
        socket.write(greeting)
      }),
  ),
)
console.log(`${alive.reduce((sum, one) => sum + one, 0)} of the idle ones still answer`)
for (const socket of sockets) socket.destroy()
await client.close()
await new Promise((resolve) => setTimeout(resolve, 1000))
await report('all closed')
await engine.stop()
