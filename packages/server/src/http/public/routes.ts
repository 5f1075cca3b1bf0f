import { accessListRoutes } from './access-lists.js'
import { agentApiKeyRoutes } from './agent-api-keys.js'
import { apiKeyRoutes } from './api-keys.js'
import { groupUserRoutes } from './group-users.js'
import { groupRoutes } from './groups.js'
import { orgRoutes } from './orgs.js'
import { rootRoutes } from './root.js'
import type { PublicRoute } from './route.js'
import { userRoutes } from './users.js'

/** Everything that the Public API serves. */
export const publicRoutes: readonly PublicRoute[] = [
  ...rootRoutes,
  ...orgRoutes,
  ...groupRoutes,
  ...groupUserRoutes,
  ...userRoutes,
  ...accessListRoutes,
  ...apiKeyRoutes,
  ...agentApiKeyRoutes,
]
