import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { type Doc, decodeDocument, encodeDocument, type Value, type Writable } from '@gantry/bson'
import { openEngine } from '../open-engine.js'

const folder = mkdtempSync(join(tmpdir(), 'gantry-change-streams-'))
after(() => rmSync(folder, { recursive: true }))

type Command = Readonly<Record<string, Writable>>

let engines = 0
async function open(path = join(folder, String(++engines))) {
  const engine = await openEngine({ path })
  const connection = engine.connect({ internal: true })
  async function run(command: Command): Promise<Doc> {
    const body = encodeDocument({ ...command, $db: command.$db ?? 'test' })
    return decodeDocument(encodeDocument(await engine.run(connection, { body })))
  }
  return { engine, run, path }
}

type Run = Awaited<ReturnType<typeof open>>['run']

/** Opens a change stream and reads it with getMore. */
async function watch(run: Run, options: Writable = {}, on: Writable = 'c', ...stages: Writable[]) {
  const $db = on === 'all' ? 'admin' : 'test'
  const reply = await run({
    aggregate: on === 'all' || on === 'db' ? 1 : on,
    pipeline: [{ $changeStream: options }, ...stages],
    cursor: {},
    $db,
  })
  const cursor = reply.get('cursor') as Doc
  let id = cursor.get('id') as bigint
  let token = cursor.get('postBatchResumeToken') as Doc
  const collection = (cursor.get('ns') as string).slice($db.length + 1)
  const pending = cursor.get('firstBatch') as Doc[]
  return {
    async next(waitMs = 20): Promise<Doc[]> {
      if (pending.length > 0) return pending.splice(0)
      if (id === 0n) return []
      const more = await run({ getMore: id, collection, maxTimeMS: waitMs, $db })
      const next = more.get('cursor') as Doc
      id = next.get('id') as bigint
      token = next.get('postBatchResumeToken') as Doc
      return next.get('nextBatch') as Doc[]
    },
    get token() {
      return token
    },
    get closed() {
      return id === 0n
    },
  }
}

const insert = (...docs: Writable[]) => ({ insert: 'c', documents: docs })
const types = (events: Doc[]) => events.map((event) => event.get('operationType'))
const keys = (events: Doc[]) =>
  events.map((event) => (event.get('documentKey') as Doc | undefined)?.get('_id'))

