import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Action } from './actions.js'
import {
  isAuthorized,
  isAuthorizedWithin,
  noPermissions,
  permissionsOf,
  type Target,
} from './authorize.js'
import { builtinRoleNames } from './builtin-roles.js'
import type { RoleName } from './privilege.js'
import { type DefinedRole, resolveRoles, roleKey } from './roles.js'

function permissions(roles: RoleName[], defined: Record<string, DefinedRole> = {}) {
  return permissionsOf(resolveRoles(roles, (name) => defined[roleKey(name)]).privileges)
}

const cluster: Target = { cluster: true }

describe('built-in roles', () => {
  const cases: [role: string, db: string, action: Action, target: Target, allowed: boolean][] = [
    ['read', 'a', 'find', { db: 'a', collection: 'c' }, true],
    ['read', 'a', 'find', { db: 'b', collection: 'c' }, false],
    ['read', 'a', 'insert', { db: 'a', collection: 'c' }, false],
    ['read', 'a', 'listCollections', { db: 'a' }, true],
    ['read', 'a', 'find', { db: 'a', collection: 'system.users' }, false],
    ['read', 'a', 'find', { db: 'a', collection: 'system.js' }, true],
    ['readWrite', 'a', 'insert', { db: 'a', collection: 'c' }, true],
    ['readWrite', 'a', 'createIndex', { db: 'a', collection: 'c' }, true],
    ['readWrite', 'a', 'collMod', { db: 'a', collection: 'c' }, false],
    ['readWrite', 'a', 'dropDatabase', { db: 'a' }, false],
    ['readWrite', 'local', 'insert', { db: 'local', collection: 'replset.minvalid' }, false],
    ['dbAdmin', 'a', 'find', { db: 'a', collection: 'c' }, false],
    ['dbAdmin', 'a', 'find', { db: 'a', collection: 'system.profile' }, true],
    ['dbAdmin', 'a', 'dropDatabase', { db: 'a' }, true],
    ['dbOwner', 'a', 'find', { db: 'a', collection: 'c' }, true],
    ['dbOwner', 'a', 'createUser', { db: 'a' }, true],
    ['dbOwner', 'a', 'createUser', { db: 'b' }, false],
    ['userAdmin', 'a', 'grantRole', { db: 'a' }, true],
    ['userAdmin', 'a', 'find', { db: 'a', collection: 'c' }, false],
    ['clusterMonitor', 'admin', 'serverStatus', cluster, true],
    ['clusterMonitor', 'admin', 'collStats', { db: 'a', collection: 'c' }, true],
    ['clusterMonitor', 'admin', 'find', { db: 'a', collection: 'c' }, false],
    ['clusterMonitor', 'admin', 'find', { db: 'local', collection: 'oplog.rs' }, true],
    ['clusterMonitor', 'a', 'serverStatus', cluster, false],
    ['clusterManager', 'admin', 'replSetConfigure', cluster, true],
    ['clusterManager', 'admin', 'shutdown', cluster, false],
    ['hostManager', 'admin', 'shutdown', cluster, true],
    ['hostManager', 'admin', 'fsync', cluster, true],
    ['clusterAdmin', 'admin', 'shutdown', cluster, true],
    ['clusterAdmin', 'admin', 'dropDatabase', { db: 'a' }, true],
    ['backup', 'admin', 'find', { db: 'admin', collection: 'system.users' }, true],
    ['backup', 'admin', 'find', { db: 'local', collection: 'oplog.rs' }, true],
    ['backup', 'admin', 'insert', { db: 'a', collection: 'c' }, false],
    ['restore', 'admin', 'insert', { db: 'a', collection: 'c' }, true],
    ['restore', 'admin', 'createUser', { db: 'a' }, true],
    ['restore', 'admin', 'find', { db: 'a', collection: 'c' }, false],
    ['readAnyDatabase', 'admin', 'find', { db: 'a', collection: 'c' }, true],
    ['readAnyDatabase', 'admin', 'listDatabases', cluster, true],
    ['readAnyDatabase', 'admin', 'find', { db: 'config', collection: 'c' }, false],
    ['readAnyDatabase', 'a', 'find', { db: 'a', collection: 'c' }, false],
    ['readWriteAnyDatabase', 'admin', 'update', { db: 'a', collection: 'c' }, true],
    ['readWriteAnyDatabase', 'admin', 'createUser', { db: 'a' }, false],
    ['userAdminAnyDatabase', 'admin', 'createUser', { db: 'a' }, true],
    ['userAdminAnyDatabase', 'admin', 'find', { db: 'admin', collection: 'system.users' }, true],
    ['dbAdminAnyDatabase', 'admin', 'collMod', { db: 'a', collection: 'c' }, true],
    ['root', 'admin', 'insert', { db: 'a', collection: 'c' }, true],
    ['root', 'admin', 'serverStatus', cluster, true],
    ['root', 'admin', 'validate', { db: 'a', collection: 'system.views' }, true],
    ['root', 'admin', 'insert', { db: 'admin', collection: 'system.roles' }, false],
    ['root', 'admin', 'internal', cluster, false],
    ['__system', 'admin', 'internal', cluster, true],
    ['__system', 'admin', 'insert', { db: 'admin', collection: 'system.roles' }, true],
    ['noSuchRole', 'admin', 'find', { db: 'a', collection: 'c' }, false],
    ['constructor', 'admin', 'find', { db: 'a', collection: 'c' }, false],
  ]
  for (const [role, db, action, target, allowed] of cases) {
    const where = 'cluster' in target ? 'the cluster' : `${target.db}.${target.collection ?? ''}`
    test(`${role}@${db} ${allowed ? 'may' : 'may not'} ${action} on ${where}`, () => {
      assert.equal(isAuthorized(permissions([{ role, db }]), action, target), allowed)
    })
  }

  test('each database has some, admin has more', () => {
    assert.ok(builtinRoleNames('a').includes('readWrite'))
    assert.ok(!builtinRoleNames('a').includes('root'))
    assert.ok(builtinRoleNames('admin').includes('root'))
  })
})

