import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Binary, type Doc, type Value } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { isAuthorized } from './authorize.js'
import { readDirectory } from './directory.js'
import { type Role, readUser, roleDocument, type User, userDocument } from './documents.js'
import { meetsRestrictions, readRestrictions } from './restrictions.js'

const ann: User = {
  user: 'ann',
  db: 'a',
  userId: new Binary(Buffer.alloc(16, 1), 4),
  credentials: {
    'SCRAM-SHA-256': { iterationCount: 15_000, salt: 'AA==', storedKey: 'BB==', serverKey: 'CC==' },
  },
  customData: new Map([['team', 'x']]),
  roles: [{ role: 'watcher', db: 'a' }],
  restrictions: [{ clientSource: ['10.0.0.0/8'] }],
}
const watcher: Role = {
  role: 'watcher',
  db: 'a',
  roles: [{ role: 'read', db: 'b' }],
  privileges: [
    { resource: { cluster: true }, actions: ['serverStatus'] },
    { resource: { db: 'a', collection: 'c' }, actions: ['find', 'insert'] },
  ],
  restrictions: [{ serverAddress: ['127.0.0.1'] }],
}

describe('readDirectory', () => {
  const directory = readDirectory([userDocument(ann)], [roleDocument(watcher)])

  test('reads users and roles as they were written', () => {
    assert.deepEqual(directory.findUser('ann', 'a'), ann)
    assert.deepEqual(directory.findRole({ role: 'watcher', db: 'a' }), watcher)
    assert.equal(directory.findUser('ann', 'b'), undefined)
  })

  test("knows what a user's roles allow", () => {
    const permissions = directory.permissionsOf('ann', 'a')
    assert.ok(isAuthorized(permissions, 'serverStatus', { cluster: true }))
    assert.ok(isAuthorized(permissions, 'find', { db: 'b', collection: 'x' }))
    assert.ok(!isAuthorized(permissions, 'insert', { db: 'b', collection: 'x' }))
    assert.ok(!isAuthorized(directory.permissionsOf('bob', 'a'), 'serverStatus', { cluster: true }))
  })

  test('admits who meets the restrictions of user and roles', () => {
    const admits = (client: string, server: string) => directory.admits(ann, { client, server })
    assert.ok(admits('10.1.2.3', '127.0.0.1'))
    assert.ok(admits('::ffff:10.1.2.3', '127.0.0.1'))
    assert.ok(!admits('11.1.2.3', '127.0.0.1'))
    assert.ok(!admits('10.1.2.3', '127.0.0.2'))
    assert.ok(!directory.admits(ann, { client: undefined, server: undefined }))
  })

  test('takes nothing from a document of another form', () => {
    const odd: Doc = new Map<string, Value>([
      ['user', 'x'],
      ['db', 'a'],
      ['roles', ['root', new Map([['role', 'root']]), null]],
      ['credentials', 7],
    ])
    const user = readUser(odd)
    assert.deepEqual(user.credentials, {})
    const { findUser, permissionsOf } = readDirectory([odd], [])
    assert.ok(findUser('x', 'a'))
    assert.equal(permissionsOf('x', 'a').byResource.size, 0)
  })

  test('leaves out a user whose restrictions cannot be read, and only that one', () => {
    const broken = userDocument({ ...ann, user: 'bob' })
    broken.set('authenticationRestrictions', [new Map([['clientSource', ['nowhere']]])])
    const { findUser } = readDirectory([broken, userDocument(ann)], [])
    assert.equal(findUser('bob', 'a'), undefined)
    assert.ok(findUser('ann', 'a'))
  })
})

describe('restrictions', () => {
  const within = (client: string, ...clientSource: string[]) =>
    meetsRestrictions([[{ clientSource }]], { client, server: undefined })

  test('are ranges and single addresses of both families', () => {
    assert.ok(within('192.168.1.9', '192.168.1.0/24'))
    assert.ok(!within('192.168.2.9', '192.168.1.0/24'))
    assert.ok(within('192.168.2.9', '10.0.0.1', '192.168.2.9'))
    assert.ok(within('fd00::1', 'fd00::/8'))
    assert.ok(!within('fe00::1', 'fd00::/8'))
    assert.ok(within('8.8.8.8', '0.0.0.0/0'))
    assert.ok(!within('8.8.8.8'))
  })

  const refused: { name: string; value: Value }[] = [
    { name: 'no object', value: 'x' },
    { name: 'an unknown field', value: new Map([['source', ['1.2.3.4']]]) },
    { name: 'no array', value: new Map([['clientSource', '1.2.3.4']]) },
    { name: 'no address', value: new Map([['clientSource', ['1.2.3']]]) },
    { name: 'a range too long', value: new Map([['clientSource', ['1.2.3.4/33']]]) },
    { name: 'a range of nothing', value: new Map([['clientSource', ['1.2.3.4/']]]) },
  ]
  for (const { name, value } of refused) {
    test(`refuse ${name}`, () => {
      assert.throws(
        () => readRestrictions([value]),
        (error) => error instanceof CommandError && error.codeName === 'BadValue',
      )
    })
  }
})
