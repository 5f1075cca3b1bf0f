// `node benchmarks/backup.js [DOCUMENTS] [FOLDER]`: how long a backup of an embedded instance takes while
// transfers between its accounts go on, how much memory, and whether what is restored is a state that
// existed: transfers leave the sum of all balances as it is. Exit status 1 if it is not.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Binary, decodeDocument, encodeDocument, RawValue } from '../packages/bson/dist/index.js'
import { folderFiles } from '../packages/server/dist/backups/folder-target.js'
import { embeddedMongodb } from '../packages/server/dist/services/mongodb/embedded.js'

const count = Number(process.argv[2] ?? 1_000_000)
const root = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'gantry-bench-backup-'))
const START = 1000
const BATCH = 5000
const spec = { type: 'mongodb_replica_set', version: '', plan: 1, settings: {} }
const login = { user: 'admin', password: 'a password' }
const open = (name) => embeddedMongodb.start({ ...spec, ...login }, { folder: join(root, name) })
const signal = new AbortController().signal
const mebibytes = (bytes) => `${Math.round(bytes / 1024 / 1024)} MiB`

/** The most that the heap and what belongs to it take; mapped files of the database are not in it. */
let peak = 0
const sampling = setInterval(() => {
  const { heapUsed, external } = process.memoryUsage()
  peak = Math.max(peak, heapUsed + external)
}, 20)

async function fill(deployment) {
  for (let at = 0; at < count; at += BATCH) {
    const documents = Array.from({ length: Math.min(BATCH, count - at) }, (_, i) =>
      RawValue.document(
        encodeDocument({
          _id: at + i,
          balance: START,
          owner: `owner ${at + i}`,
          note: 'x'.repeat(200),
        }),
      ),
    )
    await deployment.insertMany('bank', 'accounts', documents)
  }
}

/** Moves amounts between two accounts each, in transactions, one after the other. */
async function transfer(deployment, writer, state) {
  const lsid = { id: new Binary(Buffer.alloc(16, writer), 4) }
  for (let i = 0; !state.stopped; i++) {
    const txn = { lsid, txnNumber: BigInt(i), autocommit: false }
    const move = (amount) => {
      const q = { _id: Math.floor(Math.random() * count) }
      const updates = [{ q, u: { $inc: { balance: amount } } }]
      return { update: 'accounts', updates, ...txn }
    }
    try {
      await deployment.command('bank', { ...move(-7), startTransaction: true })
      await deployment.command('bank', move(7))
      await deployment.command('admin', { commitTransaction: 1, ...txn })
      state.transfers++
    } catch (error) {
      if (error.details?.codeName !== 'WriteConflict') throw error
    }
  }
}

async function timed(what, work) {
  peak = 0
  const begun = performance.now()
  const result = await work()
  const seconds = (performance.now() - begun) / 1000
  console.log(`${what}: ${seconds.toFixed(1)} s, heap and buffers up to ${mebibytes(peak)}`)
  return result
}

const from = await open('from')
await timed(`filling with ${count} documents`, () => fill(from.deployment))
const before = await from.fileSize()
const state = { stopped: false, transfers: 0 }
const writers = [1, 2, 3, 4].map((writer) => transfer(from.deployment, writer, state))
const files = folderFiles(join(root, 'backup'))
const options = { label: 'bench', layout: 'archive', gzip: true, signal, progress() {} }
const content = await timed('backup under load', () => from.backup(files, options))
state.stopped = true
await Promise.all(writers)
const archive = join(root, 'backup', content.parts.gantry)
console.log(`transfers meanwhile: ${state.transfers}`)
console.log(`archive: ${mebibytes(statSync(archive).size)} of ${mebibytes(content.bytes)}`)
console.log(`data file: ${mebibytes(before)} before, ${mebibytes(await from.fileSize())} after`)
await from.stop()
const to = await open('to')
const restore = { bytes: content.bytes, users: true, signal, progress() {} }
await timed('restore', () => to.restore(files, restore))
const group = { $group: { _id: null, n: { $sum: 1 }, sum: { $sum: '$balance' } } }
let found
for await (const [{ buf, at }] of to.deployment.batches('bank', {
  aggregate: 'accounts',
  pipeline: [group],
})) {
  found = decodeDocument(buf, at)
}
await to.stop()
clearInterval(sampling)
rmSync(root, { recursive: true })
const holds = Number(found.get('n')) === count && Number(found.get('sum')) === count * START
console.log(
  `restored: ${found.get('n')} documents, sum ${found.get('sum')}: ${holds ? 'a state that existed' : 'NO STATE THAT EVER EXISTED'}`,
)
if (!holds) process.exit(1)
