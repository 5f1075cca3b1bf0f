import { v1 } from '@gantry/api'
import { Double } from '@gantry/bson'
import { route } from './route.js'

export const instanceRoutes = [
  route(v1.getInstance, ({ control, instance }) => {
    const { name, zone, plan } = instance
    const { host, port } = control.instances.addressOf(instance) ?? {}
    // The size is in gigabytes; an instance has one shard.
    return { name, zone, host, plan, port, size: new Double(plan) }
  }),
]
