import { v1 } from '@gantry/api'
import { Double } from '@gantry/bson'
import { route } from './route.js'

export const instanceRoutes = [
  route(v1.getInstance, ({ instance: { name, zone, plan } }) => ({
    name,
    zone,
    plan,
    // Gigabytes; an instance has one shard.
    size: new Double(plan),
  })),
]
