/** Sharded clusters: seen to by the agent of their first router. */
import { type Doc, decodeDocument, encodeDocument, RawValue } from '@gantry/bson'
import { AppError, isDatabaseError } from '../../errors.js'
import type { RemoteDeployment } from '../../services/mongodb/remote.js'
import type { GoalSharding, Json, JsonObject } from '../goal.js'
import { clusterOf, seedsOf } from './goal-parts.js'
import { asAgent, uriOfProcess } from './reach.js'
import type { Task } from './task.js'
import { wantedOf } from './wanted.js'

/** Adds the shards that are not there, with their zones, and shards the collections that are not sharded. */
export async function addShards(task: Task): Promise<void> {
  const { goal, process, hold } = task
  const cluster = clusterOf(goal, process)
  if (!cluster) return
  refuseOthers(cluster)
  await asAgent(
    goal,
    (login) => uriOfProcess(goal, process, login),
    async (deployment) => {
      const there = await shardsIn(deployment)
      for (const { _id, rs, tags = [] } of cluster.shards) {
        const set = goal.replicaSets.find((one) => one._id === rs)
        if (!there.includes(_id) && set) {
          await deployment.command('admin', { addShard: seedsOf(goal, set), name: _id })
        }
        for (const zone of tags) await deployment.command('admin', { addShardToZone: _id, zone })
      }
      for (const collection of cluster.collections ?? []) {
        if (collection.dropped !== true) await shardCollection(deployment, collection)
      }
    },
  )
  await hold.did({ shards: wantedOf(goal, process).state.shards })
}

/** What would move or remove data is for people to do. */
function refuseOthers({ name, draining, tags }: GoalSharding): void {
  const isList = (value: unknown): value is readonly Json[] => Array.isArray(value)
  for (const [what, list] of Object.entries({ draining, tags })) {
    if (isList(list) && list.length > 0) {
      throw new AppError(
        'unsupported',
        `sharding ${name}: ${what} is not done by this agent: do it with mongosh, and leave it out`,
      )
    }
  }
}

async function shardsIn(deployment: RemoteDeployment): Promise<string[]> {
  const reply = decodeDocument(await deployment.command('admin', { listShards: 1 }))
  return ((reply.get('shards') ?? []) as Doc[]).map((shard) => String(shard.get('_id')))
}

async function shardCollection(
  deployment: RemoteDeployment,
  collection: JsonObject,
): Promise<void> {
  const key = (collection.key ?? []) as readonly (readonly [string, string | number])[]
  const unique = collection.unique === true && { unique: true }
  try {
    await deployment.command('admin', {
      shardCollection: String(collection._id),
      key: RawValue.document(encodeDocument(new Map(key.map(([field, type]) => [field, type])))),
      ...unique,
    })
  } catch (error) {
    if (!isDatabaseError(error, 'AlreadyInitialized')) throw error
  }
}
