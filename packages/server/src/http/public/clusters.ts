import { publicApi } from '@gantry/api'
import type { Control } from '../../control/control.js'
import type { Project } from '../../control/projects/project.js'
import { refusal } from '../../control/refusal.js'
import { isInGroup } from '../../control/roles/roles.js'
import { type Cluster, canBeBackedUp } from '../../control/topology/host.js'
import { loginOf } from './present-host.js'
import { type Entity, linkTo, listing, path, self } from './result.js'
import { type PublicRoute, route } from './route.js'

export const clusterRoutes: readonly PublicRoute[] = [
  route(publicApi.listClusters, async ({ control, group, query }) => {
    const clusters = await control.topology.clusters(group)
    const named = clusters.filter(({ name }) => query.name === undefined || name === query.name)
    return listing(named, presentCluster)
  }),
  route(publicApi.getCluster, async (call) => presentCluster(await clusterIn(call))),
  route(publicApi.updateCluster, async (call) => {
    const { control, caller, group, body } = call
    const cluster = await clusterIn(call)
    const { instance } = cluster
    if (cluster.kind !== 'SHARDED_REPLICA_SET') throw refusal('NOT_SHARDED', cluster.id)
    // Its name is that in automation's document, or its process's own.
    if (!instance) throw refusal('UNSUPPORTED_FOR_CURRENT_CONFIG')
    await control.instances.change(instance, { name: body.clusterName })
    const facts = { groupId: group.id, clusterName: body.clusterName }
    await control.events.record('CLUSTER_RENAMED', { ...caller.actor, ...facts })
    return presentCluster(await clusterIn(call))
  }),
  route(publicApi.listAllClusters, async ({ control, caller }) => {
    const seen = control.projects.all().filter((project) => isInGroup(caller.roles, project))
    return listing(seen, (project) => presentClustersOf(control, project))
  }),
]

/** The cluster that a path names. */
export async function clusterIn({
  control,
  group,
  params: { clusterId },
}: {
  readonly control: Control
  readonly group: Project
  readonly params: { readonly clusterId: string }
}): Promise<Cluster> {
  const clusters = await control.topology.clusters(group)
  const cluster = clusters.find(({ id }) => id === clusterId)
  if (!cluster) throw refusal('CLUSTER_NOT_FOUND', clusterId)
  return cluster
}

function presentCluster(cluster: Cluster): Entity {
  const { id, project, name, kind, replicaSetName, shardName, parentId, heartbeatMs } = cluster
  const at = path`/groups/${project}/clusters/${id}`
  return {
    clusterName: name,
    groupId: project,
    id,
    lastHeartbeat: heartbeatMs === undefined ? undefined : new Date(heartbeatMs),
    replicaSetName,
    shardName,
    typeName: kind,
    links: [
      self(at),
      linkTo('group', path`/groups/${project}`),
      ...(canBeBackedUp(cluster)
        ? [linkTo('backupConfig', path`/groups/${project}/backupConfigs/${id}`)]
        : []),
      linkTo('hosts', path`/groups/${project}/hosts?clusterId=${id}`),
      ...(parentId === undefined
        ? []
        : [linkTo('parentCluster', path`/groups/${project}/clusters/${parentId}`)]),
      ...(kind === 'SHARDED_REPLICA_SET'
        ? [linkTo('clusters', path`/groups/${project}/clusters`)]
        : []),
    ],
  }
}

async function presentClustersOf(control: Control, project: Project): Promise<Entity> {
  const { id, name, org, tags } = project
  const clusters = await control.topology.clusters(project)
  const whole = clusters.filter(({ parentId }) => parentId === undefined)
  const open = await control.alerts.list({ project: id, statuses: ['OPEN'] }, 0, 0)
  const alertsOf = (cluster: Cluster) => {
    const parts = clusters.filter((one) => one.id === cluster.id || one.parentId === cluster.id)
    const ids = new Set(parts.flatMap(({ id, hosts }) => [id, ...hosts.map((host) => host.id)]))
    return open.filter(({ subject }) => ids.has(subject.hostId ?? subject.clusterId ?? '')).length
  }
  return {
    groupId: id,
    groupName: name,
    orgId: org,
    orgName: control.organisations.get(org)?.name,
    planType: 'Gantry',
    tags,
    clusters: await Promise.all(
      whole.map((cluster) => summary(control, cluster, alertsOf(cluster))),
    ),
    links: [self(path`/groups/${id}/clusters`)],
  }
}

async function summary(control: Control, cluster: Cluster, alertCount: number) {
  const { id, name, kind, hosts, instance } = cluster
  const down = hosts.filter(({ isDown, facts }) => isDown || !facts).length
  const dataSizes = hosts.map(({ facts }) => facts?.dataSizeBytes ?? 0)
  const versions = hosts.flatMap(({ facts }) => facts?.version ?? [])
  return {
    alertCount,
    authEnabled: instance !== undefined || hosts.some((host) => loginOf(host).username),
    availability: down === 0 ? 'available' : down === hosts.length ? 'dead' : 'warning',
    backupEnabled:
      instance !== undefined && (await control.clusterBackups.status(instance)) === 'STARTED',
    clusterId: id,
    dataSizeBytes: Math.max(0, ...dataSizes),
    name,
    nodeCount: hosts.length,
    sslEnabled: hosts.some((host) => loginOf(host).sslEnabled),
    type: kind,
    versions: [...new Set(versions)],
  }
}