describe('change streams', () => {
  test('tell what happens to the documents of a collection', async () => {
    const { engine, run } = await open()
    await run(insert({ _id: 0 }))
    const stream = await watch(run)
    await run(insert({ _id: 1, a: { b: 1 }, l: [1, 2] }, { _id: 2 }))
    await run({ insert: 'other', documents: [{ _id: 1 }] })
    await run({
      update: 'c',
      updates: [{ q: { _id: 1 }, u: { $set: { 'a.b': 2 }, $pop: { l: 1 } } }],
    })
    await run({ update: 'c', updates: [{ q: { _id: 2 }, u: { x: 1 } }] })
    await run({ update: 'c', updates: [{ q: { _id: 2 }, u: { $set: { x: 1 } } }] })
    await run({ delete: 'c', deletes: [{ q: { _id: 2 }, limit: 1 }] })
    const events = await stream.next()
    assert.deepEqual(types(events), ['insert', 'insert', 'update', 'replace', 'delete'])
    assert.deepEqual(keys(events), [1, 2, 1, 2, 2])
    const [first, , update, replace] = events
    assert.deepEqual(
      first.get('ns'),
      new Map([
        ['db', 'test'],
        ['coll', 'c'],
      ]),
    )
    assert.deepEqual((first.get('fullDocument') as Doc).get('_id'), 1)
    assert.deepEqual(
      update.get('updateDescription'),
      new Map<string, Value>([
        ['updatedFields', new Map([['a.b', 2]])],
        ['removedFields', []],
        [
          'truncatedArrays',
          [
            new Map<string, Value>([
              ['field', 'l'],
              ['newSize', 1],
            ]),
          ],
        ],
      ]),
    )
    assert.deepEqual(
      replace.get('fullDocument'),
      new Map([
        ['_id', 2],
        ['x', 1],
      ]),
    )
    assert.deepEqual(await stream.next(), [])
    await engine.close()
  })

  test('go on from any event, also after a restart', async () => {
    const first = await open()
    await first.run(insert({ _id: 0 }))
    const stream = await watch(first.run)
    for (let _id = 1; _id <= 5; _id++) await first.run(insert({ _id }))
    const events = await stream.next()
    await first.engine.close()
    const second = await open(first.path)
    await second.run(insert({ _id: 6 }))
    for (const [i, event] of events.entries()) {
      const resumed = await watch(second.run, { resumeAfter: event.get('_id') as Doc })
      assert.deepEqual(keys(await resumed.next()), [1, 2, 3, 4, 5, 6].slice(i + 1))
    }
    const fromToken = await watch(second.run, { startAfter: stream.token })
    assert.deepEqual(keys(await fromToken.next()), [6])
    const clusterTime = events[2].get('clusterTime') as Value
    const fromTime = await watch(second.run, { startAtOperationTime: clusterTime })
    assert.deepEqual(keys(await fromTime.next()), [3, 4, 5, 6])
    await second.engine.close()
  })

  test('wait for changes and are woken by them', async () => {
    const { engine, run } = await open()
    await run(insert({ _id: 0 }))
    const stream = await watch(run)
    const waiting = stream.next(10_000)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await run(insert({ _id: 1 }))
    assert.deepEqual(keys(await waiting), [1])
    await engine.close()
  })

  test('end with the collection, and can be started behind that', async () => {
    const { engine, run } = await open()
    await run(insert({ _id: 0 }))
    const stream = await watch(run)
    const database = await watch(run, {}, 'db')
    const all = await watch(run, { allChangesForCluster: true }, 'all')
    await run({ drop: 'c' })
    await run(insert({ _id: 1 }))
    const events = await stream.next()
    assert.deepEqual(types(events), ['drop', 'invalidate'])
    assert.ok(stream.closed)
    assert.deepEqual(types(await database.next()), ['drop', 'insert'])
    assert.deepEqual(types(await all.next()), ['drop', 'insert'])
    const invalidate = events[1].get('_id') as Doc
    await assert.rejects(watch(run, { resumeAfter: invalidate }), {
      codeName: 'InvalidResumeToken',
    })
    const again = await watch(run, { startAfter: invalidate })
    assert.deepEqual(keys(await again.next()), [1])
    const behindDrop = await watch(run, { resumeAfter: events[0].get('_id') as Doc })
    assert.deepEqual(types(await behindDrop.next()), ['invalidate'])
    await run({ dropDatabase: 1 })
    assert.deepEqual(types(await database.next()), ['drop', 'dropDatabase', 'invalidate'])
    await engine.close()
  })

  test('look documents up and run further stages', async () => {
    const { engine, run } = await open()
    await run(insert({ _id: 0, n: 0 }))
    const stream = await watch(
      run,
      { fullDocument: 'updateLookup' },
      'c',
      { $match: { operationType: 'update' } },
      { $project: { fullDocument: 1 } },
    )
    await run(insert({ _id: 1 }))
    await run({ update: 'c', updates: [{ q: { _id: 0 }, u: { $inc: { n: 1 } } }] })
    const [event] = await stream.next()
    assert.deepEqual(
      event.get('fullDocument'),
      new Map([
        ['_id', 0],
        ['n', 1],
      ]),
    )
    assert.deepEqual([...event.keys()], ['_id', 'fullDocument'])
    await assert.rejects(watch(run, {}, 'c', { $group: { _id: 1 } }), {
      codeName: 'IllegalOperation',
    })
    await engine.close()
  })

  test('show documents before and after changes where the collection keeps them', async () => {
    const { engine, run } = await open()
    await run({ create: 'c', changeStreamPreAndPostImages: { enabled: true } })
    await run({ create: 'plain' })
    const images = { fullDocument: 'required', fullDocumentBeforeChange: 'required' }
    const stream = await watch(run, images)
    const plain = await watch(run, images, 'plain')
    await run(insert({ _id: 0, n: 0 }))
    await run({ update: 'c', updates: [{ q: { _id: 0 }, u: { $inc: { n: 1 } } }] })
    await run({ update: 'c', updates: [{ q: { _id: 0 }, u: { n: 5 } }] })
    await run({ delete: 'c', deletes: [{ q: {}, limit: 0 }] })
    const events = await stream.next()
    const n = (event: Doc, image: string) => (event.get(image) as Doc | undefined)?.get('n')
    assert.deepEqual(
      events.map((event) => [n(event, 'fullDocumentBeforeChange'), n(event, 'fullDocument')]),
      [
        [undefined, 0],
        [0, 1],
        [1, 5],
        [5, undefined],
      ],
    )
    await run({ insert: 'plain', documents: [{ _id: 0 }] })
    await run({ delete: 'plain', deletes: [{ q: {}, limit: 0 }] })
    await assert.rejects(plain.next(), { codeName: 'NoMatchingDocument' })
    await engine.close()
  })

  test('refuse options that make no sense', async () => {
    const { engine, run } = await open()
    const cases: [Writable, string][] = [
      [{ fullDocument: 'always' }, 'BadValue'],
      [{ resumeAfter: { _data: 'nonsense' } }, 'InvalidResumeToken'],
      [{ nonsense: 1 }, 'UnknownFieldIDL'],
      [{ allChangesForCluster: true }, 'InvalidOptions'],
    ]
    for (const [options, codeName] of cases) {
      await assert.rejects(watch(run, options), { codeName })
    }
    await assert.rejects(watch(run, {}, 'all'), { codeName: 'InvalidNamespace' })
    await engine.close()
  })
})
