/** The processes that automation runs, as hosts and what they make up. */
import {
  type Goal,
  type GoalProcess,
  type GoalReplicaSet,
  type GoalSharding,
  listenerOf,
  portOf,
  setNameOf,
} from '../../automation/goal.js'
import type { Reach } from './host-connections.js'
import { idOf } from './ids.js'
import { isThisMachine } from './local-names.js'
import { authorityOf, DIRECTLY, uriOf } from './reach.js'

/** A process of the goal document: where it is, and what it belongs to. */
export interface GoalHost {
  readonly process: GoalProcess
  readonly hostname: string
  readonly port: number
  /** Undefined: the document makes it no member of anything. */
  readonly clusterId?: string
  readonly clusterName?: string
  readonly parentClusterId?: string
  readonly shardName?: string
  readonly replicaSetName?: string
  readonly part: 'member' | 'mongos' | 'shard' | 'config'
  /** It is to run, and has something to tell. */
  readonly isMeasured: boolean
  readonly isArbiter: boolean
  /** The id of what is backed up by way of it; undefined: it is no way to all of that. */
  readonly wholeId?: string
  readonly login: GoalLogin
  readonly reach: Reach
  /** How it is reached together with others. */
  readonly others: {
    readonly at: string
    readonly login: { readonly username?: string; readonly password?: string }
    readonly options: readonly string[]
  }
}

/** Who signs in, as the Public API shows it. */
export interface GoalLogin {
  readonly authMechanismName: string
  readonly username?: string
  readonly sslEnabled: boolean
}

/** What a project's document says of its processes. This server reads the files that it names only if it is trusted. */
export function goalHosts(project: string, goal: Goal, isTrusted: boolean): GoalHost[] {
  return goal.processes.map((process) => {
    const place = placeOf(project, goal, process)
    const { hostname } = process
    const port = portOf(process)
    const hasNoParent = place.parentClusterId === undefined
    const isAlone = place.part === 'member' && setNameOf(process) === undefined
    const whole = isAlone ? aloneId(project, { hostname, port }) : place.clusterId
    const arbiter = isArbiter(goal, process)
    return {
      process,
      hostname,
      port,
      ...place,
      isArbiter: arbiter,
      isMeasured: process.disabled !== true && !arbiter,
      ...(hasNoParent && whole !== undefined && { wholeId: whole }),
      login: loginOf(goal, process),
      reach: reachOf(goal, process, isTrusted),
      others: othersOf(goal, process, isTrusted),
    }
  })
}

/** The id of the set that an engine of ours is which the document makes no member of any. */
export function aloneId(
  project: string,
  { hostname, port }: { readonly hostname: string; readonly port: number },
): string {
  return idOf(24, project, `${hostname}:${port}`)
}

type Place = Pick<
  GoalHost,
  'clusterId' | 'clusterName' | 'parentClusterId' | 'shardName' | 'replicaSetName' | 'part'
>

/** Ids come of names, so that they stay when the document changes, as those of sets that are monitored do. */
function placeOf(project: string, goal: Goal, process: GoalProcess): Place {
  const shardedId = (name: string) => idOf(24, project, 'sharded cluster', name)
  const { cluster } = process
  if (process.processType === 'mongos') {
    if (cluster === undefined) return { part: 'mongos' }
    return { part: 'mongos', clusterId: shardedId(cluster), clusterName: cluster }
  }
  const set = setOf(goal, process)
  if (!set)
    return { part: 'member', ...(setNameOf(process) && { replicaSetName: setNameOf(process) }) }
  const name = set._id
  const own = { clusterId: idOf(24, project, name), replicaSetName: name }
  const [whole, shard] = shardingOf(goal, set)
  const part = shard !== undefined ? 'shard' : whole ? 'config' : 'member'
  const shardName = shard !== undefined && { shardName: shard }
  // Without a router nobody sees it as one.
  const isWhole = goal.processes.some((one) => whole !== undefined && one.cluster === whole.name)
  if (!whole || !isWhole) return { part, ...own, ...shardName, clusterName: name }
  return {
    part,
    ...own,
    ...shardName,
    clusterName: whole.name,
    parentClusterId: shardedId(whole.name),
  }
}

