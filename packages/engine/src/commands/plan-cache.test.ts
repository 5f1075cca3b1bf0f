import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openTestEngine, type TestEngine } from '../testing/test-engine.js'

describe('commands about plans and search', () => {
  let t: TestEngine
  before(async () => {
    t = await openTestEngine()
    await t.run({ insert: 'c', documents: [{ _id: 1 }] })
    await t.run({ create: 'v', viewOn: 'c', pipeline: [] })
  })
  after(() => t.remove())

  test('there are no plans to forget and no filters', async () => {
    assert.equal((await t.run({ planCacheClear: 'c', query: { a: 1 } })).ok, 1)
    assert.equal((await t.run({ planCacheClearFilters: 'c' })).ok, 1)
    assert.deepEqual((await t.run({ planCacheListFilters: 'c' })).filters, [])
  })

  test('a view has none', async () => {
    for (const name of ['planCacheClear', 'planCacheListFilters', 'planCacheClearFilters']) {
      assert.equal((await t.failure({ [name]: 'v' })).codeName, 'CommandNotSupportedOnView')
    }
  })

  test('a filter is refused rather than ignored', async () => {
    const command = { planCacheSetFilter: 'c', query: { a: 1 }, indexes: [{ a: 1 }] }
    assert.equal((await t.failure(command)).codeName, 'CommandNotSupported')
  })

  test('what needs a search service says so', async () => {
    const commands = [
      { createSearchIndexes: 'c', indexes: [{ definition: {} }] },
      { dropSearchIndex: 'c', name: 'default' },
      { updateSearchIndex: 'c', name: 'default', definition: {} },
      { aggregate: 'c', pipeline: [{ $listSearchIndexes: {} }], cursor: {} },
    ]
    for (const command of commands) {
      assert.equal((await t.failure(command)).codeName, 'SearchNotEnabled')
    }
  })
})
