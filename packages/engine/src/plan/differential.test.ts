/**
 * Queries and writes must do the same whether indexes are there or not: random documents,
 * indexes, filters, sorts and updates on two collections, one of which has no indexes.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  Binary,
  DateTime,
  Decimal128,
  type Doc,
  Double,
  encodeDocument,
  MaxKey,
  MinKey,
  ObjectId,
  type RawValue,
  Regex,
  Timestamp,
  type Value,
  type Writable,
} from '@gantry/bson'
import { documentText } from '../element-text.js'
import { createRandom, type Random } from '../testing/random.js'
import { openTestEngine, type TestEngine } from '../testing/test-engine.js'

const ROUNDS = Number(process.env.DIFFERENTIAL_ROUNDS ?? 30)
const FIRST_SEED = Number(process.env.DIFFERENTIAL_SEED ?? 1)
const DOCUMENTS = 60
const QUERIES = 50
const WRITES = 12

const doc = (fields: Record<string, Value>): Doc => new Map(Object.entries(fields))

const textOf = (fields: Doc) => documentText(encodeDocument(fields), 0)

const scalars: readonly Value[] = [
  null,
  0,
  1,
  2,
  3,
  5n,
  -1,
  new Double(1),
  new Double(1.5),
  new Double(Number.NaN),
  new Double(Number.POSITIVE_INFINITY),
  9007199254740993n,
  new Double(9007199254740992),
  Decimal128.fromString('2.5'),
  Decimal128.fromString('NaN'),
  '',
  'a',
  'ab',
  'abc',
  'b',
  'a\0b',
  true,
  false,
  new DateTime(0n),
  new DateTime(-5n),
  new Timestamp(1, 2),
  new ObjectId('0123456789abcdef01234567'),
  new Binary(Buffer.from([1, 2]), 0),
  new Regex('a', ''),
  new MinKey(),
  new MaxKey(),
]
const simple: readonly Value[] = scalars.slice(0, 9)

function value(random: Random, depth = 0): Value {
  const kind = random.below(10)
  if (kind < 6) return random.pick(simple)
  if (kind < 7 || depth > 2) return random.pick(scalars)
  if (kind === 7) return object(random, depth)
  return Array.from({ length: random.below(4) }, () => value(random, depth + 1))
}

function object(random: Random, depth = 0): Doc {
  const fields: Doc = new Map()
  for (const name of ['x', 'y']) {
    if (random.chance(0.7)) fields.set(name, value(random, depth + 1))
  }
  return fields
}

function document(random: Random, id: number): Doc {
  const fields: Doc = new Map<string, Value>([['_id', id]])
  for (const name of ['a', 'b', 'c']) {
    if (random.chance(0.8)) fields.set(name, value(random))
  }
  if (random.chance(0.6)) {
    fields.set(
      'list',
      Array.from({ length: random.below(4) }, () =>
        random.chance(0.9) ? object(random) : value(random),
      ),
    )
  }
  fields.set('n', random.below(20))
  if (random.chance(0.2)) fields.set('long', `${'l'.repeat(1950)}${random.below(40)}`)
  fields.set('u', random.chance(0.2) ? [`u${id}`, id] : random.chance(0.5) ? id : `u${id}`)
  return fields
}

const paths = [
  'a',
  'b',
  'c',
  'a.x',
  'b.x',
  'a.0',
  'b.1',
  'list.x',
  'list.y',
  'list',
  'n',
  'u',
  'long',
  'a.x.y',
]

function condition(random: Random): Value {
  const operand = () => value(random)
  switch (random.below(18)) {
    case 0:
    case 1:
    case 2:
      return operand()
    case 3:
      return doc({ $gt: operand() })
    case 4:
      return doc({ $gte: operand() })
    case 5:
      return doc({ $lt: operand() })
    case 6:
      return doc({ $lte: operand() })
    case 7:
      return doc({ $gte: random.pick(simple), $lt: operand() })
    case 8:
      return doc({ $in: Array.from({ length: random.below(4) }, operand) })
    case 9:
      return doc({ $nin: [operand(), operand()] })
    case 10:
      return doc({ $ne: operand() })
    case 11:
      return doc({ $exists: random.chance(0.5) })
    case 12:
      return doc({ $elemMatch: valueCondition(random) })
    case 13:
      return doc({ $elemMatch: filter(random, 1, ['x', 'y', '0']) })
    case 14:
      return doc({ $not: valueCondition(random) })
    case 15:
      return new Regex(random.pick(['^a', '^ab', 'b', '^a*', '^', '^l', '^a|b', '^ab?']))
    case 16:
      return doc({
        $type: random.pick(['number', 'string', 'array', 'null', 'object', 'int', 'regex']),
      })
    default:
      return doc({ [random.pick(['$size', '$mod', '$all'])]: [1, 0] })
  }
}

function valueCondition(random: Random): Doc {
  return random.chance(0.2)
    ? doc({ $elemMatch: doc({ $gte: random.pick(simple) }) })
    : doc({ $gte: random.pick(scalars.slice(1)), $lt: random.pick(simple.slice(1)) })
}

function filter(random: Random, most = 3, names: readonly string[] = paths): Doc {
  const fields: Doc = new Map()
  for (let i = Math.min(random.below(most + 1), random.below(most + 1)); i >= 0; i--) {
    const kind = random.below(12)
    if (kind === 0 && names === paths) {
      const clauses = Array.from({ length: 1 + random.below(3) }, () => filter(random, 1))
      fields.set(random.pick(['$or', '$and', '$nor']), clauses)
    } else if (kind === 1 && names === paths) {
      fields.set(
        '_id',
        random.chance(0.5) ? random.below(DOCUMENTS) : doc({ $gt: random.below(DOCUMENTS) }),
      )
    } else if (kind === 2 && names === paths) {
      fields.set(
        'long',
        random.chance(0.5)
          ? `${'l'.repeat(1950)}${random.below(40)}`
          : doc({ $in: [`${'l'.repeat(1950)}1`, `${'l'.repeat(1950)}2`, `${'l'.repeat(1950)}3`] }),
      )
    } else {
      fields.set(random.pick(names), condition(random))
    }
  }
  return fields
}

/** `$size` and the like get operands of the wrong form at times: then both sides must fail alike. */
function index(random: Random, number: number): Record<string, Value> {
  const key: Doc = new Map()
  for (let i = random.below(3); i >= 0; i--)
    key.set(random.pick(paths), random.chance(0.6) ? 1 : -1)
  if (random.chance(0.1)) key.set('_id', 1)
  const options: Record<string, Value> = { key, name: `i${number}` }
  if (random.chance(0.2)) options.sparse = true
  else if (random.chance(0.3)) {
    options.partialFilterExpression = random.pick([
      doc({ n: doc({ $gt: 8 }) }),
      doc({ a: doc({ $exists: true }) }),
      doc({ a: doc({ $type: 'int' }) }),
      doc({ b: doc({ $gte: new Double(1) }) }),
      doc({ a: doc({ $lt: 5 }) }),
      doc({ b: null }),
      doc({ 'list.x': doc({ $lte: 3 }) }),
      doc({ $or: [doc({ n: 3 }), doc({ c: doc({ $in: [1, 'a'] }) })] }),
    ])
  }
  return options
}

