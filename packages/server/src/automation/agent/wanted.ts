/** What a goal document makes of one process, in forms that can be compared with what was done. */
import { createHash } from 'node:crypto'
import {
  type Goal,
  type GoalAuth,
  type GoalProcess,
  type Json,
  type JsonObject,
  setNameOf,
} from '../goal.js'
import { authOf, clusterOf, configSeeds, isArbiter, leads, setOf } from './goal-parts.js'
import type { Done, StartedAs } from './known-process.js'

export interface Wanted {
  readonly started: StartedAs
  /** The values that each ask for one deed. */
  readonly once: Pick<Done, 'restart' | 'resync' | 'compact'>
  /** What is to be so beside the process itself; a missing one is nothing of this process's. */
  readonly state: Omit<Done, 'restart' | 'resync' | 'compact'>
}

export function wantedOf(goal: Goal, process: GoalProcess): Wanted {
  const { version, lastRestart, lastResync, lastCompact } = process
  const auth = authOf(goal)
  return {
    started: {
      version,
      settings: digest([configOf(goal, process), keysIn(goal)]),
      auth: auth !== undefined,
    },
    once: {
      ...(lastRestart !== undefined && { restart: lastRestart }),
      ...(lastResync !== undefined && { resync: lastResync }),
      ...(lastCompact !== undefined && { compact: lastCompact }),
    },
    state: stateOf(goal, process),
  }
}

/** The keys by which members know each other, the newest last; none without authentication. */
export function keysIn(goal: Goal): readonly string[] {
  const { key, newKey } = authOf(goal) ?? ({} as Partial<GoalAuth>)
  return [key, newKey].filter((one) => typeof one === 'string')
}

/**
 * The configuration of a process as the document has it, with what follows from its other
 * parts. Paths of files that the agent writes are not in it.
 */
export function configOf(goal: Goal, process: GoalProcess): JsonObject {
  const { args2_6, processType } = process
  const { processManagement, ...settings } = args2_6
  const { fork: _fork, ...management } = (processManagement ?? {}) as JsonObject
  const cluster = clusterOf(goal, process)
  const isRouter = processType === 'mongos'
  return {
    ...settings,
    ...(Object.keys(management).length > 0 && { processManagement: management }),
    ...(isRouter &&
      cluster && {
        sharding: { ...(settings.sharding as JsonObject), configDB: configSeeds(goal, cluster) },
      }),
    ...(authOf(goal) &&
      !isRouter && {
        security: { ...(settings.security as JsonObject), authorization: 'enabled' },
      }),
  }
}

function stateOf(goal: Goal, process: GoalProcess): Wanted['state'] {
  const set = setNameOf(process) === undefined ? undefined : setOf(goal, process)
  const first = leads(goal, process)
  const isRouter = process.processType === 'mongos'
  const cluster = clusterOf(goal, process)
  const indexes = (goal.indexConfigs ?? []).filter(({ rsName }) => rsName === set?._id)
  const { force: _force, ...lasting } = set ?? {}
  return {
    ...(set && { set: digest(lasting) }),
    ...(!isRouter && { compatibility: process.featureCompatibilityVersion }),
    ...(hasUsers(goal, process) && { auth: authDigest(goal) }),
    ...(isRouter && first && cluster && { shards: digest(cluster) }),
    ...(first && indexes.length > 0 && { indexes: digest(indexes) }),
  }
}

function hasUsers(goal: Goal, process: GoalProcess): boolean {
  return authOf(goal) !== undefined && !isArbiter(goal, process)
}

function authDigest(goal: Goal): string {
  const {
    key: _key,
    newKey: _newKey,
    keyfile: _file,
    ...users
  } = authOf(goal) ?? ({} as Partial<GoalAuth>)
  return digest([users, goal.roles ?? []])
}

/** The same for values that differ in the order of their fields only. */
function digest(value: unknown): string {
  const text = JSON.stringify(value, (_name, inner: Json) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
  return createHash('sha256').update(text).digest('hex')
}
