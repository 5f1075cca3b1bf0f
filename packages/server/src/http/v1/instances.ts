import { v1 } from '@gantry/api'
import { Double, type Writable } from '@gantry/bson'
import type { Address } from '../../binding.js'
import type { Control } from '../../control/control.js'
import { firstAddress } from '../../control/instances/connections.js'
import type { Instance } from '../../control/instances/instances.js'
import type { Space } from '../../control/status/status.js'
import { presentStatus } from '../server-status.js'
import { presentLog } from './log.js'
import { presentOperation } from './operations.js'
import { route, type V1Call } from './route.js'

/** Lines of a log that one call answers. */
const LOG_LINES = 100

export const instanceRoutes = [
  route(v1.getInstance, ({ control, instance }) => {
    const { name, zone, plan } = instance
    const { host, port } = addressOf(instance, control)
    // The size is in gigabytes; an instance has one shard.
    return { name, zone, host, plan, port, size: new Double(plan) }
  }),
  route(v1.getServerStatus, serverStatus),
  route(v1.getServerStatusPlus, async (call) => ({
    ...(await serverStatus(call)),
    greatest_rep_lag: new Double(await call.control.status.replicationLag(call.instance)),
  })),
  route(v1.getCurrentOperations, async ({ control, instance }) => ({
    inprog: (await control.status.operations(instance)).map(presentOperation),
  })),
  route(v1.getSpaceUsage, async ({ control, instance }) => {
    const space = presentSpace(await control.status.space(instance))
    return { ...space, shards: [{ shard: instance.id, ...space }] }
  }),
  route(v1.getLogs, async ({ control, instance }) => {
    const logs = await control.logs.latest(instance, LOG_LINES)
    return new Map(logs.map((log) => [log.host, presentLog(log)])) as unknown as Writable
  }),
]

/** Where drivers connect to: what is attached, at the first of its own hosts. */
function addressOf(instance: Instance, { instances, connections }: Control): Address {
  if (instance.mode === 'attached') return firstAddress(connections.of(instance))
  return instances.addressOf(instance) ?? { host: '', port: 0 }
}

async function serverStatus({ control, instance }: V1Call) {
  const status = await control.status.server(instance)
  return presentStatus(status, instance, await control.databases.names(instance))
}

function presentSpace({ data, storage, indexes, files }: Space) {
  return {
    total_size: new Double(storage + indexes),
    index_size: new Double(indexes),
    data_size: new Double(data),
    file_size: new Double(files),
  }
}
