import type { DigestAlgorithm } from './digest.js'
import type { PublicSettings } from './route.js'

/** How the Public API is configured. */
export interface PublicOptions extends PublicSettings {
  /** What links begin with; undefined: what the request was sent to. */
  readonly publicUrl?: string
  /** Serves plain HTTP to other machines too. */
  readonly plainHttp: boolean
  readonly algorithms: readonly DigestAlgorithm[]
  readonly nonceLifetimeMs: number
  /** Calls to a project within a minute; 0: any number. */
  readonly rateLimit: number
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/** What it is where nothing is said. */
export const PUBLIC_DEFAULTS: PublicOptions = {
  plainHttp: false,
  algorithms: ['MD5'],
  nonceLifetimeMs: 300_000,
  rateLimit: 100,
  keysCreateOrgs: false,
  requireAccessList: true,
  now: Date.now,
}
