import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { listOldLogs, tidyOldLogs } from './old-logs.js'

describe('logs that were put aside', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-old-logs-'))
    path = join(folder, 'mongodb.log')
    writeFileSync(path, 'now')
    for (let day = 1; day <= 6; day++) writeFileSync(nameOf(day), `day ${day}`)
    for (const other of ['mongodb.log.bak', 'mongodb.log.2026', 'other.log.2026-01-01T00-00-00']) {
      writeFileSync(join(folder, other), 'not ours')
    }
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const nameOf = (day: number) => `${path}.2026-01-0${day}T10-20-30`
  const rotation = { sizeThresholdMB: 1, timeThresholdHrs: 1, percentOfDiskspace: 1 }
  const there = () =>
    readdirSync(folder)
      .map((name) => /^mongodb\.log\.2026-01-0(\d)T10-20-30(\.gz)?$/.exec(name))
      .filter((match) => match !== null)
      .map(([, day, packed = '']) => day + packed)
      .sort()

  test('are known by when that was, the newest first, and nothing else is', async () => {
    const logs = await listOldLogs(path)
    assert.deepEqual(
      logs.map(({ path: at, rotatedMs, isPacked }) => [at, rotatedMs, isPacked]),
      [6, 5, 4, 3, 2, 1].map((day) => [nameOf(day), Date.UTC(2026, 0, day, 10, 20, 30), false]),
    )
  })

  test('are packed beyond the newest five, unless it is said how many', async () => {
    await tidyOldLogs(path, rotation)
    assert.deepEqual(there(), ['1.gz', '2', '3', '4', '5', '6'])
    assert.equal(gunzipSync(readFileSync(`${nameOf(1)}.gz`)).toString(), 'day 1')
    await tidyOldLogs(path, { ...rotation, numUncompressed: 2 })
    await tidyOldLogs(path, { ...rotation, numUncompressed: 2 })
    assert.deepEqual(there(), ['1.gz', '2.gz', '3.gz', '4.gz', '5', '6'])
    assert.ok((await listOldLogs(path)).slice(2).every(({ isPacked }) => isPacked))
  })

  test('are removed when they are too many, packed or not', async () => {
    await tidyOldLogs(path, { ...rotation, numUncompressed: 2, numTotal: 3 })
    assert.deepEqual(there(), ['4.gz', '5', '6'])
  })

  test('are removed when they take too much of the disk, but for the latest', async () => {
    await tidyOldLogs(path, { ...rotation, percentOfDiskspace: 1e-15 })
    assert.deepEqual(there(), ['6'])
    assert.equal(readFileSync(path, 'utf8'), 'now')
    assert.ok(readdirSync(folder).includes('mongodb.log.bak'))
  })
})
