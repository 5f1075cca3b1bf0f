import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { lockDataDir } from './lock.js'

describe('lockDataDir', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-lock-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('keeps others out until it is released', async () => {
    const lock = await lockDataDir(folder)
    await assert.rejects(lockDataDir(folder), new RegExp(`in use by process ${process.pid}`))
    await lock.release()
    const again = await lockDataDir(folder)
    await again.release()
    assert.equal(readdirSync(folder).length, 1)
  })

  const dead = spawnSync(process.execPath, ['-p', 'process.pid']).stdout.toString().trim()
  const left = [
    { name: 'a dead process', content: `{"pid":${dead}}` },
    {
      name: 'an earlier process with our number',
      content: `{"pid":${process.pid},"started":"x:1"}`,
    },
    { name: 'nobody that can be told', content: 'half a l' },
  ]
  for (const { name, content } of left) {
    test(`takes over from ${name}`, async () => {
      writeFileSync(join(folder, 'gantry.lock.7'), content)
      const lock = await lockDataDir(folder)
      assert.deepEqual(readdirSync(folder), ['gantry.lock.8'])
      assert.equal(JSON.parse(readFileSync(join(folder, 'gantry.lock.8'), 'utf8')).pid, process.pid)
      await lock.release()
    })
  }

  test('of many that find a stale lock, one gets it', async () => {
    writeFileSync(join(folder, 'gantry.lock.1'), `{"pid":${dead}}`)
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataDir(folder)))
    const locks = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
    assert.equal(locks.length, 1)
    await locks[0].release()
    assert.equal(readdirSync(folder).length, 1)
  })
})
