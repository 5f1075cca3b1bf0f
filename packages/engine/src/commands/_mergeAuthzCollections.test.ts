import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, beforeEach, describe, test } from 'node:test'
import { decodeDocument, encodeDocument, type Writable } from '@gantry/bson'
import { type FolderEngine, openEngine, type Session } from '../index.js'

const folder = mkdtempSync(join(tmpdir(), 'gantry-merge-users-'))
after(() => rmSync(folder, { recursive: true }))
let engine: FolderEngine
let session: Session
let count = 0

async function run(command: Record<string, Writable>, db = 'admin') {
  const reply = await engine.run(session, { body: encodeDocument({ ...command, $db: db }) })
  return decodeDocument(encodeDocument(reply))
}

async function usersNow(): Promise<string[]> {
  const reply = await run({ usersInfo: { forAllDBs: true } })
  return (reply.get('users') as Map<string, string>[])
    .map((user) => user.get('_id') as string)
    .sort()
}

const user = (name: string, db: string) => ({
  _id: `${db}.${name}`,
  user: name,
  db,
  credentials: {},
  roles: [{ role: 'read', db }],
})

beforeEach(async () => {
  engine = await openEngine({ path: join(folder, String(count++)) })
  session = engine.connect({ internal: true })
  await run({ createUser: 'old', pwd: 'secret', roles: [] }, 'shop')
  await run({ createUser: 'other', pwd: 'secret', roles: [] }, 'blog')
  await run({ createRole: 'clerk', privileges: [], roles: [] }, 'shop')
  await run({ insert: 'tempusers', documents: [user('new', 'shop'), user('also', 'blog')] })
})
afterEach(() => engine.close())

const merge = { _mergeAuthzCollections: 1, tempUsersCollection: 'admin.tempusers' }

describe('_mergeAuthzCollections', () => {
  test('adds users to those that are there', async () => {
    await run({ ...merge, drop: false, db: '' })
    assert.deepEqual(await usersNow(), ['blog.also', 'blog.other', 'shop.new', 'shop.old'])
    await run({ ...merge, drop: false, db: '' })
    assert.equal((await usersNow()).length, 4)
  })

  test('with drop, takes away those who are not among them, of one database or of all', async () => {
    await run({ ...merge, drop: true, db: 'shop' })
    assert.deepEqual(await usersNow(), ['blog.other', 'shop.new'])
    await run({ ...merge, drop: true, db: '' })
    assert.deepEqual(await usersNow(), ['blog.also', 'shop.new'])
    const roles = async () => (await run({ rolesInfo: 1 }, 'shop')).get('roles') as unknown[]
    assert.equal((await roles()).length, 1)
    await run({ _mergeAuthzCollections: 1, tempRolesCollection: 'admin.none', db: '', drop: true })
    assert.equal((await roles()).length, 0)
  })

  test('wants the right to make users, and users with names', async () => {
    const nobody = engine.connect({})
    const body = encodeDocument({ ...merge, $db: 'admin' })
    await assert.rejects(engine.run(nobody, { body }), /auth/)
    await run({ insert: 'tempusers', documents: [{ _id: 1, user: '', db: 'shop' }] })
    await assert.rejects(run({ ...merge, drop: true }), /without a name/)
    assert.deepEqual(await usersNow(), ['blog.other', 'shop.old'])
  })
})
