import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { openStore } from './store.js'

const folder = mkdtempSync(join(tmpdir(), 'gantry-store-'))
after(() => rmSync(folder, { recursive: true }))

const bytes = (text: string) => Buffer.from(text)
const low = bytes('a')
const high = bytes('~')

function keysOf(store: Pick<ReturnType<typeof openStore>, 'scan'>, range = {}): string[] {
  const keys: string[] = []
  store.scan('records', { low, high, ...range }, (entry) => {
    keys.push(entry.key.toString('latin1', entry.keyStart, entry.keyEnd))
    return true
  })
  return keys
}

describe('store', () => {
  test('reads back what was written, in key order, also after reopening', async () => {
    const path = join(folder, 'order')
    let store = openStore(path)
    await Promise.all(
      ['c', 'a', 'b'].map((key) =>
        store.write((t) => t.put('records', bytes(key), bytes(`value ${key}`))),
      ),
    )
    await store.close()
    store = openStore(path)
    assert.deepEqual(keysOf(store), ['a', 'b', 'c'])
    assert.deepEqual(keysOf(store, { reverse: true }), ['c', 'b', 'a'])
    assert.deepEqual(keysOf(store, { low, lowExclusive: true, high: bytes('c') }), ['b'])
    assert.deepEqual(keysOf(store, { high: bytes('c'), highInclusive: true, lowExclusive: true }), [
      'b',
      'c',
    ])
    assert.deepEqual(keysOf(store, { high: bytes('c'), reverse: true, lowExclusive: true }), ['b'])
    assert.deepEqual(keysOf(store, { high: bytes('c'), highInclusive: true, reverse: true }), [
      'c',
      'b',
      'a',
    ])
    const found = store.get('records', bytes('b'))
    assert.equal(found?.value.toString('utf8', 0, found.size), 'value b')
    assert.equal(store.get('records', bytes('x')), undefined)
    await store.close()
  })

  test('a write that throws leaves nothing behind, the others of its batch stay', async () => {
    const store = openStore(join(folder, 'undo'))
    let undone = 0
    store.onUndo(() => undone++)
    const results = await Promise.allSettled([
      store.write((t) => t.put('records', bytes('kept'), bytes('1'))),
      store.write((t) => {
        t.put('records', bytes('lost'), bytes('1'))
        t.remove('records', bytes('kept'))
        throw new Error('no')
      }),
      store.write((t) => t.get('records', bytes('kept')) !== undefined),
    ])
    assert.deepEqual(
      results.map((result) => result.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.equal((results[2] as PromiseFulfilledResult<boolean>).value, true)
    assert.deepEqual(keysOf(store), ['kept'])
    assert.equal(undone, 1)
    await store.close()
  })

  test('remove says whether the key was there', async () => {
    const store = openStore(join(folder, 'remove'))
    await store.write((t) => t.put('records', bytes('k'), bytes('1')))
    assert.equal(await store.write((t) => t.remove('records', bytes('k'))), true)
    assert.equal(await store.write((t) => t.remove('records', bytes('k'))), false)
    await store.close()
  })

  test('a snapshot does not see later writes', async () => {
    const store = openStore(join(folder, 'snapshot'))
    await store.write((t) => t.put('records', bytes('a'), bytes('1')))
    const snapshot = store.snapshot()
    await store.write((t) => t.put('records', bytes('b'), bytes('1')))
    assert.deepEqual(keysOf(snapshot), ['a'])
    assert.equal(snapshot.get('records', bytes('b')), undefined)
    assert.deepEqual(keysOf(store), ['a', 'b'])
    snapshot.release()
    await store.close()
  })

  test('closing waits for what was asked before, and refuses what comes after', async () => {
    const path = join(folder, 'close')
    const store = openStore(path)
    const written = store.write((t) => t.put('records', bytes('a'), bytes('1')))
    await store.close()
    await written
    await assert.rejects(
      store.write(() => 1),
      /closed/,
    )
    const again = openStore(path)
    assert.deepEqual(keysOf(again), ['a'])
    await again.close()
  })

  test('a write of another in the same batch is seen', async () => {
    const store = openStore(join(folder, 'batch'))
    let count = 0
    const increment = () =>
      store.write((t) => {
        const found = t.get('records', bytes('n'))
        const n = found ? Number(found.value.toString('utf8', 0, found.size)) : 0
        t.put('records', bytes('n'), bytes(String(n + 1)))
        count++
      })
    await Promise.all(Array.from({ length: 500 }, increment))
    const found = store.get('records', bytes('n'))
    assert.equal(found?.value.toString('utf8', 0, found.size), '500')
    assert.equal(count, 500)
    await store.close()
  })
})
