import { publicApi } from '@gantry/api'
import type { SnapshotSchedule } from '../../control/cluster-backups/cluster-backups.js'
import type { Control } from '../../control/control.js'
import type { Instance } from '../../control/instances/instances.js'
import { refusal } from '../../control/refusal.js'
import { type Cluster, canBeBackedUp } from '../../control/topology/host.js'
import { clusterIn } from './clusters.js'
import { type Entity, linkTo, listing, path, self } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'
import { readSchedule } from './snapshot-schedule.js'

export const backupConfigRoutes: readonly PublicRoute[] = [
  route(publicApi.listBackupConfigs, async ({ control, group }) => {
    const clusters = (await control.topology.clusters(group)).flatMap(
      (cluster) => withInstance(control, cluster) ?? [],
    )
    return listing(clusters, (cluster) => presentConfig(control, cluster))
  }),
  route(publicApi.getBackupConfig, async (call) =>
    presentConfig(call.control, await backedUpIn(call)),
  ),
  route(publicApi.updateBackupConfig, updateConfig),
  route(publicApi.getSnapshotSchedule, async (call) => {
    const cluster = await backedUpIn(call)
    return presentSchedule(cluster, await call.control.clusterBackups.schedule(cluster.instance))
  }),
  route(publicApi.updateSnapshotSchedule, async (call) => {
    const { control, caller, group, body } = call
    const cluster = await backedUpIn(call)
    const changes = readSchedule(body, cluster)
    const schedule = await control.clusterBackups.setSchedule(cluster.instance, changes)
    const facts = { ...caller.actor, groupId: group.id, ...namesOf(cluster) }
    await control.events.record('SNAPSHOT_SCHEDULE_UPDATED_AUDIT', facts)
    return presentSchedule(cluster, schedule)
  }),
]

/** A cluster that is all of an instance, or what stands for one, which is what is backed up. */
export type BackedUp = Cluster & { readonly instance: Instance }

/** Undefined when there can be no backups of it. */
export function withInstance(control: Control, cluster: Cluster): BackedUp | undefined {
  if (!canBeBackedUp(cluster)) return undefined
  const instance = cluster.instance ?? control.instances.byId(cluster.id)
  return instance && { ...cluster, instance }
}

/** The cluster that a path names. Rejects when there can be no backups of it. */
export async function backedUpIn(call: Parameters<typeof clusterIn>[0]): Promise<BackedUp> {
  const cluster = await clusterIn(call)
  const found = withInstance(call.control, cluster)
  if (!found) throw refusal('BACKUP_CONFIG_NOT_FOUND', cluster.id)
  return found
}

async function presentConfig(control: Control, cluster: BackedUp): Promise<Entity> {
  const { id, project, instance } = cluster
  const at = path`/groups/${project}/backupConfigs/${id}`
  return {
    ...AS_EVER,
    clusterId: id,
    groupId: project,
    statusName: await control.clusterBackups.status(instance),
    links: [
      self(at),
      linkTo('cluster', path`/groups/${project}/clusters/${id}`),
      linkTo('group', path`/groups/${project}`),
    ],
  }
}

/** What no configuration has otherwise. */
const AS_EVER = {
  authMechanismName: 'NONE',
  encryptionEnabled: false,
  excludedNamespaces: [],
  includedNamespaces: [],
  provisioned: true,
  sslEnabled: false,
  storageEngineName: 'WIRED_TIGER',
} as const

async function updateConfig(call: Call<typeof publicApi.updateBackupConfig>): Promise<Entity> {
  const { control, caller, group, body } = call
  const { parentId, id } = await clusterIn(call)
  if (parentId !== undefined) throw refusal('CANNOT_MODIFY_SHARD_BACKUP_CONFIG', id)
  const cluster = await backedUpIn(call)
  checkUnsupported(body, cluster)
  const { statusName } = body
  if (statusName !== undefined) {
    const now = await control.clusterBackups.status(cluster.instance)
    if (statusName === 'INACTIVE' || statusName === 'PROVISIONING') {
      if (statusName !== now) throw refusal('UNSUPPORTED_SET_BACKUP_STATE', statusName)
    } else {
      await control.clusterBackups.setStatus(cluster.instance, statusName)
    }
    const facts = { ...caller.actor, groupId: group.id, ...namesOf(cluster) }
    await control.events.record('BACKUP_CONFIG_UPDATED_AUDIT', { ...facts, opType: statusName })
  }
  return presentConfig(control, cluster)
}

function namesOf({ name, replicaSetName }: BackedUp) {
  return { clusterName: name, replicaSetName }
}

function checkUnsupported(
  body: Call<typeof publicApi.updateBackupConfig>['body'],
  { id }: BackedUp,
) {
  const { excludedNamespaces = [], includedNamespaces = [] } = body
  if (excludedNamespaces.length > 0 && includedNamespaces.length > 0) {
    throw refusal('INVALID_FILTERLIST')
  }
  const { authMechanismName = 'NONE', username, password, sslEnabled } = body
  if (authMechanismName !== 'NONE' || username || password || sslEnabled) {
    throw refusal('CANNOT_SET_BACKUP_AUTH_FOR_MANAGED_CLUSTER', id)
  }
  // A backup has all that there is, as it is.
  const isOther =
    excludedNamespaces.length + includedNamespaces.length > 0 ||
    body.storageEngineName === 'MEMORY_MAPPED' ||
    body.encryptionEnabled === true ||
    body.provisioned === false
  if (isOther) throw refusal('UNSUPPORTED_FOR_CURRENT_CONFIG')
}

function presentSchedule({ id, project }: BackedUp, schedule: SnapshotSchedule): Entity {
  const config = path`/groups/${project}/backupConfigs/${id}`
  return {
    clusterId: id,
    dailySnapshotRetentionDays: schedule.dailyDays,
    groupId: project,
    monthlySnapshotRetentionMonths: schedule.monthlyMonths,
    pointInTimeWindowHours: 0,
    referenceHourOfDay: schedule.hour,
    referenceMinuteOfHour: schedule.minute,
    referenceTimeZoneOffset: '+0000',
    snapshotIntervalHours: schedule.intervalHours,
    snapshotRetentionDays: schedule.snapshotDays,
    weeklySnapshotRetentionWeeks: schedule.weeklyWeeks,
    links: [
      self(`${config}/snapshotSchedule`),
      linkTo('cluster', path`/groups/${project}/clusters/${id}`),
      linkTo('group', path`/groups/${project}`),
      linkTo('backupConfig', config),
    ],
  }
}
