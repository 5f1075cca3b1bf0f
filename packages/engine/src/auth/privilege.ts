import type { Action } from './actions.js'

/**
 * What a privilege is about, as MongoDB writes it. An empty `db` or `collection` stands for
 * all of them; an empty `collection` leaves out the system collections.
 */
export type Resource =
  | { readonly db: string; readonly collection: string }
  | { readonly cluster: true }
  | { readonly anyResource: true }

export interface Privilege {
  readonly resource: Resource
  readonly actions: readonly Action[]
}

/** A user or role by name; the same name in two databases is two. */
export interface RoleName {
  readonly role: string
  readonly db: string
}

/** The key of a resource: the same for two that are the same. */
export function resourceKey(resource: Resource): string {
  if ('cluster' in resource) return 'cluster'
  if ('anyResource' in resource) return 'any'
  return `${resource.db}\0${resource.collection}`
}

/** One privilege per resource with the actions of all, sorted by name. */
export function mergePrivileges(privileges: Iterable<Privilege>): Privilege[] {
  const merged = new Map<string, { resource: Resource; actions: Set<Action> }>()
  for (const { resource, actions } of privileges) {
    const key = resourceKey(resource)
    const entry = merged.get(key)
    if (!entry) merged.set(key, { resource, actions: new Set(actions) })
    else for (const action of actions) entry.actions.add(action)
  }
  return [...merged.values()].map(({ resource, actions }) => ({
    resource,
    actions: [...actions].sort(),
  }))
}

/** System collections, which no privilege on all collections of a database covers. */
export function isSystemCollection(db: string, collection: string): boolean {
  return collection.startsWith('system.') || (db === 'local' && collection.startsWith('replset.'))
}

/** What is left of privileges when actions on the same resources are taken away. */
export function subtractPrivileges(
  privileges: readonly Privilege[],
  taken: readonly Privilege[],
): Privilege[] {
  const gone = new Map(
    mergePrivileges(taken).map(({ resource, actions }) => [resourceKey(resource), actions]),
  )
  return privileges.flatMap(({ resource, actions }) => {
    const left = actions.filter((action) => !gone.get(resourceKey(resource))?.includes(action))
    return left.length > 0 ? [{ resource, actions: left }] : []
  })
}
