import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createRandom } from './testing/random.js'
import { openTestEngine, type TestEngine } from './testing/test-engine.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const CALLERS = 64
const COUNTERS = 8

describe('64 writers and as many readers', () => {
  let t: TestEngine
  before(async () => {
    t = await openTestEngine()
    const indexes = [
      { key: { n: 1 }, name: 'n' },
      { key: { tags: 1, w: -1 }, name: 'tags' },
    ]
    await t.run({ createIndexes: 'c', indexes })
    const documents = Array.from({ length: COUNTERS }, (_, _id) => ({ _id, n: 0, tags: [_id] }))
    await t.run({ insert: 'c', documents })
  })
  after(() => t.remove())

  async function write(caller: number, operations: number): Promise<number[]> {
    const random = createRandom(caller)
    const added = new Array<number>(COUNTERS).fill(0)
    for (let i = 0; i < operations; i++) {
      const counter = random.below(COUNTERS)
      const by = 1 + random.below(3)
      added[counter] += by
      const u = { $inc: { n: by }, $set: { tags: [counter, caller] } }
      if (i % 2 === 0) {
        const reply = await t.run({ update: 'c', updates: [{ q: { _id: counter }, u }] })
        assert.deepEqual(reply, { n: 1, nModified: 1, ok: 1 })
      } else {
        const { value } = await t.run({ findAndModify: 'c', query: { _id: counter }, update: u })
        assert.equal(value._id, counter)
      }
      const own = `${caller}-${i}`
      await t.run({ insert: 'c', documents: [{ _id: own, w: caller, tags: ['own', i % 5] }] })
      // An acknowledged write is seen by whoever reads after it.
      assert.equal((await t.find({ find: 'c', filter: { _id: own } })).length, 1)
      await t.run({ delete: 'c', deletes: [{ q: { w: caller, tags: 'own' }, limit: 1 }] })
    }
    return added
  }

  async function read(caller: number, operations: number): Promise<void> {
    let last = 0
    for (let i = 0; i < operations; i++) {
      const counters = await t.find({ find: 'c', filter: { n: { $gte: 0 } }, sort: { _id: 1 } })
      const sum = counters.reduce((total, { n }) => total + n, 0)
      assert.ok(sum >= last, 'a counter went back')
      last = sum
      await t.run({ count: 'c', query: { tags: 'own' } })
      assert.equal((await t.find({ find: 'c', filter: { _id: caller % COUNTERS } })).length, 1)
    }
  }

  test('lose no update, fail never, and see what was acknowledged', async () => {
    const callers = Array.from({ length: CALLERS }, (_, i) => i)
    const readers = callers.map((i) => read(i, 20))
    const added = await Promise.all(callers.map((i) => write(i, 20)))
    await Promise.all(readers)
    const counters = await t.find({ find: 'c', sort: { _id: 1 } })
    const totals = Array.from({ length: COUNTERS }, (_, k) =>
      added.reduce((sum, own) => sum + own[k], 0),
    )
    assert.deepEqual(
      counters.map(({ n }) => n),
      totals,
    )
    await t.check()
  })

  test('keep memory flat', async () => {
    const heap = async () => {
      await Promise.all(Array.from({ length: CALLERS }, (_, i) => write(i, 6)))
      collectGarbage()
      return process.memoryUsage().heapUsed
    }
    await heap()
    const warm = await heap()
    for (let i = 0; i < 3; i++) await heap()
    const end = await heap()
    assert.ok(end < warm * 1.25 + 4_000_000, `${end} bytes after ${warm}`)
  })
})
