import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Double, type Writable } from '@gantry/bson'
import { openStore } from '../storage/store.js'
import { openTestEngine, type TestCommand, type TestEngine } from '../testing/test-engine.js'

describe('collections and databases', () => {
  let t: TestEngine
  before(async () => {
    t = await openTestEngine()
  })
  after(() => t.remove())
  beforeEach(() => t.run({ dropDatabase: 1 }))

  test('create, list and drop', async () => {
    await t.run({ create: 'b' })
    await t.run({ create: 'b' })
    await t.run({ insert: 'a', documents: [{ _id: 1 }] })
    const { cursor } = await t.run({ listCollections: 1 })
    assert.deepEqual(
      cursor.firstBatch.map(({ name, type }: { name: string; type: string }) => [name, type]),
      [
        ['a', 'collection'],
        ['b', 'collection'],
      ],
    )
    const named = await t.run({ listCollections: 1, filter: { name: 'b' }, nameOnly: true })
    assert.deepEqual(named.cursor.firstBatch, [{ name: 'b', type: 'collection' }])
    assert.deepEqual(await t.run({ drop: 'a' }), { nIndexesWas: 1, ns: 'test.a', ok: 1 })
    assert.equal((await t.run({ drop: 'a' })).ok, 1)
    assert.equal((await t.run({ count: 'a' })).n, 0)
  })

  test('databases are there as long as they have a collection', async () => {
    const list = async () => {
      const { databases } = await t.run({ listDatabases: 1, nameOnly: true, $db: 'admin' })
      return databases.map(({ name }: { name: string }) => name)
    }
    await t.run({ insert: 'c', documents: [{ _id: 1 }], $db: 'other' })
    assert.ok((await list()).includes('other'))
    assert.ok(!(await list()).includes('test'))
    assert.equal((await t.failure({ create: 'x', $db: 'OTHER' })).code, 13297)
    assert.deepEqual(await t.run({ dropDatabase: 1, $db: 'other' }), { ok: 1 })
    assert.ok(!(await list()).includes('other'))
    assert.deepEqual(await t.run({ dropDatabase: 1, $db: 'other' }), { ok: 1 })
    const prohibited = await t.failure({ dropDatabase: 1, $db: 'admin' })
    assert.equal(prohibited.codeName, 'IllegalOperation')
    assert.equal((await t.failure({ listDatabases: 1 })).codeName, 'Unauthorized')
  })

  test('collStats and dbStats count', async () => {
    await t.run({ insert: 'c', documents: [{ _id: 1 }, { _id: 2 }] })
    await t.run({ createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a' }] })
    const stats = await t.run({ collStats: 'c' })
    assert.deepEqual([stats.count, stats.size, stats.avgObjSize, stats.nindexes], [2, 28, 14, 2])
    assert.deepEqual(Object.keys(stats.indexSizes), ['_id_', 'a'])
    const db = await t.run({ dbStats: 1 })
    assert.deepEqual([db.collections, db.objects, db.dataSize, db.indexes], [1, 2, 28, 2])
    const scaled = await t.run({ collStats: 'c', scale: 14 })
    assert.deepEqual([scaled.size, scaled.scaleFactor], [2, 14])
    assert.equal((await t.run({ collStats: 'nothing' })).count, 0)
    for (const command of [{ collStats: 'c' }, { dbStats: 1 }]) {
      assert.equal((await t.failure({ ...command, scale: 0 })).codeName, 'BadValue')
      assert.equal((await t.failure({ ...command, scale: new Double(0.5) })).codeName, 'BadValue')
    }
  })

  test('what was dropped gives its space back, also over a restart', async () => {
    const pad = 'x'.repeat(1000)
    const documents = Array.from({ length: 5000 }, (_, _id) => ({ _id, a: _id, pad }))
    async function round(reopen: boolean): Promise<number> {
      await t.run({ createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a' }] })
      await t.run({ insert: 'c', documents })
      await t.run({ drop: 'c' })
      if (reopen) await t.reopen()
      return reaped()
    }
    /** Waits until the space is free; answers the size of the file without the log of changes. */
    async function reaped(): Promise<number> {
      // Nothing tells when the space is free, so the data is looked at from outside.
      for (;;) {
        await t.engine.close()
        const store = openStore(t.path)
        let left = 0
        store.scan('records', { low: Buffer.from([0]), high: Buffer.alloc(9, 0xff) }, () => {
          left++
          return true
        })
        const size = store.fileSize() - store.treeSize('oplog')
        await store.close()
        await t.reopen()
        if (left === 0) return size
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    await round(false)
    const before = await round(true)
    let size = 0
    for (let i = 0; i < 3; i++) size = await round(i === 1)
    assert.ok(size <= before * 1.5, `${size} bytes after ${before}`)
    await t.check()
  })

  test('a collection made anew has nothing of the old one', async () => {
    await t.run({ createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a', unique: true }] })
    await t.run({ insert: 'c', documents: [{ _id: 1, a: 1 }] })
    await t.run({ drop: 'c' })
    assert.equal(
      (
        await t.run({
          insert: 'c',
          documents: [
            { _id: 1, a: 1 },
            { _id: 2, a: 1 },
          ],
        })
      ).n,
      2,
    )
    assert.equal((await t.run({ listIndexes: 'c' })).cursor.firstBatch.length, 1)
    await t.check()
  })

  const badNames: [string, TestCommand, string][] = [
    ['an empty collection name', { insert: '', documents: [{}] }, 'InvalidNamespace'],
    ['a name with a $', { insert: 'a$b', documents: [{}] }, 'InvalidNamespace'],
    ['a name that starts with a dot', { insert: '.a', documents: [{}] }, 'InvalidNamespace'],
    ['a name that ends with a dot', { create: 'a.' }, 'InvalidNamespace'],
    ['a name with a null character', { insert: 'a\0b', documents: [{}] }, 'InvalidNamespace'],
    ['a system collection', { insert: 'system.foo', documents: [{}] }, 'InvalidNamespace'],
    ['a name that is too long', { insert: 'n'.repeat(251), documents: [{}] }, 'InvalidNamespace'],
    ['a name that is no text', { insert: 5, documents: [{}] }, 'InvalidNamespace'],
    ['a database name with a dot', { ping: 1, $db: 'a.b' }, 'InvalidNamespace'],
    ['a database name with a blank', { ping: 1, $db: 'a b' }, 'InvalidNamespace'],
    ['an empty database name', { ping: 1, $db: '' }, 'InvalidNamespace'],
    ['a database name that is too long', { ping: 1, $db: 'd'.repeat(64) }, 'InvalidNamespace'],
    ['a command that does not exist', { nonsense: 1 }, 'CommandNotFound'],
    ['an argument that is not known', { ping: 1, foo: 1 }, 'UnknownFieldIDL'],
    ['a missing argument', { insert: 'c' }, 'MissingFieldIDL'],
    ['an argument of a wrong type', { insert: 'c', documents: 'x' }, 'TypeMismatch'],
    ['indexes of a collection that is not there', { listIndexes: 'nothing' }, 'NamespaceNotFound'],
  ]
  for (const [name, command, codeName] of badNames) {
    test(`refuses ${name}`, async () => {
      assert.equal((await t.failure(command)).codeName, codeName)
    })
  }

  test('the longest names are taken', async () => {
    const $db = 'd'.repeat(63)
    const insert = 'n'.repeat(255 - 64)
    assert.equal((await t.run({ insert, documents: [{ _id: 1 }], $db })).n, 1)
    await t.run({ dropDatabase: 1, $db })
  })

  test('an argument given twice is refused', async () => {
    const command = new Map<string, Writable>([
      ['count', 'c'],
      ['limit', 1],
    ])
    assert.equal((await t.run(Object.fromEntries(command))).n, 0)
    const documents = [{ _id: 1 }]
    await assert.rejects(
      t.run({ insert: 'c', documents }, { documents: [Buffer.from([5, 0, 0, 0, 0])] }),
      { codeName: 'DuplicateFieldIDL' },
    )
    await assert.rejects(t.run({ ping: 1 }, { documents: [Buffer.from([5, 0, 0, 0, 0])] }), {
      codeName: 'UnknownFieldIDL',
    })
  })

  test('closing ends what is long, lets the rest finish and refuses what comes after', async () => {
    const documents = Array.from({ length: 30_000 }, (_, _id) => ({ _id, pad: 'x'.repeat(300) }))
    await t.run({ insert: 'c', documents })
    const { engine, session } = t
    const scans = Array.from({ length: 8 }, () => t.run({ count: 'c', query: { a: 1 } }))
    const write = t.run({ insert: 'c', documents: [{ _id: 'last' }] })
    const closed = engine.close()
    const results = await Promise.allSettled(scans)
    for (const result of results) {
      if (result.status === 'rejected')
        assert.equal(result.reason.codeName, 'InterruptedAtShutdown')
    }
    assert.equal((await write).n, 1)
    await closed
    const body = Buffer.from([5, 0, 0, 0, 0])
    await assert.rejects(engine.run(session, { body }), { codeName: 'InterruptedAtShutdown' })
    await t.reopen()
    assert.equal((await t.run({ count: 'c', query: { _id: 'last' } })).n, 1)
    await t.check()
  })
})
