import { v2 } from '@gantry/api'
import { DateTime, Double } from '@gantry/bson'
import { route } from './route.js'
import { whole } from './values.js'

const MEGABYTE = 1024 * 1024
const SLOW_COMMANDS = 100
const LOG_LINES = 100

export const redisRoutes = [
  route(v2.getConnectedSlaves, ({ control, instance }) => control.redis.replicas(instance)),
  route(v2.getRedisSpaceUsage, async ({ control, instance }) => {
    const { bytes, human } = await control.redis.space(instance)
    const percentage = (bytes / (instance.plan * MEGABYTE)) * 100
    return { freeSpacePercentage: new Double(percentage), usedMemoryHuman: human }
  }),
  route(v2.getMaxMemoryPolicy, ({ control, instance }) =>
    control.redis.setting(instance, 'maxmemory-policy'),
  ),
  route(v2.getMaxClients, ({ control, instance }) => control.redis.setting(instance, 'maxclients')),
  route(v2.resizeRedis, async ({ control, instance, body, noted }) => {
    const { name, plan } = instance
    Object.assign(noted, { plan: body.new_plan, formerPlan: plan })
    await control.lifecycle.resize(instance, body.new_plan)
    return `Started process of resizing instance ${name} from ${plan} to ${body.new_plan}`
  }),
  route(v2.getRedisSlowLog, async ({ control, instance }) => {
    const commands = await control.redis.slowLog(instance, SLOW_COMMANDS)
    return commands.map(({ id, atMs, micros, command, client, clientName }) => ({
      id: whole(id),
      timestamp: DateTime.fromMs(atMs),
      micros: whole(micros),
      command: [...command],
      client,
      client_name: clientName,
    }))
  }),
  route(v2.getRedisLogs, async ({ control, instance }) => {
    const logs = await control.redis.logs(instance, LOG_LINES)
    return Object.fromEntries([...logs].map(([host, lines]) => [host, [...lines]]))
  }),
]
