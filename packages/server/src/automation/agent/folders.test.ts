import assert from 'node:assert/strict'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { makeFolder } from './folders.js'

describe('folders of processes', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-folders-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  test('are made with those that they are in, for their owner alone', async () => {
    const path = join(folder, 'a', 'b', 'c')
    await makeFolder(path)
    await makeFolder(path)
    for (const each of [path, join(folder, 'a')]) {
      const found = await stat(each)
      assert.ok(found.isDirectory())
      assert.equal(found.mode & 0o777, 0o700)
    }
  })

  test('that cannot be made are said to be so, with what to do', async () => {
    await writeFile(join(folder, 'file'), '')
    const below = join(folder, 'file', 'data')
    await assert.rejects(makeFolder(below), {
      kind: 'unavailable',
      message: /file\/data cannot be made \(ENOTDIR\): make it/,
    })
    const isLinux = process.platform === 'linux'
    const nowhere = isLinux ? makeFolder('/proc/nowhere/data') : makeFolder('/dev/null/data')
    await assert.rejects(nowhere, { kind: 'unavailable' })
  })
})
