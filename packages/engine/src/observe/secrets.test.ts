import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Binary, decodeDocument, encodeDocument, type Writable } from '@gantry/bson'
import type { Engine } from '../engine.js'
import { openEngine } from '../open-engine.js'
import type { Session } from '../session.js'
import { plain } from '../testing/test-engine.js'

const SECRET = 'c0rrect-horse'
const payload = new Binary(Buffer.from(`n,,n=u,r=${SECRET}`))
const asBase64 = payload.bytes.toString('base64')

/** Commands that hold a secret, whether they work or fail. */
const commands: [name: string, command: Record<string, Writable>][] = [
  ['createUser', { createUser: 'u', pwd: SECRET, roles: [] }],
  ['createUser that fails', { createUser: '', pwd: SECRET, roles: [] }],
  ['updateUser', { updateUser: 'u', pwd: SECRET }],
  ['saslStart', { saslStart: 1, mechanism: 'SCRAM-SHA-256', payload }],
  ['saslStart that fails', { saslStart: 1, mechanism: 'PLAIN', payload }],
  ['saslContinue', { saslContinue: 1, conversationId: 1, payload }],
  [
    'hello',
    {
      hello: 1,
      speculativeAuthenticate: { saslStart: 1, mechanism: 'SCRAM-SHA-1', payload, db: 'admin' },
    },
  ],
  [
    'isMaster by its old name',
    { ismaster: 1, speculativeAuthenticate: { saslStart: 1, payload, mechanism: 'X' } },
  ],
  ['a query on users', { find: 'system.users', filter: { 'credentials.key': SECRET } }],
  [
    'an update of users',
    { update: 'system.users', updates: [{ q: { user: 'u' }, u: { $set: { key: SECRET } } }] },
  ],
  ['an insertion', { insert: 'c', documents: [{ text: SECRET }] }],
  ['getMore of nothing', { getMore: 5n, collection: 'system.users', batchSize: 1 }],
]

describe('secrets', () => {
  const path = mkdtempSync(join(tmpdir(), 'gantry-secrets-'))
  const lines: string[] = []
  let engine: Engine
  let session: Session

  async function run(command: Record<string, Writable>) {
    const reply = await engine.run(session, { body: encodeDocument({ ...command, $db: 'admin' }) })
    return plain(decodeDocument(encodeDocument(reply)))
  }

  before(async () => {
    engine = await openEngine({ path, log: (_entry, line) => lines.push(line) })
    session = engine.connect({ internal: true })
    await run({ profile: 2, slowms: -1 })
  })
  after(async () => {
    await engine.close()
    rmSync(path, { recursive: true })
  })

  function shown(value: unknown): string {
    return JSON.stringify(value, (_key, inner) => {
      if (typeof inner === 'bigint') return String(inner)
      if (inner instanceof Binary) return inner.bytes.toString('latin1')
      return inner
    })
  }

  function checkNothingShows(text: string): void {
    assert.ok(!text.includes(SECRET), text)
    assert.ok(!text.includes(asBase64), text)
  }

  for (const [name, command] of commands) {
    test(`of ${name} are in neither profile nor log`, async () => {
      const written = lines.length
      await run(command).catch(() => {})
      const reply = await run({ find: 'system.profile', sort: { $natural: -1 }, limit: 1 })
      const [entry] = reply.cursor.firstBatch
      const known = entry.command[Object.keys(command)[0]]
      assert.notEqual(known, undefined, 'the command itself is there')
      checkNothingShows(shown(entry))
      await run({ getLog: 'global' })
      assert.ok(lines.length > written)
      for (const line of lines.slice(written)) checkNothingShows(line)
    })
  }

  test('are not in the list of operations either', async () => {
    const list = async (body: Record<string, Writable>) => {
      const one = run(body).catch(() => {})
      const operations = await run({ currentOp: 1 })
      await one
      return operations.inprog
    }
    const inprog = await list({ createUser: 'w', pwd: SECRET, roles: [] })
    const found = inprog.find((one: { command: object }) => 'createUser' in one.command)
    assert.equal(found.command.pwd, 'xxx')
    checkNothingShows(shown(inprog))
  })

  test('of a command that is too large are not in its text', async () => {
    await run({ createUser: 'v', pwd: SECRET, customData: { a: 'x'.repeat(200_000) }, roles: [] })
    const reply = await run({ find: 'system.profile', sort: { $natural: -1 }, limit: 1 })
    const [entry] = reply.cursor.firstBatch
    assert.equal(entry.ns, 'admin.$cmd')
    checkNothingShows(shown(entry))
    assert.ok(shown(entry).length < 60_000)
  })
})
