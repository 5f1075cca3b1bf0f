import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { openV1App, type V1App } from '../../testing/v1-app.js'

interface Entry {
  readonly op: string
  readonly ns: string
  readonly millis: number
  readonly ts: { readonly $date: number }
  readonly [field: string]: unknown
}

type Levels = Record<string, Record<string, number>>

describe('profiling over API v1', () => {
  let v1: V1App
  before(async () => {
    v1 = await openV1App()
    for (const db of ['one', 'two']) await v1.data(`/db/${db}/collection/c/add`, { _id: 1 })
  })
  after(() => v1.close())
  afterEach(() => v1.data('/profiling_level/set', { level: 0, slowms: 100 }))

  const shard = () => v1.control.instances.all()[0].id
  const levels = async () => (await v1.data<Levels>('/profiling_level/get'))[shard()]
  const profile = (doc?: object) => v1.data<Entry[]>('/profiler/get', doc)
  const set = (doc: object) => v1.data<Levels>('/profiling_level/set', doc)

  /** Takes its time by work: as many comparisons as the square of the number of documents. */
  async function doSlowQuery(): Promise<void> {
    const [instance] = v1.control.instances.all()
    const deployment = await v1.control.instances.mongodb(instance)
    const documents = Array.from({ length: 1000 }, (_, n) => ({
      numbers: Array.from({ length: 200 }, (_, i) => i * n),
    }))
    await deployment.command('one', { insert: 'large', documents })
    const sum = {
      $reduce: { input: '$numbers', initialValue: 0, in: { $add: ['$$value', '$$this'] } },
    }
    const filter = { $expr: { $lt: [{ $add: Array.from({ length: 10 }, () => sum) }, 0] } }
    assert.deepEqual(await v1.data('/db/one/collection/large/get', filter), [])
  }

  test('finds a slow query just made, and nothing else', async () => {
    await set({ level: 1, slowms: 50 })
    await v1.data('/db/one/collection/c/get', { _id: 1 })
    await v1.data('/db/two/collection/c/get', { _id: 1 })
    await doSlowQuery()
    const found = await profile({ millis: { $gt: 50 }, op: 'query' })
    assert.equal(found.length, 1)
    const [entry] = found
    assert.equal(entry.ns, 'one.large')
    assert.ok(entry.millis > 50)
    assert.ok('$expr' in (entry.query as { filter: object }).filter)
    assert.equal(entry.nscanned, 1000)
    for (const field of ['client', 'user']) assert.equal(typeof entry[field], 'string')
    for (const field of ['ntoreturn', 'responseLength']) assert.ok(Number.isInteger(entry[field]))
    assert.ok(Number.isInteger(entry.ts.$date))
    assert.deepEqual(await profile({ millis: { $gt: 1_000_000 } }), [])
  })

  test('level 2 takes everything, of the database that it was set for', async () => {
    await set({ level: 2, db: 'two' })
    const since = { ts: { $gt: { $date: Date.now() - 1 } } }
    await v1.data('/db/one/collection/c/get', { all: 1 })
    await v1.data('/db/two/collection/c/get', { all: 2 })
    await v1.call('/db/two/collection/c/update', '&doc={"_id":1}&set={"b":2}')
    await v1.call('/db/two/collection/c/delete', '&doc={"_id":7}')
    const found = (await profile(since)).filter(({ ns }) => ns.endsWith('.c'))
    assert.deepEqual(
      found.map(({ op, ns }) => `${op} ${ns}`),
      ['query two.c', 'update two.c', 'remove two.c'],
    )
    const [query, update, remove] = found
    assert.deepEqual((query.query as { filter: object }).filter, { all: 2 })
    assert.deepEqual([update.query, update.updateobj], [{ _id: 1 }, { b: 2 }])
    assert.deepEqual(remove.query, { _id: 7 })
  })

  test('level 0 takes nothing', async () => {
    await set({ level: 0, slowms: 0 })
    const before = (await profile()).length
    await v1.data('/db/one/collection/c/get', { none: 1 })
    assert.equal((await profile()).length, before)
  })

  test('level 1 takes what slowms says', async () => {
    await set({ level: 1, slowms: 1_000_000 })
    const before = (await profile({ ns: 'one.c' })).length
    await v1.data('/db/one/collection/c/get', { slow: 1 })
    assert.equal((await profile({ ns: 'one.c' })).length, before)
    await set({ level: 1, slowms: 0 })
    await v1.data('/db/one/collection/c/get', { slow: 1 })
    assert.equal((await profile({ ns: 'one.c' })).length, before + 1)
  })

  test('levels are answered by database, with slowms', async () => {
    assert.deepEqual(await levels(), { one: 0, two: 0, slowms: 100 })
    assert.deepEqual(await set({ level: 1, db: 'one' }), { [shard()]: { one: 1 } })
    assert.deepEqual(await levels(), { one: 1, two: 0, slowms: 100 })
    assert.deepEqual(await set({ level: 2, slowms: 90 }), {
      [shard()]: { one: 2, two: 2, slowms: 90 },
    })
    assert.deepEqual(await levels(), { one: 2, two: 2, slowms: 90 })
  })

  test('a database that is still empty has a level, too', async () => {
    await v1.data('/db/empty/add', { user: 'password' })
    assert.equal((await levels()).empty, 0)
    assert.deepEqual(await set({ level: 1, db: 'empty' }), { [shard()]: { empty: 1 } })
  })

  const wrong: [doc: string, text: string | RegExp][] = [
    ['{}', 'level must be 0, 1 or 2'],
    ['{"level":3}', 'level must be 0, 1 or 2'],
    ['{"level":-1}', 'level must be 0, 1 or 2'],
    ['{"level":"1"}', 'level must be 0, 1 or 2'],
    ['{"level":1.5}', 'level must be 0, 1 or 2'],
    ['{"slowms":5}', 'level must be 0, 1 or 2'],
    ['{"level":1,"slowms":-1}', 'slowms must be a whole number from 0'],
    ['{"level":1,"slowms":null}', 'slowms must be a whole number from 0'],
    ['{"level":1,"db":""}', 'db must be a non-empty string'],
    ['{"level":1,"db":"nowhere"}', 'database not found'],
    ['{"level":1,"db":"admin"}', 'database not found'],
    ['[1]', 'doc must be a JSON object'],
  ]
  for (const [doc, text] of wrong) {
    test(`refuses to set ${doc}`, async () => {
      const earlier = await levels()
      const answer = await v1.call('/profiling_level/set', `&doc=${doc}`)
      assert.deepEqual(answer, { rc: 1, data: text, msg: text })
      assert.deepEqual(await levels(), earlier)
    })
  }

  test('refuses to set without doc, and to find with what is no query', async () => {
    assert.equal((await v1.call('/profiling_level/set')).msg, 'missing parameter: doc')
    assert.match((await v1.call('/profiler/get', '&doc={"$no":1}')).msg, /\$no/)
    assert.equal((await v1.call('/profiler/get', '&doc={"$where":"1"}')).rc, 1)
  })
})
