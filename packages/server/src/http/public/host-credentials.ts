import { refusal } from '../../control/refusal.js'
import type { Host } from '../../control/topology/host.js'
import type { HostChanges } from '../../control/topology/topology.js'

/** What a mechanism of authentication takes. */
interface Mechanism {
  readonly user: boolean
  readonly password: boolean
  readonly tls?: boolean
}

const mechanisms: { readonly [name: string]: Mechanism } = {
  NONE: { user: false, password: false },
  MONGODB_CR: { user: true, password: true },
  'SCRAM-SHA-1': { user: true, password: true },
  'SCRAM-SHA-256': { user: true, password: true },
  PLAIN: { user: true, password: true },
  GSSAPI: { user: true, password: false },
  MONGODB_X509: { user: true, password: false, tls: true },
}

/** How Gantry signs in to an instance is its own affair; this is what is shown of it. */
export const INSTANCE_LOGIN = { authMechanismName: 'SCRAM-SHA-256', sslEnabled: false } as const

/** Checks how a host is to be monitored, together with how it is now. */
export function checkMonitoring(changes: HostChanges, host: Host | undefined): HostChanges {
  if (host?.instance || host?.automation) {
    const { username, password, authMechanismName, sslEnabled, ...rest } = changes
    const login = { username, password, authMechanismName, sslEnabled }
    const shown: Partial<typeof login> = host.automation?.login ?? INSTANCE_LOGIN
    const own = Object.entries(login).find(
      ([name, value]) => value && value !== shown[name as keyof typeof login],
    )
    if (own) {
      throw refusal('CANNOT_MODIFY_MANAGED_HOST', `${host.hostname}:${host.port}`, own[0])
    }
    return rest
  }
  const { username, password } = changes
  const now = host?.record
  const name =
    changes.authMechanismName ?? (username ? 'MONGODB_CR' : (now?.authMechanismName ?? 'NONE'))
  const mechanism = Object.hasOwn(mechanisms, name) ? mechanisms[name] : undefined
  if (!mechanism) throw refusal('INVALID_AUTH_MECHANISM', name)
  if (!mechanism.user && (username || password)) {
    throw refusal('CANNOT_SET_CREDENTIALS_FOR_AUTH_MECHANISM', name)
  }
  if (mechanism.user && !mechanism.password && password) {
    throw refusal('CANNOT_SET_PASSWORD_FOR_AUTH_MECHANISM', name)
  }
  const isSame = username === undefined || username === now?.username
  const hasPassword = password || (isSame && now?.passwordSealed)
  if (mechanism.password && !((username ?? now?.username) && hasPassword)) {
    throw refusal('MISSING_CREDENTIALS_FOR_AUTH_MECHANISM', name)
  }
  if (mechanism.tls && !(changes.sslEnabled ?? now?.sslEnabled)) {
    throw refusal('AUTH_MECHANISM_REQUIRES_SSL', name)
  }
  return { ...changes, authMechanismName: name }
}
