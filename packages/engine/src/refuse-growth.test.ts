import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Binary, encodeDocument } from '@gantry/bson'
import { CommandError } from './errors.js'
import { type FolderEngine, openEngine } from './open-engine.js'
import { plainReply, type TestCommand, type TestReply } from './testing/test-engine.js'

describe('an engine that is to grow no more', () => {
  const path = mkdtempSync(join(tmpdir(), 'gantry-growth-'))
  let engine: FolderEngine
  let run: (command: TestCommand) => Promise<TestReply>
  before(async () => {
    engine = await openEngine({ path })
    const session = engine.connect({ internal: true })
    run = async (command) =>
      plainReply(await engine.run(session, { body: encodeDocument(command) }))
  })
  after(async () => {
    await engine.close()
    rmSync(path, { recursive: true })
  })
  beforeEach(async () => {
    engine.refuseGrowth(undefined)
    await run({ dropDatabase: 1, $db: 'd' })
    await run({ insert: 'c', documents: [{ _id: 1, text: 'some text' }, { _id: 2 }], $db: 'd' })
    engine.refuseGrowth('the plan is used up')
  })

  async function outcome(command: TestCommand): Promise<unknown> {
    try {
      return (await run(command)).writeErrors?.[0].code ?? 'ok'
    } catch (error) {
      assert.ok(error instanceof CommandError, String(error))
      assert.match(error.message, /the plan is used up/)
      return error.code
    }
  }

  const upsert = { q: { _id: 9 }, u: { $set: { a: 1 } }, upsert: true }
  const longer = { q: { _id: 1 }, u: { $set: { text: 'a much longer text than before' } } }
  const shorter = { q: { _id: 1 }, u: { $set: { text: 'x' } } }
  const cases: readonly [string, TestCommand, unknown][] = [
    ['an insert', { insert: 'c', documents: [{ _id: 3 }], $db: 'd' }, 14031],
    ['an upsert', { update: 'c', updates: [upsert], $db: 'd' }, 14031],
    ['an update that makes it larger', { update: 'c', updates: [longer], $db: 'd' }, 14031],
    ['an update that does not', { update: 'c', updates: [shorter], $db: 'd' }, 'ok'],
    ['findAndModify', { findAndModify: 'c', query: { _id: 1 }, update: longer.u, $db: 'd' }, 14031],
    ['$out', { aggregate: 'c', pipeline: [{ $out: 'o' }], cursor: {}, $db: 'd' }, 14031],
    ['$merge', { aggregate: 'c', pipeline: [{ $merge: 'm' }], cursor: {}, $db: 'd' }, 14031],
    ['an index', { createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a' }], $db: 'd' }, 14031],
    ['a query', { find: 'c', filter: {}, $db: 'd' }, 'ok'],
    ['a delete', { delete: 'c', deletes: [{ q: { _id: 1 }, limit: 1 }], $db: 'd' }, 'ok'],
    ['dropping', { drop: 'c', $db: 'd' }, 'ok'],
    ['a user', { createUser: 'u', pwd: 'p', roles: [], $db: 'd' }, 'ok'],
    ['dropping a user', { dropUser: 'u', $db: 'd' }, 'ok'],
  ]
  for (const [name, command, expected] of cases) {
    test(`${name}: ${expected === 'ok' ? 'goes on' : 'is refused'}`, async () => {
      assert.equal(await outcome(command), expected)
    })
  }

  test('a transaction is refused, and what was there stays', async () => {
    const lsid = { id: new Binary(randomBytes(16), 4) }
    const inTransaction = { lsid, txnNumber: 1n, autocommit: false, startTransaction: true }
    const insert = { insert: 'c', documents: [{ _id: 7 }], $db: 'd', ...inTransaction }
    assert.equal(await outcome(insert), 14031)
    assert.equal((await run({ count: 'c', $db: 'd' })).n, 2)
  })

  test('grows again when it may', async () => {
    engine.refuseGrowth(undefined)
    assert.equal(await outcome({ insert: 'c', documents: [{ _id: 3 }], $db: 'd' }), 'ok')
  })
})
