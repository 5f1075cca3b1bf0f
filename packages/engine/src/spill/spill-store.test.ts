import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { openSpillStore } from './spill-store.js'

const root = mkdtempSync(join(tmpdir(), 'gantry-spill-'))
after(() => rmSync(root, { recursive: true }))

const bytes = (length: number, seed: number) =>
  Buffer.from(Array.from({ length }, (_, i) => (i * 31 + seed) & 0xff))

describe('a spill store', () => {
  test('gives back what was written, in pieces of any length', async () => {
    const store = openSpillStore(join(root, 'pieces'))
    const file = store.space().create('sort')
    const lengths = [0, 1, 17, 65_535, 65_536, 65_537, 3, 200_000, 5]
    const places = lengths.map((length, i) => {
      const at = file.size
      file.write(bytes(length, i))
      return at
    })
    for (const buffer of [1, 100, 4096, 1 << 20]) {
      const reader = file.read(0, file.size, buffer)
      lengths.forEach((length, i) => {
        assert.ok(reader.bytes(places[i], length).equals(bytes(length, i)))
      })
    }
    await store.close()
  })

  test('drops the files of one query and leaves those of others', async () => {
    const folder = join(root, 'drops')
    const store = openSpillStore(folder)
    const [one, other] = [store.space(), store.space()]
    const file = one.create('sort')
    one.create('sort')
    const kept = other.create('sort')
    assert.equal(readdirSync(folder).length, 3)
    one.close()
    one.close()
    assert.throws(() => file.read(0, 0, 1).bytes(0, 1), { codeName: 'CursorKilled' })
    assert.throws(() => one.create('sort'), { codeName: 'CursorKilled' })
    kept.write(bytes(10, 0))
    assert.ok(kept.read(0, 10, 10).bytes(0, 10).equals(bytes(10, 0)))
    await store.close()
    assert.throws(() => kept.read(0, 10, 10), { codeName: 'CursorKilled' })
    assert.equal(existsSync(folder), false)
    assert.deepEqual(store.files, { sort: 3, group: 0 })
  })

  test('removes what an earlier process has left', () => {
    const folder = join(root, 'left')
    mkdirSync(folder)
    writeFileSync(join(folder, '1.tmp'), 'left')
    openSpillStore(folder)
    assert.equal(existsSync(folder), false)
  })
})
