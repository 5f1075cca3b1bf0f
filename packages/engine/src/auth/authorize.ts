import type { Action } from './actions.js'
import { isSystemCollection, mergePrivileges, type Privilege, resourceKey } from './privilege.js'

/** What an operation is about: a collection, a database as such, or the cluster. */
export type Target =
  | { readonly db: string; readonly collection?: string }
  | { readonly cluster: true }

/** The privileges of one user, ready to be asked. */
export interface Permissions {
  /** Everything on everything, as a session within the program has. */
  readonly all: boolean
  readonly byResource: ReadonlyMap<string, ReadonlySet<Action>>
}

export const noPermissions: Permissions = { all: false, byResource: new Map() }

export const allPermissions: Permissions = { all: true, byResource: new Map() }

export function permissionsOf(privileges: Iterable<Privilege>): Permissions {
  const byResource = new Map(
    mergePrivileges(privileges).map(({ resource, actions }) => [
      resourceKey(resource),
      new Set(actions),
    ]),
  )
  return { all: byResource.get('any')?.has('anyAction') ?? false, byResource }
}

/** Says whether an action is allowed on a target. Without a collection only what is granted on the database counts. */
export function isAuthorized(permissions: Permissions, action: Action, target: Target): boolean {
  if (permissions.all) return true
  const { byResource } = permissions
  const allows = (key: string) => {
    const allowed = byResource.get(key)
    return allowed !== undefined && (allowed.has(action) || allowed.has('anyAction'))
  }
  if (allows('any')) return true
  if ('cluster' in target) return allows('cluster')
  const { db, collection = '' } = target
  if (allows(`${db}\0${collection}`)) return true
  if (collection === '') return isOrdinaryDatabase(db) && allows('\0')
  if (allows(`\0${collection}`)) return true
  if (isSystemCollection(db, collection)) return false
  return allows(`${db}\0`) || (isOrdinaryDatabase(db) && allows('\0'))
}

/** A privilege on all databases leaves out the server's own two. */
function isOrdinaryDatabase(db: string): boolean {
  return db !== 'local' && db !== 'config'
}

/** Says whether an action is allowed on anything within a database: what `listDatabases` shows a user. */
export function isAuthorizedWithin(permissions: Permissions, action: Action, db: string): boolean {
  if (isAuthorized(permissions, action, { db })) return true
  for (const [key, allowed] of permissions.byResource) {
    if (key.startsWith(`${db}\0`) && (allowed.has(action) || allowed.has('anyAction'))) return true
  }
  return false
}
