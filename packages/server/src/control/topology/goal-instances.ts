/** Clusters that automation runs as attached instances that nobody sees, which is how they are backed up. */
import { ATTACHED_URI, type Instance, USER_PASSWORD } from '../instances/instances.js'
import type { Secrets } from '../secrets.js'
import type { GoalHost } from './goal-hosts.js'
import { type Goals, hostsIn } from './goals.js'
import { uriOf } from './reach.js'

/** What is backed up under the id of a cluster; undefined when automation runs no such whole one. */
export function goalInstanceOf(
  id: string,
  automation: Goals,
  secrets: Pick<Secrets, 'seal'>,
): Instance | undefined {
  for (const project of automation.projects()) {
    const hosts = hostsIn(automation, project)
    const ways = hosts.filter((one) => one.wholeId === id && !one.isArbiter)
    if (ways.length === 0) continue
    const [{ process, login, clusterName = process.name, part }] = ways
    return {
      id,
      account: project,
      name: clusterName,
      service: 'mongodb',
      mode: 'attached',
      type: part === 'mongos' ? 'mongodb_sharded' : 'mongodb_replica_set',
      version: process.version,
      zone: '',
      plan: 0,
      state: 'ACTIVE',
      settings: {},
      apiKeyHash: '',
      apiKeySealed: Buffer.alloc(0),
      user: login.username ?? '',
      passwordSealed: secrets.seal('', USER_PASSWORD),
      uriSealed: secrets.seal(uriOfAll(ways), ATTACHED_URI),
      databases: [],
      port: 0,
      isFirst: false,
      createdMs: 0,
    }
  }
  return undefined
}

/** The only one is asked as always; of several the set knows where each of them is. */
function uriOfAll(ways: readonly GoalHost[]): string {
  const [{ reach, others, part, replicaSetName }] = ways
  if (ways.length === 1) return reach.uri
  const set = part === 'mongos' ? [] : [`replicaSet=${encodeURIComponent(replicaSetName ?? '')}`]
  return uriOf(
    ways.map((one) => one.others.at),
    others.login,
    [...set, ...others.options],
  )
}
