import type { AccountDirectory } from './accounts/directory.js'
import type { AclSyncs } from './acls/acl-sync.js'
import type { Acls } from './acls/acls.js'
import type { Administration } from './administration.js'
import type { Agents } from './agents/agents.js'
import type { AlertConfigs } from './alert-configs/alert-configs.js'
import type { Alerts } from './alerts/alerts.js'
import type { Backups } from './backups/backups.js'
import type { ClusterBackups } from './cluster-backups/cluster-backups.js'
import { type Collections, collectionsOf } from './collections/collections.js'
import type { Compactions } from './compaction/compaction.js'
import { type Dashboards, dashboardsOf } from './dashboards/dashboards.js'
import { type Databases, databasesOf } from './databases/databases.js'
import { type Documents, documentsOf } from './documents/documents.js'
import type { Connections } from './instances/connections.js'
import type { Lifecycle } from './instances/lifecycle.js'
import type { InstanceRegistry } from './instances/registry.js'
import type { LogJobs } from './log-jobs/log-jobs.js'
import { type Logs, logsOf } from './logs/logs.js'
import type { Metrics } from './metrics/metrics.js'
import type { Notifications } from './notifications/notifications.js'
import type { Catalog } from './plans/catalog.js'
import { type Profiles, profilesOf } from './profiles/profiles.js'
import type { Quotas } from './quotas/quotas.js'
import { type Redis, redisOf } from './redis/redis.js'
import type { RequestCounts } from './request-counts/request-counts.js'
import type { Schedules } from './schedules/schedules.js'
import { type Nodes, nodesOf } from './shards/nodes.js'
import { type Shards, shardsOf } from './shards/shards.js'
import type { Servers } from './shared/servers.js'
import type { SingleUses } from './shared/single-uses.js'
import type { State } from './state.js'
import { type Status, statusOf } from './status/status.js'
import type { Stepdowns } from './stepdown/stepdowns.js'
import type { Tasks } from './tasks/tasks.js'
import type { Tokens } from './tokens/tokens.js'

/** The domain, as all dialects act on it. */
export interface Control extends Administration {
  readonly instances: InstanceRegistry
  readonly lifecycle: Lifecycle
  readonly connections: Connections
  readonly databases: Databases
  readonly collections: Collections
  readonly documents: Documents
  readonly acls: Acls
  readonly aclSync: AclSyncs
  readonly status: Status
  readonly profiles: Profiles
  readonly logs: Logs
  readonly redis: Redis
  readonly shards: Shards
  readonly nodes: Nodes
  readonly dashboards: Dashboards
  readonly accounts: AccountDirectory
  readonly tokens: Tokens
  readonly catalog: Catalog
  readonly requestCounts: RequestCounts
  /** Calls of the Public API to projects, each counted in the second that its minute begins with. */
  readonly projectCalls: RequestCounts
  readonly servers: Servers
  /** Undefined: no other server shares the state. */
  readonly singleUses: SingleUses | undefined
  readonly tasks: Tasks
  readonly schedules: Schedules
  readonly metrics: Metrics
  readonly backups: Backups
  readonly clusterBackups: ClusterBackups
  readonly logJobs: LogJobs
  readonly quotas: Quotas
  readonly agents: Agents
  readonly compactions: Compactions
  readonly stepdowns: Stepdowns
  readonly notifications: Notifications
  readonly alertConfigs: AlertConfigs
  readonly alerts: Alerts
  /** Rejects when the server's own state cannot be read. */
  health(): Promise<void>
}

/** What follows from the rest. */
type Derived =
  | 'instances'
  | 'databases'
  | 'collections'
  | 'documents'
  | 'status'
  | 'profiles'
  | 'logs'
  | 'redis'
  | 'shards'
  | 'nodes'
  | 'dashboards'
  | 'health'

/** What is opened before the domain can be put together. */
export type Opened = Omit<Control, Derived>

export function controlOver(state: State, instances: InstanceRegistry, opened: Opened): Control {
  return {
    ...opened,
    instances,
    databases: databasesOf(instances),
    collections: collectionsOf(instances),
    documents: documentsOf(instances),
    status: statusOf(instances),
    profiles: profilesOf(instances),
    logs: logsOf(instances),
    redis: redisOf(instances),
    shards: shardsOf(instances),
    nodes: nodesOf(instances),
    dashboards: dashboardsOf(state),
    health: () => state.health(),
  }
}
