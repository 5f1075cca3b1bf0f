import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Binary } from '@gantry/bson'
import { openTestEngine, type TestCommand, type TestEngine } from '../testing/test-engine.js'

let engine: TestEngine
before(async () => {
  engine = await openTestEngine()
})
after(() => engine.remove())
beforeEach(async () => {
  await engine.run({ dropDatabase: 1 })
  await engine.run({ dropDatabase: 1, $db: 'other' })
  await engine.run({ insert: 'a', documents: [{ _id: 1, x: 1 }] })
  await engine.run({ createIndexes: 'a', indexes: [{ key: { x: 1 }, name: 'x', unique: true }] })
  await engine.run({ insert: 'b', documents: [{ _id: 2 }] })
  await engine.run({ create: 'view', viewOn: 'a' })
})

function rename(from: string, to: string, options: TestCommand = {}): TestCommand {
  return { renameCollection: from, to, $db: 'admin', ...options }
}

async function namesIn($db: string): Promise<string[]> {
  const { cursor } = await engine.run({ listCollections: 1, $db, nameOnly: true })
  return cursor.firstBatch.map(({ name }: { name: string }) => name)
}

async function uuidOf(name: string): Promise<Binary> {
  const { cursor } = await engine.run({ listCollections: 1, filter: { name } })
  return cursor.firstBatch[0].info.uuid
}

const refused: [what: string, command: TestCommand, codeName: string][] = [
  ['a source that is not there', rename('test.no', 'test.c'), 'NamespaceNotFound'],
  ['the same name', rename('test.a', 'test.a'), 'IllegalOperation'],
  ['a target that is there', rename('test.a', 'test.b'), 'NamespaceExists'],
  ['a view', rename('test.view', 'test.c'), 'CommandNotSupportedOnView'],
  ['to drop a view', rename('test.a', 'test.view', { dropTarget: true }), 'NamespaceExists'],
  ['system collections', rename('test.a', 'test.system.users'), 'IllegalOperation'],
  ['no database', rename('a', 'test.c'), 'InvalidNamespace'],
  ['a database in other letters', rename('test.a', 'TEST.c'), 'DatabaseDifferCase'],
  ['a dollar', rename('test.a', 'test.$c'), 'IllegalOperation'],
  ['a name too long', rename('test.a', `test.${'c'.repeat(251)}`), 'IllegalOperation'],
  ['no target', { renameCollection: 'test.a', $db: 'admin' }, 'MissingFieldIDL'],
  ['another database', { ...rename('test.a', 'test.c'), $db: 'test' }, 'Unauthorized'],
  [
    'another uuid',
    rename('test.a', 'test.c', { collectionUUID: new Binary(Buffer.alloc(16), 4) }),
    'CollectionUUIDMismatch',
  ],
]

describe('renameCollection', () => {
  for (const [what, command, codeName] of refused) {
    test(`refuses ${what}`, async () => {
      assert.equal((await engine.failure(command)).codeName, codeName)
      assert.deepEqual(await namesIn('test'), ['a', 'b', 'view'])
    })
  }
  for (const to of ['test.c', 'other.c']) {
    test(`takes documents and indexes along to ${to}`, async () => {
      await engine.run(rename('test.a', to))
      const [$db] = to.split('.')
      assert.deepEqual(await engine.find({ find: 'c', $db, filter: { x: 1 } }), [{ _id: 1, x: 1 }])
      const { writeErrors } = await engine.run({ insert: 'c', $db, documents: [{ x: 1 }] })
      assert.equal(writeErrors[0].code, 11000)
      assert.equal((await namesIn('test')).includes('a'), false)
      await engine.check()
      assert.equal((await engine.run({ count: 'c', $db })).n, 1)
    })
  }
  test('drops the target where that is asked for', async () => {
    const uuid = await uuidOf('a')
    await engine.run(rename('test.a', 'test.b', { dropTarget: await uuidOf('b') }))
    assert.deepEqual(await engine.find({ find: 'b' }), [{ _id: 1, x: 1 }])
    assert.deepEqual(await uuidOf('b'), uuid)
    await engine.check()
  })
  test('tells which collection has the uuid', async () => {
    const collectionUUID = await uuidOf('b')
    const { details } = await engine.failure(rename('test.a', 'test.c', { collectionUUID }))
    assert.equal(details.actualCollection, 'b')
  })
})
