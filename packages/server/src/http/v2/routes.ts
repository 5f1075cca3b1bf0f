import { accountRoutes } from './accounts.js'
import { aclRoutes } from './acls.js'
import { backupRoutes } from './backups.js'
import { collectionRoutes } from './collections.js'
import { compactionRoutes } from './compaction.js'
import { dashboardRoutes } from './dashboards.js'
import { databaseRoutes } from './databases.js'
import { elasticsearchRoutes } from './elasticsearch.js'
import { elsewhereRoutes } from './elsewhere.js'
import { graphRoutes } from './graphs.js'
import { instanceRoutes } from './instances.js'
import { mongodbRoutes } from './mongodb.js'
import { planRoutes } from './plans.js'
import { redisRoutes } from './redis.js'
import type { V2Route } from './route.js'
import { statsRoutes } from './stats.js'
import { taskRoutes } from './tasks.js'
import { tokenRoutes } from './tokens.js'

/** All of API v2. */
export const v2Routes: readonly V2Route[] = [
  ...accountRoutes,
  ...aclRoutes,
  ...backupRoutes,
  ...collectionRoutes,
  ...compactionRoutes,
  ...dashboardRoutes,
  ...databaseRoutes,
  ...elasticsearchRoutes,
  ...elsewhereRoutes,
  ...graphRoutes,
  ...instanceRoutes,
  ...mongodbRoutes,
  ...planRoutes,
  ...redisRoutes,
  ...statsRoutes,
  ...taskRoutes,
  ...tokenRoutes,
]
