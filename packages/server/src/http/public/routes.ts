import { accessListRoutes } from './access-lists.js'
import { agentApiKeyRoutes } from './agent-api-keys.js'
import { agentRoutes } from './agents.js'
import { alertConfigRoutes } from './alert-configs.js'
import { alertRoutes } from './alerts.js'
import { apiKeyRoutes } from './api-keys.js'
import { automationRoutes } from './automation.js'
import { backupConfigRoutes } from './backup-configs.js'
import { clusterRoutes } from './clusters.js'
import { eventRoutes } from './events.js'
import { featurePolicyRoutes } from './feature-policies.js'
import { groupUserRoutes } from './group-users.js'
import { groupRoutes } from './groups.js'
import { hostRoutes } from './hosts.js'
import { invitationRoutes } from './invitations.js'
import { logCollectionJobRoutes } from './log-collection-jobs.js'
import { maintenanceWindowRoutes } from './maintenance-windows.js'
import { measurementRoutes } from './measurements.js'
import { orgRoutes } from './orgs.js'
import { performanceAdvisorRoutes } from './performance-advisor.js'
import { restoreJobRoutes } from './restore-jobs.js'
import { rootRoutes } from './root.js'
import type { PublicRoute } from './route.js'
import { snapshotRoutes } from './snapshots.js'
import { softwareComponentRoutes } from './software-components.js'
import { teamRoutes } from './teams.js'
import { userRoutes } from './users.js'

/** Everything that the Public API serves. */
export const publicRoutes: readonly PublicRoute[] = [
  ...rootRoutes,
  ...orgRoutes,
  ...groupRoutes,
  ...featurePolicyRoutes,
  ...groupUserRoutes,
  ...userRoutes,
  ...teamRoutes,
  ...invitationRoutes,
  ...accessListRoutes,
  ...apiKeyRoutes,
  ...agentApiKeyRoutes,
  ...eventRoutes,
  ...logCollectionJobRoutes,
  ...agentRoutes,
  ...automationRoutes,
  ...hostRoutes,
  ...measurementRoutes,
  ...maintenanceWindowRoutes,
  ...performanceAdvisorRoutes,
  ...clusterRoutes,
  ...backupConfigRoutes,
  ...snapshotRoutes,
  ...restoreJobRoutes,
  ...softwareComponentRoutes,
  ...alertRoutes,
  ...alertConfigRoutes,
]
