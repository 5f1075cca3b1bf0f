import { aclRoutes } from './acls.js'
import { collectionRoutes } from './collections.js'
import { databaseRoutes } from './databases.js'
import { documentRoutes } from './documents.js'
import { instanceRoutes } from './instances.js'
import { profilerRoutes } from './profiler.js'
import type { V1Route } from './route.js'

/** All of API v1. */
export const v1Routes: readonly V1Route[] = [
  ...aclRoutes,
  ...collectionRoutes,
  ...databaseRoutes,
  ...documentRoutes,
  ...instanceRoutes,
  ...profilerRoutes,
]
