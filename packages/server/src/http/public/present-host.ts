import type { Host } from '../../control/topology/host.js'
import { INSTANCE_LOGIN } from './host-credentials.js'
import { type Entity, linkTo, path, self } from './result.js'

/** Names of the states of members, where nothing has been heard or all is over. */
const NO_DATA = 'NO_DATA'

/** A process as the Public API shows it. */
export function presentHost(host: Host): Entity {
  const { id, project, hostname, port, clusterId, parentClusterId, facts, record } = host
  const login = loginOf(host)
  const at = path`/groups/${project}/hosts/${id}`
  return {
    aliases: host.aliases,
    alertsEnabled: record?.alertsEnabled ?? true,
    authMechanismName: login.authMechanismName,
    clusterId,
    created: new Date(host.createdMs),
    deactivated: false,
    groupId: project,
    ...known(host),
    hidden: false,
    hiddenSecondary: false,
    hostEnabled: true,
    hostname,
    id,
    ipAddress: /^[\d.]+$|:/.test(hostname) ? hostname : undefined,
    logsEnabled: record?.logsEnabled ?? false,
    lowUlimit: false,
    port,
    profilerEnabled: record?.profilerEnabled ?? false,
    replicaSetName: host.replicaSetName,
    replicaStateName: host.isDown ? facts && 'DOWN' : facts?.stateName,
    shardName: host.shardName,
    sslEnabled: login.sslEnabled,
    typeName: typeName(host),
    username: login.username,
    links: [
      self(at),
      linkTo('group', path`/groups/${project}`),
      ...(clusterId === undefined
        ? []
        : [linkTo('cluster', path`/groups/${project}/clusters/${clusterId}`)]),
      ...(parentClusterId === undefined
        ? []
        : [linkTo('parentCluster', path`/groups/${project}/clusters/${parentClusterId}`)]),
    ],
  }
}

/** How the process is signed in to. */
export function loginOf({ instance, automation, record }: Host) {
  const { authMechanismName, username, sslEnabled = false } = record ?? {}
  if (instance) return { ...INSTANCE_LOGIN, username: undefined }
  return automation?.login ?? { authMechanismName, username, sslEnabled }
}

/** What the process said last, with zeros while it has said nothing. */
function known({ facts }: Host) {
  const memSizeMB = facts?.memSizeMB
  const numCores = facts?.numCores
  return {
    hasStartupWarnings: facts?.hasStartupWarnings ?? false,
    journalingEnabled: facts?.isJournaling ?? false,
    lastDataSizeBytes: facts?.dataSizeBytes ?? 0,
    lastIndexSizeBytes: facts?.indexSizeBytes ?? 0,
    lastPing: facts && new Date(facts.atMs),
    lastRestart: facts && new Date(facts.atMs - facts.uptimeMs),
    secondaryDelaySecs: 0,
    slaveDelaySec: 0,
    systemInfo: memSizeMB === undefined ? undefined : { memSizeMB, numCores },
    uptimeMsec: facts?.uptimeMs ?? 0,
    version: facts?.version || undefined,
  }
}

/** What kind of process it is, in the words of the Public API. */
export function typeName({ facts, part }: Host): string {
  if (!facts) return NO_DATA
  const { role } = facts
  if (role === 'MONGOS') return 'SHARD_MONGOS'
  if (role === 'OTHER') return 'RECOVERING'
  if (part === 'config' || facts.isConfigServer) {
    return role === 'STANDALONE' ? 'SHARD_CONFIG' : `SHARD_CONFIG_${role}`
  }
  if (part === 'shard' || facts.isShard) return `SHARD_${role}`
  return role === 'STANDALONE' ? role : `REPLICA_${role}`
}
