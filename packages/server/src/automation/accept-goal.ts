import type { Goal, Json, JsonObject } from './goal.js'

/** Keys that the server keeps when a document leaves them out. */
const SERVER_OWNED = ['mongoDbVersions', 'agentVersion', 'options', 'uiBaseUrl']

/**
 * The document to be kept when one is put: without what is null, with what only the server
 * sets, one version on from `before`. The same object as `before` when nothing differs.
 */
export function acceptedGoal(put: JsonObject, before: Goal): Goal {
  const kept = Object.fromEntries(
    SERVER_OWNED.filter((key) => before[key] !== undefined).map((key) => [key, before[key]]),
  )
  const { version: _version, ...document } = withoutNulls(put) as JsonObject
  const next = withSecretsOf(before, { ...kept, ...document } as unknown as Goal)
  const { version, ...rest } = before
  if (canonical(next as unknown as Json) === canonical(rest as unknown as Json)) return before
  return { ...next, version: version + 1 } as Goal
}

/** Keys and credentials that clients leave out when they do not change them. */
function withSecretsOf(before: Goal, next: Goal): Goal {
  const old = (before.auth ?? {}) as unknown as JsonObject
  const given = next.auth as unknown as JsonObject | undefined
  if (!given) return next
  const users = usersIn(given).map((user) => {
    const same = usersIn(old).find((other) => other.user === user.user && other.db === user.db)
    const stays = user.pwd === undefined && user.initPwd === undefined
    return { ...(stays && same && credentialsOf(same)), ...user } as JsonObject
  })
  const auth = {
    ...(old.key !== undefined && { key: old.key }),
    ...given,
    ...(given.usersWanted !== undefined && { usersWanted: users }),
  }
  return { ...next, auth } as unknown as Goal
}

function usersIn({ usersWanted }: JsonObject): JsonObject[] {
  return Array.isArray(usersWanted) ? [...(usersWanted as JsonObject[])] : []
}

function credentialsOf(user: JsonObject): JsonObject {
  const names = ['scramSha1Creds', 'scramSha256Creds', 'initPwd', 'pwd']
  return Object.fromEntries(names.filter((name) => name in user).map((name) => [name, user[name]]))
}

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([name, inner]) => [name, withoutNulls(inner)]),
  )
}

/** A text that is the same for documents that differ in the order of their keys only. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
