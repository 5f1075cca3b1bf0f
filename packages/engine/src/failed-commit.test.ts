/** What happens when the disk takes no more: callers are told, nothing acknowledged is lost, memory and disk agree. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { checkStore } from './testing/check-store.js'
import type { FillingReport } from './testing/filling-process.js'
import { openTestEngine } from './testing/test-engine.js'

const program = join(import.meta.dirname, 'testing', 'filling-process.js')
/** The limit of a file's size, in blocks of 512 bytes. */
const LIMIT = 16_000

test('a commit that fails is reported and leaves everything as it was', async () => {
  const t = await openTestEngine()
  await t.engine.close()
  const command = `ulimit -S -f ${LIMIT} && exec "$0" "$@"`
  // lmdb prints failed commits on standard error by itself.
  const child = spawn('/bin/sh', ['-c', command, process.execPath, program, t.path], {
    stdio: ['ignore', 'inherit', 'ignore', 'pipe'],
  })
  const report = JSON.parse(await text(child.stdio[3] as Readable)) as FillingReport
  for (const error of report.errors) assert.match(error, /could not be stored/)
  assert.ok(report.stored.length > 100)
  assert.deepEqual([report.counted, report.scanned], [report.stored.length, report.stored.length])
  assert.ok(report.indexFailed)
  assert.deepEqual(report.indexesAfterFailure, ['_id_'])
  assert.deepEqual(report.indexesAfterRetry, ['_id_', 'key'])
  assert.deepEqual(await checkStore(t.path), [])
  await t.reopen()
  const found = await t.find({ find: 'c', projection: { _id: 1 }, hint: 'key', batchSize: 10_000 })
  const ids = found.map(({ _id }) => _id).sort((a, b) => a - b)
  assert.deepEqual(
    ids,
    [...report.stored].sort((a, b) => a - b),
  )
  await t.remove()
})
