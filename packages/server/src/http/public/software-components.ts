import { publicApi } from '@gantry/api'
import { softwareVersions } from '../../control/agents/versions.js'
import { self } from './result.js'
import { type PublicRoute, route } from './route.js'

export const softwareComponentRoutes: readonly PublicRoute[] = [
  route(publicApi.getSoftwareVersions, () => ({
    ...softwareVersions,
    links: [self('/softwareComponents/versions')],
  })),
]
