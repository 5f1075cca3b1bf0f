import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Writable } from '@gantry/bson'
import { openTestEngine, type TestEngine, type TestReply } from '../testing/test-engine.js'

describe('explain of pipelines', () => {
  let t: TestEngine
  before(async () => {
    t = await openTestEngine()
    const documents = Array.from({ length: 20 }, (_, _id) => ({ _id, a: _id, b: _id % 2 }))
    await t.run({ insert: 'c', documents })
    await t.run({ createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a' }] })
    await t.run({ create: 'v', viewOn: 'c', pipeline: [{ $match: { a: { $lt: 5 } } }] })
    await t.run({ create: 'vv', viewOn: 'v', pipeline: [{ $project: { a: 1 } }] })
  })
  after(() => t.remove())

  const explain = (pipeline: Writable[], verbosity = 'queryPlanner', aggregate = 'c') =>
    t.run({ explain: { aggregate, pipeline, cursor: {} }, verbosity })
  const scan = ({ queryPlanner }: TestReply) => {
    let stage = queryPlanner.winningPlan
    while (stage.inputStage) stage = stage.inputStage
    return stage.indexName ?? stage.stage
  }

  test('what the planner takes altogether is shown as a query', async () => {
    const reply = await explain([{ $match: { a: 3 } }, { $limit: 1 }])
    assert.equal(scan(reply), 'a')
    assert.equal(reply.stages, undefined)
  })

  test('what is left are stages behind the cursor', async () => {
    const group = { $group: { _id: '$b', n: { $sum: 1 } } }
    const { stages } = await explain([{ $match: { a: { $gt: 3 } } }, group, { $match: { n: 1 } }])
    assert.equal(scan(stages[0].$cursor), 'a')
    assert.deepEqual(stages.slice(1), [group, { $match: { n: 1 } }])
  })

  test('figures are those of finding the documents, and nothing is written', async () => {
    const { stages } = await explain(
      [{ $match: { a: { $gt: 14 } } }, { $out: 'd' }],
      'executionStats',
    )
    const { nReturned, totalKeysExamined } = stages[0].$cursor.executionStats
    assert.deepEqual([nReturned, totalKeysExamined], [5, 5])
    const { cursor } = await t.run({ listCollections: 1, filter: { name: 'd' } })
    assert.deepEqual(cursor.firstBatch, [])
  })

  test('the option of aggregate does the same', async () => {
    const reply = await t.run({ aggregate: 'c', pipeline: [{ $match: { a: 1 } }], explain: true })
    assert.equal(scan(reply), 'a')
  })

  test('a view is shown with its own stages first', async () => {
    const find = await t.run({
      explain: { find: 'v', filter: { b: 1 } },
      verbosity: 'queryPlanner',
    })
    assert.equal(scan(find.stages[0].$cursor), 'a')
    assert.deepEqual(find.stages.slice(1), [{ $match: { b: 1 } }])
    const { stages } = await explain([{ $count: 'n' }], 'queryPlanner', 'vv')
    assert.deepEqual(stages.slice(1), [{ $project: { a: 1 } }, { $count: 'n' }])
  })

  test('stages that make their documents have no cursor', async () => {
    const documents = { $documents: [{ a: 1 }] }
    const reply = await t.run({ explain: { aggregate: 1, pipeline: [documents], cursor: {} } })
    assert.deepEqual(reply.stages, [documents])
  })

  test('a malformed pipeline fails as it does when it runs', async () => {
    const failure = await t.failure({ explain: { aggregate: 'c', pipeline: [{ $nope: 1 }] } })
    assert.equal(failure.code, 40324)
  })
})
