/** The keys, passwords and credentials in a goal document. */
import type { Json, JsonObject } from './goal.js'
import { identityOf, isObject } from './json.js'

const SECRET_NAME = /(pwd|password|passwordhash|passwordsalt|passphrase|secret|token)$/i
const CREDENTIALS = ['scramSha1Creds', 'scramSha256Creds']
const KEYS = ['key', 'newKey']

/** Whether a field holds a secret; `parent` is the name of the field that it is in. */
export function isSecret(name: string, parent: string | undefined): boolean {
  if (SECRET_NAME.test(name) || CREDENTIALS.includes(name)) return true
  return parent === 'auth' && KEYS.includes(name)
}

/** A copy without any secrets. */
export function withoutSecrets(value: Json, parent?: string): Json {
  if (Array.isArray(value)) return value.map((item: Json) => withoutSecrets(item))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !isSecret(name, parent))
      .map(([name, inner]) => [name, withoutSecrets(inner, name)]),
  )
}

/** A copy with those secrets of `before` that it has a place for and does not give itself. */
export function withSecretsOf(before: Json | undefined, value: Json, parent?: string): Json {
  if (Array.isArray(value)) {
    const old = Array.isArray(before) ? before : []
    return value.map((item: Json) => {
      const identity = identityOf(item)
      const same = old.find((other) => identity !== undefined && identityOf(other) === identity)
      return withSecretsOf(same, item)
    })
  }
  if (!isObject(value)) return value
  const old: JsonObject = isObject(before) ? before : {}
  const kept = Object.entries(old).filter(
    ([name]) => isSecret(name, parent) && (value[name] ?? null) === null,
  )
  return {
    ...Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, withSecretsOf(old[name], inner, name)]),
    ),
    ...Object.fromEntries(kept),
  }
}
