// How long do large operations hold the event loop at a stretch, and how long do they take?
// Prints a line per operation: the longest stretch, and the most processor time of all threads in
// one stretch (if that is much less, the machine was busy with something else).
// `node benchmarks/event-loop.js [--scale 1] [--only text]`
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { encodeDocument } from '@gantry/bson'
import { openEngine } from '@gantry/engine'

const { values } = parseArgs({
  options: { scale: { type: 'string', default: '1' }, only: { type: 'string', default: '' } },
})
const scale = Number(values.scale)
const size = (count) => Math.round(count * scale)

const path = mkdtempSync(join(tmpdir(), 'gantry-event-loop-'))
const engine = await openEngine({ path })
const session = engine.connect({ internal: true })
const run = (command, sequences) =>
  engine.run(session, {
    body: encodeDocument({ ...command, $db: 'test' }),
    sequences: sequences && new Map(Object.entries(sequences)),
  })

/** Runs an operation while a heartbeat notes the longest time that it was kept from beating. */
async function measure(name, work) {
  if (!name.includes(values.only)) return work()
  let longest = 0
  let longestCpu = 0
  let last = performance.now()
  let lastCpu = process.cpuUsage()
  let beating = true
  function beat() {
    const ms = performance.now() - last
    longest = Math.max(longest, ms)
    longestCpu = Math.max(longestCpu, cpuSince(lastCpu))
    last = performance.now()
    lastCpu = process.cpuUsage()
    if (beating) setImmediate(beat)
  }
  setImmediate(beat)
  const started = performance.now()
  const cpu = process.cpuUsage()
  await work()
  beating = false
  beat()
  const text = (value) => `${value.toFixed(0).padStart(6)} ms`
  console.log(
    `${name.padEnd(56)} held ${text(longest)} (processor ${text(longestCpu)}),`,
    `took ${text(performance.now() - started)}, processor ${text(cpuSince(cpu))}`,
  )
}

function cpuSince(start) {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

function batches(count, make) {
  const list = []
  for (let at = 0; at < count; at += 10_000) {
    const length = Math.min(10_000, count - at)
    list.push(Array.from({ length }, (_, i) => encodeDocument(make(at + i))))
  }
  return list
}

async function fill(collection, list) {
  for (const documents of list) await run({ insert: collection }, { documents })
}

const pad = 'x'.repeat(100)
const large = size(300_000)
const list = batches(large, (_id) => ({ _id, a: (_id * 7919) % large, b: _id % 100, pad }))
await measure(`insert of ${large} documents in batches of 10,000`, () => fill('c', list))
list.length = 0
const many = Array.from({ length: size(100_000) }, (_, _id) => encodeDocument({ _id, a: _id, pad }))
await measure(`insert of ${many.length} documents in one command`, () =>
  run({ insert: 'batch' }, { documents: many }),
)
const body = encodeDocument({
  insert: 'batch2',
  documents: Array.from({ length: size(100_000) }, (_, _id) => ({ _id, a: _id, pad })),
  $db: 'test',
})
await measure(`the same as an array in the command`, () => engine.run(session, { body }))
const updates = Array.from({ length: size(100_000) }, (_, _id) =>
  encodeDocument({ q: { _id }, u: { $set: { a: -1 } } }),
)
await measure(`update of ${updates.length} statements in one command`, () =>
  run({ update: 'batch' }, { updates }),
)
const deletes = Array.from({ length: size(100_000) }, (_, _id) =>
  encodeDocument({ q: { _id }, limit: 1 }),
)
await measure(`delete of ${deletes.length} statements in one command`, () =>
  run({ delete: 'batch' }, { deletes }),
)
await fill(
  'small',
  batches(size(1_000_000), (_id) => ({ _id, a: _id % 10 })),
)
await measure(`count over ${size(1_000_000)} small documents`, () =>
  run({ count: 'small', query: { a: 3 } }),
)
await measure('distinct over the same', () =>
  run({ distinct: 'small', key: '_id' }).catch(() => {}),
)
await measure(`update of all ${large} documents, no index used`, () =>
  run({ update: 'c', updates: [{ q: { pad }, u: { $inc: { b: 1 } }, multi: true }] }),
)
await measure(`createIndexes over ${large} documents`, () =>
  run({
    createIndexes: 'c',
    indexes: [
      { key: { a: 1 }, name: 'a' },
      { key: { b: 1, a: -1 }, name: 'ba' },
    ],
  }),
)
await measure(`sort of ${size(200_000)} documents without an index`, () =>
  run({
    find: 'c',
    filter: { _id: { $lt: size(200_000) } },
    sort: { pad: 1, a: -1 },
    batchSize: 100_000,
  }),
)
const $in = Array.from({ length: 50_000 }, (_, i) => i)
const listed = encodeDocument({ find: 'c', filter: { a: { $in } }, $db: 'test' })
await measure('$in with 50,000 values', () => engine.run(session, { body: listed }))
await measure('an upsert that finds nothing, no index used', () =>
  run({ update: 'c', updates: [{ q: { zzz: 1 }, u: { $set: { y: 1 } }, upsert: true }] }),
)
await measure('the same while others write', async () => {
  let busy = true
  const others = Array.from({ length: 8 }, async (_, w) => {
    for (let i = 0; busy; i++) await run({ insert: 'c', documents: [{ _id: `w${w}-${i}` }] })
  })
  await run({ update: 'c', updates: [{ q: { yyy: 1 }, u: { $set: { y: 1 } }, upsert: true }] })
  busy = false
  await Promise.all(others)
})
await measure(`delete of all ${large} documents with three indexes`, () =>
  run({ delete: 'c', deletes: [{ q: {}, limit: 0 }] }),
)
await measure(`drop of ${size(1_000_000)} documents, and 3 s of freeing the space`, async () => {
  await run({ drop: 'small' })
  await new Promise((resolve) => setTimeout(resolve, 3000))
})
await engine.close()
rmSync(path, { recursive: true })