function setOf({ replicaSets }: Goal, { name }: GoalProcess): GoalReplicaSet | undefined {
  return replicaSets.find(({ members }) => members.some(({ host }) => host === name))
}

/** The sharded cluster that a set is a part of, and as which shard; as none when it holds the configuration. */
function shardingOf(
  { sharding = [] }: Goal,
  { _id }: GoalReplicaSet,
): [whole?: GoalSharding, shard?: string] {
  for (const whole of sharding) {
    const shard = whole.shards.find(({ rs }) => rs === _id)
    if (shard) return [whole, shard._id]
    if (whole.configServerReplica === _id) return [whole]
  }
  return []
}

function loginOf({ auth }: Goal, process: GoalProcess): GoalLogin {
  const sslEnabled = tlsOf(process) !== undefined
  if (!auth || auth.disabled || auth.autoUser === undefined) {
    return { authMechanismName: 'NONE', sslEnabled }
  }
  const authMechanismName = (auth.autoAuthMechanism ?? 'SCRAM-SHA-256').replace('-CR', '_CR')
  return { authMechanismName, username: auth.autoUser, sslEnabled }
}

/** How the server reaches a process: on its own machine where that listens, and elsewhere by its name. */
function reachOf(goal: Goal, process: GoalProcess, isTrusted: boolean): Reach {
  const host = isThisMachine(process.hostname) ? listenerOf(process) : process.hostname
  const at = [authorityOf(host, portOf(process))]
  const options = [...DIRECTLY, ...tlsOptions(goal, process, isTrusted)]
  const anonymousUri = uriOf(at, {}, options)
  const login = isArbiter(goal, process) ? undefined : credentialsOf(goal)
  if (!login) return { uri: anonymousUri }
  return { uri: uriOf(at, login, [...options, 'authSource=admin']), anonymousUri }
}

function othersOf(goal: Goal, process: GoalProcess, isTrusted: boolean): GoalHost['others'] {
  const login = credentialsOf(goal)
  return {
    at: authorityOf(process.hostname, portOf(process)),
    login: login ?? {},
    options: [...tlsOptions(goal, process, isTrusted), ...(login ? ['authSource=admin'] : [])],
  }
}

/** Arbiters have no users. */
function isArbiter(goal: Goal, process: GoalProcess): boolean {
  const member = setOf(goal, process)?.members.find(({ host }) => host === process.name)
  return member?.arbiterOnly === true
}

function credentialsOf({ auth }: Goal): { username: string; password: string } | undefined {
  // The agent changes the password to the new one, and both stay in the document.
  const passwords: unknown[] = [auth?.newAutoPwd, auth?.autoPwd]
  const password = passwords.find((one) => typeof one === 'string')
  if (!auth || auth.disabled || auth.autoUser === undefined || password === undefined) return
  return { username: auth.autoUser, password }
}

interface Tls {
  readonly mode?: string
  readonly CAFile?: string
}

/** Undefined: it is reached without. */
function tlsOf({ args2_6 }: GoalProcess): Tls | undefined {
  const net = args2_6.net as { readonly tls?: Tls; readonly ssl?: Tls }
  const tls = net.tls ?? net.ssl
  return /^(require|prefer)/.test(tls?.mode ?? '') ? tls : undefined
}

function tlsOptions({ tls, ssl }: Goal, process: GoalProcess, isTrusted: boolean): string[] {
  const settings = tlsOf(process)
  if (!settings) return []
  const { CAFilePath, autoPEMKeyFilePath, autoPEMKeyFilePwd } = (
    isTrusted ? (tls ?? ssl ?? {}) : {}
  ) as { readonly [name: string]: string | undefined }
  const isHere = isThisMachine(process.hostname)
  const caFile = CAFilePath ?? (isHere && isTrusted ? settings.CAFile : undefined)
  const option = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]
  return [
    'tls=true',
    // On its own machine it is not asked for by its name.
    ...(isHere && caFile === undefined ? ['tlsAllowInvalidCertificates=true'] : []),
    ...(isHere && caFile !== undefined ? ['tlsAllowInvalidHostnames=true'] : []),
    ...option('tlsCAFile', caFile),
    ...option('tlsCertificateKeyFile', autoPEMKeyFilePath),
    ...option('tlsCertificateKeyFilePassword', autoPEMKeyFilePwd),
  ]
}
