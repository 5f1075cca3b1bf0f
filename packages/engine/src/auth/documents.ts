/** Users and roles as documents, in the form that MongoDB keeps in `admin.system.users` and `admin.system.roles`. */
import { Binary, type Doc, type Value } from '@gantry/bson'
import { isAction } from './actions.js'
import { type Mechanism, mechanisms, type ScramCredential } from './credential.js'
import type { StoredUser } from './login.js'
import type { Privilege, Resource, RoleName } from './privilege.js'
import { type Restriction, readRestrictions } from './restrictions.js'
import type { DefinedRole } from './roles.js'

/** A user with everything that a login and the rights after it depend on. */
export interface User extends StoredUser {
  readonly userId: Binary | undefined
  readonly roles: readonly RoleName[]
  readonly restrictions: readonly Restriction[]
  readonly customData: Doc | undefined
}

export interface Role extends DefinedRole, RoleName {
  readonly restrictions: readonly Restriction[]
}

/** A user from its document. What is not in the expected form gives no rights. */
export function readUser(doc: Doc): User {
  return {
    user: text(doc.get('user')),
    db: text(doc.get('db')),
    userId: instance(doc.get('userId'), Binary),
    credentials: readCredentials(doc.get('credentials')),
    roles: list(doc.get('roles')).flatMap(readRoleName),
    restrictions: readRestrictions(list(doc.get('authenticationRestrictions'))),
    customData: document(doc.get('customData')),
  }
}

/** A role from its document. */
export function readRole(doc: Doc): Role {
  return {
    role: text(doc.get('role')),
    db: text(doc.get('db')),
    roles: list(doc.get('roles')).flatMap(readRoleName),
    privileges: list(doc.get('privileges')).flatMap(readPrivilege),
    restrictions: readRestrictions(list(doc.get('authenticationRestrictions'))),
  }
}

/** A user's document, whose `_id` is made of database and name. */
export function userDocument(user: User): Doc {
  const doc: Doc = new Map<string, Value>([['_id', `${user.db}.${user.user}`]])
  if (user.userId) doc.set('userId', user.userId)
  doc.set('user', user.user)
  doc.set('db', user.db)
  doc.set('credentials', credentialsDocument(user.credentials))
  if (user.customData) doc.set('customData', user.customData)
  doc.set('roles', user.roles.map(roleNameDocument))
  if (user.restrictions.length > 0)
    doc.set('authenticationRestrictions', restrictionsValue(user.restrictions))
  return doc
}

export function roleDocument(role: Role): Doc {
  const doc: Doc = new Map<string, Value>([
    ['_id', `${role.db}.${role.role}`],
    ['role', role.role],
    ['db', role.db],
    ['privileges', role.privileges.map(privilegeDocument)],
    ['roles', role.roles.map(roleNameDocument)],
  ])
  if (role.restrictions.length > 0)
    doc.set('authenticationRestrictions', restrictionsValue(role.restrictions))
  return doc
}

export function roleNameDocument({ role, db }: RoleName): Doc {
  return new Map([
    ['role', role],
    ['db', db],
  ])
}

export function privilegeDocument({ resource, actions }: Privilege): Doc {
  return new Map<string, Value>([
    ['resource', new Map<string, Value>(Object.entries(resource))],
    ['actions', [...actions]],
  ])
}

export function restrictionsValue(restrictions: readonly Restriction[]): Value[] {
  return restrictions.map((restriction) => {
    const doc: Doc = new Map()
    for (const name of ['clientSource', 'serverAddress'] as const) {
      const ranges = restriction[name]
      if (ranges) doc.set(name, [...ranges])
    }
    return doc
  })
}

function credentialsDocument(credentials: User['credentials']): Doc {
  const doc: Doc = new Map()
  for (const mechanism of mechanisms) {
    const credential = credentials[mechanism]
    if (credential) doc.set(mechanism, new Map<string, Value>(Object.entries(credential)))
  }
  return doc
}

function readCredentials(value: Value | undefined): Partial<Record<Mechanism, ScramCredential>> {
  const credentials: Partial<Record<Mechanism, ScramCredential>> = {}
  for (const mechanism of mechanisms) {
    const stored = document(document(value)?.get(mechanism))
    if (!stored) continue
    credentials[mechanism] = {
      iterationCount: Number(stored.get('iterationCount')),
      salt: text(stored.get('salt')),
      storedKey: text(stored.get('storedKey')),
      serverKey: text(stored.get('serverKey')),
    }
  }
  return credentials
}

function readRoleName(value: Value): RoleName[] {
  const doc = document(value)
  return doc ? [{ role: text(doc.get('role')), db: text(doc.get('db')) }] : []
}

function readPrivilege(value: Value): Privilege[] {
  const doc = document(value)
  const resource = readResource(document(doc?.get('resource')))
  if (!resource) return []
  const names = list(doc?.get('actions')).map(text)
  return [{ resource, actions: names.filter(isAction) }]
}

/** A resource from its document, or undefined when it is in none of the known forms. */
export function readResource(doc: Doc | undefined): Resource | undefined {
  if (!doc) return undefined
  const db = doc.get('db')
  const collection = doc.get('collection')
  if (doc.size === 1 && doc.get('cluster') === true) return { cluster: true }
  if (doc.size === 1 && doc.get('anyResource') === true) return { anyResource: true }
  if (doc.size === 2 && typeof db === 'string' && typeof collection === 'string')
    return { db, collection }
  return undefined
}

function text(value: Value | undefined): string {
  return typeof value === 'string' ? value : ''
}

function list(value: Value | undefined): Value[] {
  return Array.isArray(value) ? value : []
}

function document(value: Value | undefined): Doc | undefined {
  return value instanceof Map ? value : undefined
}

function instance<T>(value: unknown, type: abstract new (...args: never[]) => T): T | undefined {
  return value instanceof type ? value : undefined
}
