/** Who is what in a goal document. */
import {
  type Goal,
  type GoalAuth,
  type GoalMember,
  type GoalProcess,
  type GoalReplicaSet,
  type GoalSharding,
  portOf,
} from '../goal.js'

/** The process of a name. */
export function processOf({ processes }: Goal, name: string): GoalProcess | undefined {
  return processes.find((process) => process.name === name)
}

/** Where others reach a process. */
export function addressOf(process: GoalProcess): string {
  return `${process.hostname}:${portOf(process)}`
}

/** The replica set that a process is a member of. */
export function setOf({ replicaSets }: Goal, { name }: GoalProcess): GoalReplicaSet | undefined {
  return replicaSets.find(({ members }) => members.some(({ host }) => host === name))
}

/** The cluster of a mongos. */
export function clusterOf({ sharding = [] }: Goal, { cluster }: GoalProcess) {
  return sharding.find(({ name }) => name === cluster)
}

export function roleOf({ args2_6 }: GoalProcess): string | undefined {
  return (args2_6.sharding as { readonly clusterRole?: string } | undefined)?.clusterRole
}

/** Whether an agent is to see to a process at all. */
export function isRun({ disabled, manualMode }: GoalProcess): boolean {
  return !disabled && !manualMode
}

/**
 * Whether it is for this process's agent to do what is done once for several: of a set for the
 * first member that can become primary, of a cluster for its first mongos.
 */
export function leads(goal: Goal, process: GoalProcess): boolean {
  const set = setOf(goal, process)
  if (process.processType === 'mongos') {
    const routers = goal.processes.filter((other) => other.cluster === process.cluster)
    return routers.find(isRun)?.name === process.name
  }
  if (!set) return true
  const runs = ({ host }: GoalMember) => {
    const member = processOf(goal, host)
    return member !== undefined && isRun(member)
  }
  const electable = set.members.filter(
    ({ arbiterOnly, priority = 1 }) => !arbiterOnly && priority > 0,
  )
  const first = electable.toSorted((a, b) => a._id - b._id).find(runs)
  return first?.host === process.name
}

/** Whether a process is in its replica set to vote only. */
export function isArbiter(goal: Goal, process: GoalProcess): boolean {
  const members = setOf(goal, process)?.members ?? []
  return members.some(({ host, arbiterOnly }) => host === process.name && arbiterOnly === true)
}

/** The document's wishes about users, when these are to be asked who they are. */
export function authOf({ auth }: Goal): GoalAuth | undefined {
  return auth && !auth.disabled ? auth : undefined
}

/** `set/host:port,host:port`, as MongoDB names a replica set. */
export function seedsOf(goal: Goal, set: GoalReplicaSet): string {
  const members = set.members
    .filter(({ arbiterOnly }) => !arbiterOnly)
    .map(({ host }) => processOf(goal, host))
    .filter((process) => process !== undefined)
  return `${set._id}/${members.map(addressOf).join(',')}`
}

/** `configDB` of a mongos. */
export function configSeeds(goal: Goal, { configServerReplica }: GoalSharding): string {
  const set = goal.replicaSets.find(({ _id }) => _id === configServerReplica)
  return set ? seedsOf(goal, set) : configServerReplica
}