describe('defined roles', () => {
  const defined: Record<string, DefinedRole> = {
    'a.reader': { roles: [{ role: 'ring', db: 'a' }], privileges: [] },
    'a.ring': {
      roles: [
        { role: 'reader', db: 'a' },
        { role: 'read', db: 'b' },
      ],
      privileges: [
        { resource: { db: 'a', collection: 'c' }, actions: ['find'] },
        { resource: { db: 'a', collection: 'system.views' }, actions: ['find'] },
        { resource: { db: '', collection: 'd' }, actions: ['remove'] },
      ],
    },
  }
  const reader = permissions([{ role: 'reader', db: 'a' }], defined)

  test('contain other roles, also in a ring', () => {
    assert.ok(isAuthorized(reader, 'find', { db: 'a', collection: 'c' }))
    assert.ok(isAuthorized(reader, 'find', { db: 'b', collection: 'x' }))
    assert.ok(!isAuthorized(reader, 'find', { db: 'a', collection: 'd' }))
    const { roles } = resolveRoles([{ role: 'reader', db: 'a' }], (name) => defined[roleKey(name)])
    assert.deepEqual(roles.map(roleKey), ['a.reader', 'a.ring', 'b.read'])
  })

  test('reach system collections by name, and one name in all databases', () => {
    assert.ok(isAuthorized(reader, 'find', { db: 'a', collection: 'system.views' }))
    assert.ok(isAuthorized(reader, 'remove', { db: 'z', collection: 'd' }))
    assert.ok(!isAuthorized(reader, 'remove', { db: 'z' }))
  })

  test('show which databases there is something to find in', () => {
    assert.ok(isAuthorizedWithin(reader, 'find', 'a'))
    assert.ok(isAuthorizedWithin(reader, 'find', 'b'))
    assert.ok(!isAuthorizedWithin(reader, 'find', 'c'))
  })
})

test('without permissions nothing is allowed', () => {
  assert.ok(!isAuthorized(noPermissions, 'find', { db: 'a', collection: 'c' }))
  assert.ok(!isAuthorized(noPermissions, 'listDatabases', cluster))
})
