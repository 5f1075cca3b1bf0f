/**
 * MongoDB's built-in roles as data: for each, the privileges it adds and the roles it contains.
 * Actions on what this server does not have (shards, for instance) are there too, as tools
 * copy and compare roles.
 */
import { type Action, actions } from './actions.js'
import { builtinActions } from './builtin-actions.js'
import type { Privilege, RoleName } from './privilege.js'

export interface BuiltinRole {
  readonly privileges: readonly Privilege[]
  /** Built-in roles whose privileges this one has as well. */
  readonly contains?: readonly RoleName[]
}

const {
  read,
  write,
  administer,
  administerUsers,
  monitorCluster,
  manageCluster,
  manageShards,
  manageHost,
  restoreCollection,
  monitorCollections,
  writeDocuments,
} = builtinActions

function on(db: string, collection: string, actions: readonly Action[]): Privilege {
  return { resource: { db, collection }, actions }
}

function onCluster(...actions: Action[]): Privilege {
  return { resource: { cluster: true }, actions }
}

function onAny(...actions: Action[]): Privilege {
  return { resource: { anyResource: true }, actions }
}

/** Roles that each database has. An empty name makes the form for all databases. */
const databaseRoles: Readonly<Record<string, (db: string) => Privilege[]>> = {
  read: (db) => [on(db, '', read), on(db, 'system.js', read)],
  readWrite: (db) => [on(db, '', [...read, ...write]), on(db, 'system.js', [...read, ...write])],
  dbAdmin: (db) => [
    on(db, '', administer),
    on(db, 'system.js', administer),
    on(db, 'system.profile', [...read, 'createCollection', 'dropCollection']),
  ],
  userAdmin: (db) => [on(db, '', administerUsers)],
  dbOwner: (db) => ['readWrite', 'dbAdmin', 'userAdmin'].flatMap((role) => databaseRoles[role](db)),
  enableSharding: (db) => [on(db, '', ['enableSharding'])],
}

const inAdmin = (role: string): RoleName => ({ role, db: 'admin' })

/** Roles that only the database `admin` has. */
const adminRoles: Readonly<Record<string, BuiltinRole>> = {
  readAnyDatabase: { privileges: [...databaseRoles.read(''), onCluster('listDatabases')] },
  readWriteAnyDatabase: {
    privileges: [...databaseRoles.readWrite(''), onCluster('listDatabases')],
  },
  dbAdminAnyDatabase: { privileges: [...databaseRoles.dbAdmin(''), onCluster('listDatabases')] },
  userAdminAnyDatabase: {
    privileges: [
      ...databaseRoles.userAdmin(''),
      onCluster('authSchemaUpgrade', 'invalidateUserCache', 'listDatabases'),
      ...['system.users', 'system.roles'].map((name) =>
        on('admin', name, [...read, 'createIndex', 'dropIndex']),
      ),
      on('admin', 'system.version', read),
      on('', 'system.users', read),
    ],
  },
  clusterMonitor: {
    privileges: [
      onCluster(...monitorCluster),
      on('', '', monitorCollections),
      on('', 'system.profile', ['find']),
      ...['config', 'local'].flatMap((db) => [
        on(db, '', [...read, ...monitorCollections]),
        on(db, 'system.js', read),
      ]),
      on('local', 'system.replset', ['find']),
      on('local', 'replset.election', ['find']),
      on('local', 'replset.minvalid', ['find']),
    ],
  },
  clusterManager: {
    privileges: [
      onCluster(...manageCluster),
      on('', '', manageShards),
      on('config', '', [...read, ...writeDocuments, ...manageShards]),
      on('config', 'system.js', read),
      on('local', '', [...writeDocuments, ...manageShards]),
      on('local', 'system.replset', read),
    ],
  },
  hostManager: { privileges: [onCluster(...manageHost), on('', '', ['killCursors'])] },
  clusterAdmin: {
    privileges: [on('', '', ['dropDatabase'])],
    contains: ['clusterMonitor', 'clusterManager', 'hostManager'].map(inAdmin),
  },
  backup: {
    privileges: [
      onAny('collStats', 'listCollections', 'listIndexes'),
      onCluster('appendOplogNote', 'getParameter', 'listDatabases', 'serverStatus', 'useUUID'),
      ...['', 'config', 'local'].map((db) => on(db, '', ['find'])),
      ...['system.js', 'system.profile', 'system.users', 'system.views'].map((name) =>
        on('', name, ['find']),
      ),
      ...['system.users', 'system.roles', 'system.version', 'system.new_users'].map((name) =>
        on('admin', name, ['find']),
      ),
      on('admin', 'mms.backup', ['insert', 'update']),
      on('config', 'settings', ['find', 'insert', 'update']),
      on('local', 'system.replset', ['find']),
    ],
  },
  restore: {
    privileges: [
      onAny('listCollections'),
      onCluster('getParameter', 'useUUID', 'forceUUID'),
      on('', '', [...restoreCollection, ...administerUsers]),
      ...['config', 'local'].map((db) => on(db, '', restoreCollection)),
      ...['system.js', 'system.views'].map((name) => on('', name, [...restoreCollection, 'find'])),
      on('admin', 'system.version', [...restoreCollection, 'find']),
      on('admin', 'system.roles', ['createIndex', 'find']),
      ...['admin', ''].map((db) =>
        on(db, 'system.users', [...restoreCollection, 'find', 'remove', 'update']),
      ),
      on('admin', 'tempusers', [...restoreCollection, 'find']),
      on('admin', 'temproles', [...restoreCollection, 'find']),
    ],
  },
  root: {
    privileges: [onAny('validate')],
    contains: [
      'readWriteAnyDatabase',
      'dbAdminAnyDatabase',
      'userAdminAnyDatabase',
      'clusterAdmin',
      'backup',
      'restore',
    ].map(inAdmin),
  },
  __system: { privileges: [onAny(...actions)] },
}

/** The built-in role of a name, or undefined. */
export function builtinRole({ role, db }: RoleName): BuiltinRole | undefined {
  if (db === 'admin' && Object.hasOwn(adminRoles, role)) return adminRoles[role]
  if (Object.hasOwn(databaseRoles, role)) return { privileges: databaseRoles[role](db) }
  return undefined
}

/** The names of all built-in roles that a database has. */
export function builtinRoleNames(db: string): string[] {
  const names = Object.keys(databaseRoles)
  return db === 'admin' ? [...names, ...Object.keys(adminRoles)] : names
}
