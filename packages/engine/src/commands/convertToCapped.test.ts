import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { openTestEngine, type TestEngine } from '../testing/test-engine.js'

let engine: TestEngine
before(async () => {
  engine = await openTestEngine()
})
after(() => engine.remove())
beforeEach(async () => {
  await engine.run({ dropDatabase: 1 })
  const documents = Array.from({ length: 3000 }, (_, _id) => ({ _id, text: 'x'.repeat(100) }))
  await engine.run({ insert: 'c', documents })
  await engine.run({ createIndexes: 'c', indexes: [{ key: { text: 1 }, name: 'text' }] })
})

async function checkCapped(name: string): Promise<void> {
  const stats = await engine.run({ collStats: name })
  assert.equal(stats.capped, true)
  assert.ok(stats.size <= 10_000 && stats.size > 9_000, `${stats.size}`)
  assert.equal(stats.nindexes, 1)
  const docs = await engine.find({ find: name })
  assert.deepEqual(
    docs.map(({ _id }) => _id),
    Array.from({ length: docs.length }, (_, i) => 3000 - docs.length + i),
  )
  await engine.check()
}

describe('convertToCapped', () => {
  test('keeps the newest documents and no index', async () => {
    await engine.run({ convertToCapped: 'c', size: 10_000 })
    await checkCapped('c')
  })
  test('wants a collection and a size', async () => {
    const { codeName } = await engine.failure({ convertToCapped: 'no', size: 1 })
    assert.equal(codeName, 'NamespaceNotFound')
    for (const size of [0, 'x', undefined]) {
      const failure = await engine.failure({
        convertToCapped: 'c',
        ...(size !== undefined && { size }),
      })
      assert.equal(failure.codeName, 'InvalidOptions')
    }
  })
})

describe('cloneCollectionAsCapped', () => {
  test('copies the newest documents and no index', async () => {
    await engine.run({ cloneCollectionAsCapped: 'c', toCollection: 'd', size: 10_000 })
    await checkCapped('d')
    assert.equal((await engine.run({ count: 'c' })).n, 3000)
  })
  test('wants a target that is not there', async () => {
    const command = { cloneCollectionAsCapped: 'c', size: 1 }
    assert.equal(
      (await engine.failure({ ...command, toCollection: 'c' })).codeName,
      'NamespaceExists',
    )
    assert.equal((await engine.failure(command)).codeName, 'TypeMismatch')
  })
})
