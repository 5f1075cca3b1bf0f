import { accountRoutes } from './accounts.js'
import { aclRoutes } from './acls.js'
import { planRoutes } from './plans.js'
import type { V2Route } from './route.js'
import { tokenRoutes } from './tokens.js'

/** All of API v2. */
export const v2Routes: readonly V2Route[] = [
  ...accountRoutes,
  ...aclRoutes,
  ...planRoutes,
  ...tokenRoutes,
]
