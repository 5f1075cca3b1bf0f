import type { FastifyInstance } from 'fastify'
import { aclRoutes } from './acls.js'
import { collectionRoutes } from './collections.js'
import { databaseRoutes } from './databases.js'
import { documentRoutes } from './documents.js'
import { instanceRoutes } from './instances.js'
import { profilerRoutes } from './profiler.js'
import { addRoute, type V1Options } from './route.js'

/** All of API v1. */
export function addV1Routes(app: FastifyInstance, options: V1Options): void {
  const routes = [
    ...documentRoutes,
    ...collectionRoutes,
    ...databaseRoutes,
    ...instanceRoutes,
    ...profilerRoutes,
    ...aclRoutes,
  ]
  for (const route of routes) addRoute(app, options, route)
}
