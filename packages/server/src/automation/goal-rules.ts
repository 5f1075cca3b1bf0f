/** What the parts of a goal document must be to each other, and to what was there before. */
import {
  dbPathOf,
  type Goal,
  type GoalProcess,
  type GoalReplicaSet,
  portOf,
  setNameOf,
} from './goal.js'

const MOST_VOTES = 7
/** How many yearly releases a process may be moved over at once. */
const RELEASES = ['4.0', '4.2', '4.4', '5.0', '6.0', '7.0', '8.0']

/** The first fault in words; undefined: there is none. `before` is the document so far. */
export function ruleFault(goal: Goal, before: Goal | undefined): string | undefined {
  return (
    processFault(goal) ??
    replicaSetFault(goal) ??
    shardingFault(goal) ??
    authFault(goal) ??
    changeFault(goal, before)
  )
}

function processFault({ processes, mongoDbVersions }: Goal): string | undefined {
  const names = new Set<string>()
  const addresses = new Map<string, string>()
  for (const process of processes) {
    const { name, hostname, processType, version } = process
    if (names.has(name)) return `Two processes have the name ${name}.`
    names.add(name)
    const address = `${hostname}:${portOf(process)}`
    const other = addresses.get(address)
    if (other !== undefined) return `The processes ${other} and ${name} are both at ${address}.`
    addresses.set(address, name)
    if (processType === 'mongod' && dbPathOf(process) === undefined) {
      return `The process ${name} has no args2_6.storage.dbPath.`
    }
    if (mongoDbVersions?.length && !mongoDbVersions.some((known) => known.name === version)) {
      return `The process ${name} has the version ${version}, which mongoDbVersions does not list.`
    }
    const fault = fcvFault(process)
    if (fault) return fault
  }
  return undefined
}

/** The feature compatibility version is that of the release, or of the one before. */
function fcvFault({ name, version, featureCompatibilityVersion: fcv }: GoalProcess) {
  const release = RELEASES.indexOf(releaseOf(version))
  const compatible = RELEASES.indexOf(fcv)
  if (release < 0) return undefined
  if (compatible === release || compatible === release - 1) return undefined
  return `The process ${name} of version ${version} cannot have the feature compatibility version ${fcv}.`
}

function releaseOf(version: string): string {
  return /^\d+\.\d+/.exec(version)?.[0] ?? ''
}

function replicaSetFault({ processes, replicaSets }: Goal): string | undefined {
  const byName = new Map(processes.map((process) => [process.name, process]))
  const taken = new Map<string, string>()
  for (const set of replicaSets) {
    for (const { host } of set.members) {
      const process = byName.get(host)
      if (!process) return `The member ${host} of the replica set ${set._id} is no process.`
      const other = taken.get(host)
      if (other !== undefined) return `The process ${host} is in the sets ${other} and ${set._id}.`
      taken.set(host, set._id)
      if (setNameOf(process) !== set._id) {
        return `The process ${host} is a member of ${set._id}, but its replSetName is ${setNameOf(process) ?? 'not set'}.`
      }
    }
    const fault = membersFault(set)
    if (fault) return fault
  }
  return undefined
}

function membersFault({ _id, members }: GoalReplicaSet): string | undefined {
  const electable = members.some(({ arbiterOnly, priority = 1 }) => !arbiterOnly && priority > 0)
  if (!electable) return `No member of the replica set ${_id} can become its primary.`
  const votes = members.filter((member) => (member.votes ?? 1) > 0).length
  if (votes > MOST_VOTES)
    return `The replica set ${_id} has ${votes} votes; ${MOST_VOTES} is the most.`
  return undefined
}

function shardingFault({ processes, replicaSets, sharding = [] }: Goal): string | undefined {
  const setNamed = (name: string) => replicaSets.find(({ _id }) => _id === name)
  for (const { name, configServerReplica, shards } of sharding) {
    const config = setNamed(configServerReplica)
    if (!config) return `The config servers ${configServerReplica} of ${name} are no replica set.`
    const missing = shards.find(({ rs }) => !setNamed(rs))
    if (missing) return `The shard ${missing._id} of ${name} has no replica set ${missing.rs}.`
    for (const { host } of config.members) {
      const process = processes.find((other) => other.name === host)
      const role = (process?.args2_6.sharding as { clusterRole?: string } | undefined)?.clusterRole
      if (role !== 'configsvr')
        return `The process ${host} is no config server: its clusterRole is not configsvr.`
    }
  }
  for (const { name, processType, cluster } of processes) {
    if (processType !== 'mongos') continue
    if (!sharding.some((known) => known.name === cluster)) {
      return `The mongos ${name} belongs to no cluster: there is no sharding named ${cluster ?? ''}.`
    }
  }
  return undefined
}

function authFault({ auth }: Goal): string | undefined {
  if (!auth || auth.disabled) return undefined
  const missing = ['autoUser', 'autoPwd', 'keyfile', 'keyfileWindows'].find((name) => !auth[name])
  return missing && `Authentication cannot be enabled without auth.${missing}.`
}

function changeFault(goal: Goal, before: Goal | undefined): string | undefined {
  for (const process of goal.processes) {
    const old = before?.processes.find(({ name }) => name === process.name)
    if (!old) continue
    const { name, hostname, version } = process
    if (old.hostname !== hostname) {
      return `The process ${name} is on ${old.hostname} and cannot move to ${hostname}.`
    }
    if (dbPathOf(old) !== dbPathOf(process)) {
      return `The dbPath of the process ${name} cannot change from ${dbPathOf(old) ?? 'none'}.`
    }
    const jump = Math.abs(
      RELEASES.indexOf(releaseOf(version)) - RELEASES.indexOf(releaseOf(old.version)),
    )
    if (jump > 1) {
      return `The process ${name} cannot go from ${old.version} to ${version} at once: take one release after the other.`
    }
  }
  return undefined
}
