import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Double } from '@gantry/bson'
import { openTestEngine, type TestCommand, type TestEngine } from '../testing/test-engine.js'

let engine: TestEngine
before(async () => {
  engine = await openTestEngine()
})
after(() => engine.remove())

/** What `listCollections` says of a collection. */
async function listed(name: string) {
  const { cursor } = await engine.run({ listCollections: 1, filter: { name } })
  return cursor.firstBatch[0]
}

const kept: [name: string, given: TestCommand, options: object][] = [
  ['nothing', {}, {}],
  ['capped', { capped: true, size: new Double(4096.9) }, { capped: true, size: 4096 }],
  ['capped-max', { capped: 1, size: 100n, max: 5 }, { capped: true, size: 100, max: 5 }],
  ['capped-no-max', { capped: true, size: 100, max: -5 }, { capped: true, size: 100 }],
  [
    'validator',
    { validator: { a: { $gt: 1 } } },
    { validator: { a: { $gt: 1 } }, validationLevel: 'strict', validationAction: 'error' },
  ],
  ['level', { validationLevel: 'moderate' }, { validationLevel: 'moderate' }],
  ['simple', { collation: { locale: 'simple' } }, {}],
  ['nulls', { capped: null, validator: null, viewOn: null, pipeline: null }, {}],
  ['storage', { storageEngine: {}, idIndex: { key: { _id: 1 }, name: 'x' } }, {}],
  [
    'images',
    { changeStreamPreAndPostImages: { enabled: true } },
    { changeStreamPreAndPostImages: { enabled: true } },
  ],
  ['no-images', { changeStreamPreAndPostImages: { enabled: false } }, {}],
  ['view', { viewOn: 'nothing' }, { viewOn: 'nothing', pipeline: [] }],
  [
    'view-stages',
    { viewOn: 'view', pipeline: [{ $match: { a: 1 } }, null] },
    { viewOn: 'view', pipeline: [{ $match: { a: 1 } }] },
  ],
]

const refused: [name: string, given: TestCommand, codeName: string][] = [
  ['a capped collection without a size', { capped: true }, 'InvalidOptions'],
  ['a size without capped', { size: 100 }, 'InvalidOptions'],
  ['a maximum without capped', { max: 100 }, 'InvalidOptions'],
  ['size 0', { capped: true, size: 0 }, 'BadValue'],
  ['more than a petabyte', { capped: true, size: 2n ** 50n + 1n }, 'BadValue'],
  ['a size as text', { capped: true, size: '1' }, 'TypeMismatch'],
  ['too many documents', { capped: true, size: 1, max: 2n ** 31n }, 'BadValue'],
  ['stages without a view', { pipeline: [] }, 'InvalidOptions'],
  ['a view on nothing', { viewOn: '' }, 'BadValue'],
  ['a view on itself', { viewOn: 'new' }, 'GraphContainsCycle'],
  ['a view that writes', { viewOn: 'c', pipeline: [{ $out: 'x' }] }, 'OptionNotSupportedOnView'],
  ['a stage of two', { viewOn: 'c', pipeline: [{ $match: {}, $skip: 1 }] }, 'Location40323'],
  ['a stage that is no document', { viewOn: 'c', pipeline: [1] }, 'TypeMismatch'],
  ['a view with an index', { viewOn: 'c', idIndex: {} }, 'InvalidOptions'],
  ['an unknown operator in a validator', { validator: { a: { $what: 1 } } }, 'BadValue'],
  ['an unknown level', { validationLevel: 'Strict' }, 'BadValue'],
  ['an unknown action', { validationAction: 'log' }, 'BadValue'],
  ['another engine', { storageEngine: { rocks: {} } }, 'InvalidOptions'],
  ['settings of an engine', { storageEngine: { wiredTiger: { configString: 'a=b' } } }, 'BadValue'],
  ['another index on _id', { idIndex: { key: { a: 1 }, name: 'x' } }, 'BadValue'],
  ['time series', { timeseries: { timeField: 't' } }, 'CommandNotSupported'],
  [
    'images of a view',
    { viewOn: 'c', changeStreamPreAndPostImages: { enabled: true } },
    'InvalidOptions',
  ],
  ['images undecided', { changeStreamPreAndPostImages: {} }, 'MissingFieldIDL'],
  ['what it does not know', { foo: 1 }, 'UnknownFieldIDL'],
]

describe('create', () => {
  for (const [name, given, options] of kept) {
    test(`keeps the options of ${name}, and takes them twice`, async () => {
      await engine.run({ create: name, ...given })
      assert.deepEqual((await listed(name)).options, options)
      await engine.run({ create: name, ...given })
      const type = 'viewOn' in options ? 'view' : 'collection'
      assert.equal((await listed(name)).type, type)
    })
  }
  for (const [what, given, codeName] of refused) {
    test(`refuses ${what}`, async () => {
      assert.equal((await engine.failure({ create: 'new', ...given })).codeName, codeName)
      assert.equal(await listed('new'), undefined)
    })
  }
  test('refuses other options for what is there', async () => {
    await engine.run({ create: 'there' })
    const { codeName } = await engine.failure({ create: 'there', capped: true, size: 1 })
    assert.equal(codeName, 'NamespaceExists')
  })
  test('refuses validators where the server keeps its own', async () => {
    for (const [$db, create] of [
      ['admin', 'x'],
      ['test', 'system.js'],
    ]) {
      const { codeName } = await engine.failure({ create, $db, validator: { a: 1 } })
      assert.equal(codeName, 'InvalidOptions')
    }
  })
})

describe('views', () => {
  test('may stand 20 deep, not 21', async () => {
    await engine.run({ create: 'deep1', viewOn: 'deep0' })
    for (let i = 2; i <= 20; i++) {
      await engine.run({ create: `deep${i}`, viewOn: `deep${i - 1}` })
    }
    const { codeName } = await engine.failure({ create: 'deep21', viewOn: 'deep20' })
    assert.equal(codeName, 'ViewDepthLimitExceeded')
  })
  test('make no circle through the collections that stages read', async () => {
    await engine.run({ create: 'circle1', viewOn: 'circle2' })
    const { codeName } = await engine.failure({
      create: 'circle2',
      viewOn: 'c',
      pipeline: [{ $facet: { a: [{ $unionWith: { coll: 'circle1' } }] } }],
    })
    assert.equal(codeName, 'GraphContainsCycle')
  })
  const writes: TestCommand[] = [
    { insert: 'view', documents: [{ a: 1 }] },
    { update: 'view', updates: [{ q: {}, u: { $set: { a: 1 } } }] },
    { delete: 'view', deletes: [{ q: {}, limit: 1 }] },
  ]
  for (const command of writes) {
    test(`refuse ${Object.keys(command)[0]}`, async () => {
      const { n, writeErrors } = await engine.run(command)
      assert.deepEqual([n, writeErrors[0].code], [0, 166])
    })
  }
  test('refuse commands that change them', async () => {
    for (const command of [
      { findAndModify: 'view', query: {}, remove: true },
      { createIndexes: 'view', indexes: [{ key: { a: 1 }, name: 'a' }] },
      { convertToCapped: 'view', size: 1 },
      { renameCollection: 'test.view', to: 'test.other', $db: 'admin' },
    ]) {
      assert.equal((await engine.failure(command)).codeName, 'CommandNotSupportedOnView')
    }
  })
})
