// What does an engine do under 64 writers and 64 readers over time: operations per second,
// errors, lost updates, memory. `node benchmarks/soak.js [--seconds 60] [--callers 64]`
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { decodeDocument, encodeDocument } from '@gantry/bson'
import { openEngine } from '@gantry/engine'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    callers: { type: 'string', default: '64' },
  },
})
const seconds = Number(values.seconds)
const callers = Number(values.callers)
const COUNTERS = 16
const REPORT_MS = 5000
const pad = 'x'.repeat(250)

const path = mkdtempSync(join(tmpdir(), 'gantry-soak-'))
const engine = await openEngine({ path })
const session = engine.connect({ internal: true })
const run = async (command) =>
  decodeDocument(
    encodeDocument(
      await engine.run(session, { body: encodeDocument({ ...command, $db: 'test' }) }),
    ),
  )
await run({
  createIndexes: 'c',
  indexes: [
    { key: { n: 1 }, name: 'n' },
    { key: { tags: 1, w: -1 }, name: 'tags' },
    { key: { u: 1 }, name: 'u', unique: true, sparse: true },
  ],
})
const documents = Array.from({ length: COUNTERS }, (_, _id) => ({ _id, n: 0, tags: [_id] }))
await run({ insert: 'c', documents })

const end = performance.now() + seconds * 1000
const added = new Array(COUNTERS).fill(0)
let writes = 0
let reads = 0
let errors = 0

function expect(condition, what) {
  if (condition) return
  errors++
  console.error(what)
}

async function write(caller) {
  for (let i = 0; performance.now() < end; i++) {
    const counter = (caller * 31 + i) % COUNTERS
    const u = { $inc: { n: 1 }, $set: { tags: [counter, caller] } }
    const updated = await run({ update: 'c', updates: [{ q: { _id: counter }, u }] })
    added[counter]++
    expect(updated.get('nModified') === 1, 'an update changed nothing')
    const own = `${caller}-${i}`
    const doc = { _id: own, w: caller, u: own, tags: ['own', i % 5], pad }
    const inserted = await run({ insert: 'c', documents: [doc] })
    expect(inserted.get('n') === 1, 'an insert failed')
    // The last hundred of each caller stay, so the size of the data does, too.
    if (i >= 100) {
      const q = { _id: `${caller}-${i - 100}` }
      const deleted = await run({ delete: 'c', deletes: [{ q, limit: 1 }] })
      expect(deleted.get('n') === 1, 'a delete found nothing')
      writes++
    }
    writes += 2
  }
}

async function read(caller) {
  for (let i = 0; performance.now() < end; i++) {
    const found = await run({ find: 'c', filter: { _id: (caller + i) % COUNTERS } })
    expect(found.get('cursor').get('firstBatch').length === 1, 'a document was not found')
    await run({ find: 'c', filter: { tags: 'own', w: caller }, limit: 20 })
    await run({ count: 'c', query: { n: { $gte: 0 } } })
    reads += 3
    await new Promise(setImmediate)
  }
}

const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
let last = { writes: 0, reads: 0 }
const started = performance.now()
const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`
const report = setInterval(() => {
  const { rss, heapUsed } = process.memoryUsage()
  const perSecond = (count) => Math.round(count / (REPORT_MS / 1000))
  console.log(
    `${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s:`,
    `${perSecond(writes - last.writes)} writes/s, ${perSecond(reads - last.reads)} reads/s,`,
    `${errors} errors, rss ${megabytes(rss)}, heap ${megabytes(heapUsed)},`,
    `event loop held at most ${(delay.max / 1e6).toFixed(0)} ms`,
  )
  last = { writes, reads }
  delay.reset()
}, REPORT_MS)
const numbers = Array.from({ length: callers }, (_, i) => i)
await Promise.all([...numbers.map(write), ...numbers.map(read)])
clearInterval(report)

const counters = await run({ find: 'c', filter: { _id: { $lt: COUNTERS } }, sort: { _id: 1 } })
const totals = counters.get('cursor').get('firstBatch')
for (const doc of totals) {
  expect(Number(doc.get('n')) === added[doc.get('_id')], `counter ${doc.get('_id')} lost updates`)
}
console.log(`${writes} writes, ${reads} reads, ${errors} errors`)
await engine.close()
rmSync(path, { recursive: true })
process.exitCode = errors === 0 ? 0 : 1
