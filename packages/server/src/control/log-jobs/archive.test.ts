import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { writeArchive } from './archive.js'

describe('archives', () => {
  test('tar unpacks what was put into one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-archive-'))
    const contents = new Map([
      ['mongodb/db.example.com_27017.log', Buffer.from('a line\n'.repeat(1000))],
      ['mongodb/empty.log', Buffer.alloc(0)],
      [`mongodb/${'n'.repeat(92)}`, Buffer.alloc(512, 'x')],
    ])
    async function* files() {
      for (const [path, content] of contents) yield { path, content, modifiedMs: 1_750_000_000_000 }
    }
    const archive = join(folder, 'a.tar.gz')
    await writeArchive(archive, files(), new AbortController().signal)
    execFileSync('tar', ['-xzf', archive, '-C', folder])
    for (const [path, content] of contents) {
      assert.deepEqual(readFileSync(join(folder, path)), content, path)
      assert.equal(statSync(join(folder, path)).mtimeMs, 1_750_000_000_000)
    }
    const listed = execFileSync('tar', ['-tzf', archive]).toString().trim().split('\n')
    assert.deepEqual(listed, [...contents.keys()])
    rmSync(folder, { recursive: true })
  })

  test('none is written once it is no longer wanted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-archive-'))
    const abort = new AbortController()
    async function* files() {
      abort.abort(new Error('no longer wanted'))
      yield { path: 'a', content: Buffer.from('a'), modifiedMs: 0 }
    }
    await assert.rejects(writeArchive(join(folder, 'a'), files(), abort.signal))
    rmSync(folder, { recursive: true })
  })
})
