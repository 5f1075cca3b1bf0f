import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { encodeDocument } from '@gantry/bson'
import { openTestEngine, type TestCommand, type TestEngine } from '../testing/test-engine.js'

let engine: TestEngine
before(async () => {
  engine = await openTestEngine()
  const documents = Array.from({ length: 1000 }, (_, _id) => ({ _id, a: _id % 10, tags: [1, 2] }))
  await engine.run({ insert: 'c', documents })
  const indexes = [
    { key: { a: 1 }, name: 'a' },
    { key: { tags: 1 }, name: 'tags' },
  ]
  await engine.run({ createIndexes: 'c', indexes })
  await engine.run({ collMod: 'c', validator: { a: { $lt: 9 } } })
  await engine.run({ create: 'v', viewOn: 'c' })
})
after(() => engine.remove())

describe('validate', () => {
  test('counts records, keys and documents that the validator refuses', async () => {
    const reply = await engine.run({ validate: 'c', full: true })
    assert.equal(reply.valid, true)
    assert.deepEqual(reply.errors, [])
    assert.equal(reply.nrecords, 1000)
    assert.equal(reply.nNonCompliantDocuments, 100)
    assert.deepEqual(reply.keysPerIndex, { _id_: 1000, a: 1000, tags: 2000 })
    assert.deepEqual(reply.indexDetails.tags, { valid: true })
  })
  test('is not disturbed by writes', async () => {
    const insertions = Array.from({ length: 50 }, (_, i) =>
      engine.run({ insert: 'busy', documents: [{ i }, { i }] }),
    )
    await insertions[0]
    const reply = await engine.run({ validate: 'busy' })
    await Promise.all(insertions)
    assert.deepEqual(reply.errors, [])
    assert.equal((await engine.run({ validate: 'busy' })).nrecords, 100)
  })
})

describe('dataSize', () => {
  const size = encodeDocument({ _id: 1, a: 1, tags: [1, 2] }).length

  test('of a collection', async () => {
    const reply = await engine.run({ dataSize: 'test.c' })
    assert.deepEqual([reply.size, reply.numObjects], [1000 * size, 1000])
  })
  test('of a range of an index', async () => {
    const range = { keyPattern: { a: 1 }, min: { a: 2 }, max: { a: 4 } }
    const reply = await engine.run({ dataSize: 'test.c', ...range })
    assert.deepEqual([reply.size, reply.numObjects], [200 * size, 200])
  })
  test('of nothing', async () => {
    assert.equal((await engine.run({ dataSize: 'test.none' })).size, 0)
  })
})

test('dbHash hashes documents in the order of their ids', async () => {
  await engine.run({ insert: 'h', documents: [{ _id: 2 }, { _id: 1 }] })
  const { collections } = await engine.run({ dbHash: 1, collections: ['h'] })
  const hash = createHash('md5')
    .update(encodeDocument({ _id: 1 }))
    .update(encodeDocument({ _id: 2 }))
  assert.deepEqual(collections, { h: hash.digest('hex') })
})

test('listCommands lists itself', async () => {
  const { commands } = await engine.run({ listCommands: 1 })
  assert.equal(commands.listCommands.requiresAuth, false)
  assert.equal(commands.renameCollection.adminOnly, true)
})

test('fsync with lock keeps writers out, but not readers, until as many unlocks', async () => {
  await engine.run({ insert: 'locked', documents: [{ _id: 1 }] })
  assert.equal((await engine.run({ fsync: 1, lock: true, $db: 'admin' })).lockCount, 1n)
  assert.equal((await engine.run({ fsync: 1, lock: true, $db: 'admin' })).lockCount, 2n)
  let written = false
  const insertion = engine.run({ insert: 'locked', documents: [{ _id: 2 }] }).then(() => {
    written = true
  })
  assert.deepEqual(await engine.find({ find: 'locked' }), [{ _id: 1 }])
  assert.equal((await engine.run({ fsyncUnlock: 1, $db: 'admin' })).lockCount, 1n)
  assert.deepEqual(await engine.find({ find: 'locked' }), [{ _id: 1 }])
  assert.equal(written, false)
  assert.equal((await engine.run({ fsyncUnlock: 1, $db: 'admin' })).lockCount, 0n)
  await insertion
  assert.deepEqual(await engine.find({ find: 'locked' }), [{ _id: 1 }, { _id: 2 }])
})

test('fsync and compact have nothing to do', async () => {
  assert.equal((await engine.run({ fsync: 1, $db: 'admin' })).numFiles, 1)
  assert.equal((await engine.run({ compact: 'c' })).bytesFreed, 0)
})

const refused: [command: TestCommand, codeName: string][] = [
  [{ validate: 'none' }, 'NamespaceNotFound'],
  [{ validate: 'v' }, 'CommandNotSupportedOnView'],
  [{ compact: 'none' }, 'NamespaceNotFound'],
  [{ compact: 'v' }, 'CommandNotSupportedOnView'],
  [{ reIndex: 'c' }, 'IllegalOperation'],
  [{ fsyncUnlock: 1, $db: 'admin' }, 'IllegalOperation'],
  [{ dataSize: 'c' }, 'InvalidNamespace'],
  [{ dataSize: 'test.c', min: { a: 1 }, keyPattern: { a: 1 } }, 'BadValue'],
  [{ dataSize: 'test.c', min: { x: 1 }, max: { x: 2 }, keyPattern: { x: 1 } }, 'OperationFailed'],
]

describe('administration refuses', () => {
  for (const [command, codeName] of refused) {
    test(JSON.stringify(command), async () => {
      assert.equal((await engine.failure(command)).codeName, codeName)
    })
  }
})