function sortPattern(random: Random): Doc {
  const pattern: Doc = new Map()
  for (let i = random.below(3); i > 0; i--)
    pattern.set(random.pick(paths), random.chance(0.6) ? 1 : -1)
  pattern.delete('_id')
  return pattern.set('_id', random.chance(0.5) ? 1 : -1)
}

function update(random: Random): Doc {
  const name = random.pick(['a', 'b', 'c', 'n'])
  switch (random.below(5)) {
    case 0:
      return doc({ $set: doc({ [name]: name === 'n' ? random.below(20) : random.pick(scalars) }) })
    case 1:
      return doc({ $unset: doc({ c: 1 }) })
    case 2:
      return doc({ $inc: doc({ n: 1 }) })
    case 3:
      return doc({ $set: doc({ list: [object(random), object(random)] }) })
    default:
      return doc({
        $set: doc({ [name === 'n' ? 'a' : name]: [random.pick(scalars), value(random)] }),
      })
  }
}

describe('with and without indexes', () => {
  let engine: TestEngine
  let indexScans = 0
  let sortedByIndex = 0
  before(async () => {
    engine = await openTestEngine()
  })
  after(async () => {
    await engine.remove()
  })

  async function raw(command: Record<string, Writable | undefined>): Promise<string[]> {
    const body = encodeDocument({ ...command, batchSize: 10_000, $db: 'test' })
    const reply = await engine.engine.run(engine.session, { body })
    const { firstBatch } = reply.cursor as { firstBatch: RawValue[] }
    return firstBatch.map(({ buf }) => documentText(buf, 0))
  }

  /** The result, or the code of the error. */
  async function outcome<T>(work: Promise<T>): Promise<T | number> {
    return work.catch((error) => {
      if (error.code === undefined) throw error
      return error.code as number
    })
  }

  async function noteUse(command: Record<string, Writable | undefined>): Promise<void> {
    const { queryPlanner } = await engine.run({ explain: command, verbosity: 'queryPlanner' })
    const text = JSON.stringify(queryPlanner.winningPlan)
    if (text.includes('IXSCAN')) indexScans++
    if (text.includes('IXSCAN') && command.sort && !text.includes('"SORT"')) sortedByIndex++
  }

  async function compareQueries(random: Random, names: readonly string[]): Promise<void> {
    for (let i = 0; i < QUERIES; i++) {
      const wanted = filter(random)
      const sort = random.chance(0.5) ? sortPattern(random) : undefined
      const page =
        sort && random.chance(0.5) ? { skip: random.below(5), limit: random.below(9) } : {}
      const hint = random.chance(0.2) ? random.pick(names) : undefined
      const query = { filter: wanted, sort, ...page }
      const plain = await outcome(raw({ find: 'plain', ...query }))
      const indexed = await outcome(raw({ find: 'indexed', ...query, hint }))
      const message = () =>
        `${textOf(wanted)} sort ${sort && textOf(sort)} ${JSON.stringify(page)} hint ${hint}`
      if (Array.isArray(plain) && Array.isArray(indexed) && !sort) {
        assert.deepEqual([...indexed].sort(), [...plain].sort(), message())
      } else {
        assert.deepEqual(indexed, plain, message())
      }
      const counts = ['plain', 'indexed'].map((count) =>
        outcome(engine.run({ count, query: wanted })),
      )
      const [n, m] = await Promise.all(counts)
      assert.deepEqual(m.n ?? m, n.n ?? n, message())
      if (typeof plain !== 'number' && !hint)
        await noteUse({ find: 'indexed', filter: wanted, sort })
    }
  }

  /** Makes the same changes on both sides; says whether that went well, so that both are still alike. */
  async function compareWrites(random: Random): Promise<boolean> {
    for (let i = 0; i < WRITES; i++) {
      const q = filter(random, 1)
      if (random.chance(0.2)) {
        const deletes = [{ q: new Map([...q, ['n', random.below(20)]]), limit: 0 }]
        const indexed = await engine.run({ delete: 'indexed', deletes })
        assert.deepEqual(await engine.run({ delete: 'plain', deletes }), indexed)
        continue
      }
      const [_id] = [random.below(DOCUMENTS)]
      const statement = {
        q: random.chance(0.5) ? new Map([...q, ['_id', _id]]) : { _id },
        u: update(random),
      }
      const indexed = await engine.run({ update: 'indexed', updates: [statement] })
      // An index may refuse what goes without it: two arrays in one key.
      if (indexed.writeErrors?.[0].code === 171) continue
      const plain = await engine.run({ update: 'plain', updates: [statement] })
      assert.deepEqual(indexed.writeErrors?.[0].code, plain.writeErrors?.[0].code)
      assert.deepEqual([indexed.n, indexed.nModified], [plain.n, plain.nModified], textOf(q))
    }
    const u = doc({ $set: doc({ c: random.below(5), n: random.below(20) }) })
    const many = [{ q: filter(random, 1), u, multi: true }]
    const indexed = await engine.run({ update: 'indexed', updates: many })
    // Refused half-way by an index, it would leave others changed than without.
    if (indexed.writeErrors) return false
    assert.deepEqual(await engine.run({ update: 'plain', updates: many }), indexed)
    const all = { filter: {}, sort: { _id: 1 } }
    assert.deepEqual(await raw({ find: 'indexed', ...all }), await raw({ find: 'plain', ...all }))
    return true
  }

  async function fill(random: Random): Promise<string[]> {
    const names: string[] = []
    const docs = Array.from({ length: DOCUMENTS }, (_, id) => document(random, id))
    const half = docs.splice(0, DOCUMENTS / 2)
    const insert = async (documents: Doc[]) => {
      const { writeErrors = [] } = await engine.run({
        insert: 'indexed',
        documents,
        ordered: false,
      })
      const refused = new Set(writeErrors.map((error: { index: number }) => error.index))
      for (const { code } of writeErrors) assert.equal(code, 171)
      await engine.run({ insert: 'plain', documents: documents.filter((_, i) => !refused.has(i)) })
    }
    await engine.run({
      createIndexes: 'indexed',
      indexes: [{ key: { u: 1 }, name: 'u', unique: true }],
    })
    await insert(half)
    for (let i = 0; i < 8; i++) {
      const spec = index(random, i)
      const error = await outcome(engine.run({ createIndexes: 'indexed', indexes: [spec] }))
      if (typeof error === 'number') assert.ok([171, 85, 86].includes(error), String(error))
      else if (!spec.sparse && !spec.partialFilterExpression) names.push(`i${i}`)
    }
    await insert(docs)
    return names.length > 0 ? names : ['_id_']
  }

  for (let round = 0; round < ROUNDS; round++) {
    test(`round ${FIRST_SEED + round}`, async () => {
      const random = createRandom(FIRST_SEED + round)
      await engine.run({ dropDatabase: 1 })
      const names = await fill(random)
      await compareQueries(random, names)
      if (await compareWrites(random)) await compareQueries(random, names)
      await engine.check()
    })
  }

  test('indexes were really used', () => {
    assert.ok(indexScans > ROUNDS * 10, `${indexScans} queries by an index`)
    assert.ok(sortedByIndex > ROUNDS, `${sortedByIndex} sorts by an index`)
  })
})
