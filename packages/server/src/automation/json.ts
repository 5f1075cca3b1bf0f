import type { Json, JsonObject } from './goal.js'

/** Whether a value is an object with fields. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A copy in which fields that are null are left out: null says that there is nothing. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([name, inner]) => [name, withoutNulls(inner)]),
  )
}

/** Whether two values differ in nothing but the order of their fields. */
export function isSame(a: unknown, b: unknown): boolean {
  return sortedText(a) === sortedText(b)
}

function sortedText(value: unknown): string {
  return String(
    JSON.stringify(value, (_name, inner: unknown) =>
      isObject(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([x], [y]) => (x < y ? -1 : 1)))
        : inner,
    ),
  )
}

/** By what an entry of a list is known, whatever its place: undefined when there is nothing. */
export function identityOf(item: unknown): string | undefined {
  if (!isObject(item)) return undefined
  const { name, _id, user, role, db, hostname } = item
  const known = name ?? _id ?? user ?? role ?? hostname
  if (typeof known === 'object' || known === undefined) return undefined
  const isOfDatabase = user !== undefined || role !== undefined
  return isOfDatabase && db !== undefined ? `${known}@${String(db)}` : String(known)
}
