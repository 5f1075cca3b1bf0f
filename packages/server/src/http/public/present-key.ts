import type { ApiKey } from '../../control/api-keys/api-keys.js'
import { type Entity, path, self } from './result.js'

/** A key as the Public API shows it; its private half only while it is new. */
export function presentKey(key: ApiKey, privateKey?: string): Entity {
  const { id, publicKey, description, roles, org, account, tail, username } = key
  const isPersonal = username !== undefined
  return {
    desc: description,
    id,
    publicKey: username ?? publicKey,
    privateKey: privateKey ?? `********-****-****-${tail}`,
    roles: isPersonal ? undefined : roles.map((role) => ({ ...role })),
    links: [
      self(
        isPersonal ? path`/users/${account}/apiKeys/${id}` : path`/orgs/${org ?? ''}/apiKeys/${id}`,
      ),
    ],
  }
}
