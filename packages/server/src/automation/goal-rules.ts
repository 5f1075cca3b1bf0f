/** What the parts of a goal document must be to each other. */
import { authFaults } from './auth-rules.js'
import { changeFaults } from './change-rules.js'
import {
  type Goal,
  type GoalProcess,
  type GoalReplicaSet,
  type GoalSharding,
  portOf,
  setNameOf,
} from './goal.js'
import { isOneStep, isVersion, releaseNumber, releaseOf } from './releases.js'
import { type Fault, faultOf } from './shape.js'
import { unsupportedFaults } from './unsupported.js'

const MOST_VOTES = 7

/** All that is wrong, in words. `before` is the document so far; `given` the one that was sent. */
export function* ruleFaults(
  goal: Goal,
  before: Goal,
  given: { readonly mongoDbVersions?: unknown },
): Generator<Fault> {
  for (const text of ruleTexts(goal, before, given)) yield faultOf('VALIDATION_ERROR', text)
}

function* ruleTexts(
  goal: Goal,
  before: Goal,
  given: { readonly mongoDbVersions?: unknown },
): Generator<string> {
  yield* unsupportedFaults(goal)
  yield* processFaults(goal)
  if (given.mongoDbVersions) yield* listedFaults(goal)
  yield* replicaSetFaults(goal)
  yield* shardingFaults(goal)
  yield* indexFaults(goal)
  yield* authFaults(goal)
  yield* changeFaults(goal, before)
}

function* processFaults({ processes }: Goal): Generator<string> {
  const names = new Set<string>()
  const places = new Map<string, string>()
  for (const [i, process] of processes.entries()) {
    const { name, hostname, alias, version } = process
    for (const field of ['name', 'hostname', 'alias'] as const) {
      if (process[field] === '') yield `processes[${i}].${field} is empty.`
    }
    if (names.has(name)) yield `Two processes have the name ${name}.`
    names.add(name)
    for (const host of new Set(alias === undefined ? [hostname] : [hostname, alias])) {
      const place = `${host.toLowerCase()}:${portOf(process)}`
      const other = places.get(place)
      if (other !== undefined) yield `The processes ${other} and ${name} are both at ${place}.`
      places.set(place, name)
    }
    if (!isVersion(version)) {
      yield `The process ${name} has the version ${version}, which is none such as 7.0.14 or 6.0.5-ent.`
    } else yield* compatibilityFaults(process)
  }
}

/** The feature compatibility version is that of the release, or of the one before. */
function* compatibilityFaults(process: GoalProcess): Generator<string> {
  const { name, version, featureCompatibilityVersion: wanted } = process
  const release = releaseNumber(releaseOf(version))
  const number = releaseNumber(wanted)
  if (release === undefined)
    yield `The process ${name} has the version ${version}: there is no such release.`
  else if (number === undefined || number > release || !isOneStep(wanted, releaseOf(version))) {
    yield `The process ${name} of version ${version} cannot have the featureCompatibilityVersion ${wanted}: it must be that of the release or of the one before.`
  }
}

function* listedFaults({ processes, mongoDbVersions = [] }: Goal): Generator<string> {
  if (mongoDbVersions.length === 0) return
  for (const { name, version } of processes) {
    if (mongoDbVersions.some((listed) => listed.name === version)) continue
    yield `The process ${name} has the version ${version}, which mongoDbVersions does not list.`
  }
}

function* replicaSetFaults({ processes, replicaSets }: Goal): Generator<string> {
  const byName = new Map(processes.map((process) => [process.name, process]))
  const sets = new Set<string>()
  const taken = new Map<string, string>()
  for (const set of replicaSets) {
    const { _id, members } = set
    if (sets.has(_id)) yield `Two replica sets have the _id ${_id}.`
    sets.add(_id)
    for (const { host } of members) {
      const process = byName.get(host)
      if (!process) yield `The member ${host} of the replica set ${_id} is no process.`
      const other = taken.get(host)
      if (other === _id) yield `The process ${host} is in the replica set ${_id} twice.`
      else if (other !== undefined) {
        yield `The process ${host} is in the replica sets ${other} and ${_id}.`
      }
      taken.set(host, _id)
      if (process && setNameOf(process) !== _id) {
        yield `The process ${host} is a member of ${_id}, but its args2_6.replication.replSetName is ${setNameOf(process) ?? 'not set'}.`
      }
    }
    yield* memberFaults(set)
  }
}

function* memberFaults({ _id, members }: GoalReplicaSet): Generator<string> {
  const ids = members.map((member) => member._id)
  const twice = ids.find((id, i) => ids.indexOf(id) !== i)
  if (twice !== undefined) yield `Two members of the replica set ${_id} have the _id ${twice}.`
  const electable = members.some(
    ({ arbiterOnly, priority = 1, votes = 1 }) => !arbiterOnly && priority > 0 && votes > 0,
  )
  if (!electable) yield `No member of the replica set ${_id} can become its primary.`
  const votes = members.filter((member) => (member.votes ?? 1) > 0).length
  if (votes > MOST_VOTES) {
    yield `The replica set ${_id} has ${votes} votes; ${MOST_VOTES} are the most.`
  }
}

function* shardingFaults({ processes, replicaSets, sharding = [] }: Goal): Generator<string> {
  const names = sharding.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) yield `Two clusters have the name ${twice}.`
  const setNamed = (name: string) => replicaSets.find(({ _id }) => _id === name)
  for (const cluster of sharding) {
    yield* shardFaults(cluster, setNamed)
    const config = setNamed(cluster.configServerReplica)
    for (const { host } of config?.members ?? []) {
      const process = processes.find(({ name }) => name === host)
      const role = (process?.args2_6.sharding as { clusterRole?: string } | undefined)?.clusterRole
      if (role !== 'configsvr') {
        yield `The process ${host} of the config servers ${cluster.configServerReplica} has no args2_6.sharding.clusterRole configsvr.`
      }
    }
  }
  for (const { name, processType, cluster } of processes) {
    if (processType !== 'mongos' || names.includes(cluster ?? '')) continue
    yield `The mongos ${name} belongs to no cluster: there is no sharding with the name ${cluster}.`
  }
}

function* shardFaults(
  { name, configServerReplica, shards }: GoalSharding,
  setNamed: (name: string) => GoalReplicaSet | undefined,
): Generator<string> {
  if (!setNamed(configServerReplica)) {
    yield `The configServerReplica ${configServerReplica} of ${name} is no replica set.`
  }
  const ids = shards.map(({ _id }) => _id)
  const twice = ids.find((id, i) => ids.indexOf(id) !== i)
  if (twice !== undefined) yield `Two shards of ${name} have the _id ${twice}.`
  for (const { _id, rs } of shards) {
    if (!setNamed(rs))
      yield `The shard ${_id} of ${name} has the rs ${rs}, which is no replica set.`
  }
}

function* indexFaults({ indexConfigs = [] }: Goal): Generator<string> {
  for (const [i, { key, dbName, collectionName }] of indexConfigs.entries()) {
    const isKey = key.length > 0 && key.every(isKeyField)
    if (isKey) continue
    yield `indexConfigs[${i}].key of ${dbName}.${collectionName} must be a list of pairs such as ["name", 1].`
  }
}

function isKeyField(pair: readonly unknown[]): boolean {
  const [field, type] = pair
  return (
    pair.length === 2 &&
    typeof field === 'string' &&
    field !== '' &&
    (typeof type === 'string' || typeof type === 'number')
  )
}
