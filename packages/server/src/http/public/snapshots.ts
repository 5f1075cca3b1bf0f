import { type EventType, publicApi } from '@gantry/api'
import type { Backup } from '../../control/backups/backup.js'
import type { Control } from '../../control/control.js'
import { refusal } from '../../control/refusal.js'
import { AppError } from '../../errors.js'
import { type BackedUp, backedUpIn, withInstance } from './backup-configs.js'
import { clusterIn } from './clusters.js'
import { type Entity, linkTo, listing, path, self } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'

export const snapshotRoutes: readonly PublicRoute[] = [
  route(publicApi.listSnapshots, async (call) => {
    const { control, query } = call
    const cluster = withInstance(control, await clusterIn(call))
    if (!cluster) return listing<Backup>([], () => ({ links: [] }))
    const { completed = 'true' } = query
    const all = await control.backups.list(cluster.instance)
    const wanted = all.filter(
      ({ state }) => completed === 'all' || (state === 'complete') === (completed === 'true'),
    )
    return listing(wanted, (backup) => presentSnapshot(cluster, backup))
  }),
  route(publicApi.createSnapshot, async (call) => {
    const { control, caller, group, query } = call
    const cluster = await backedUpIn(call)
    const { retentionDays } = query
    if (retentionDays !== undefined && retentionDays < 1) {
      throw refusal('INVALID_QUERY_PARAMETER', 'retentionDays')
    }
    const order = retentionDays === undefined ? {} : { keepDays: retentionDays }
    const { backup } = await control.backups.create(cluster.instance, order).catch(asBusy)
    await record(control, 'SNAPSHOT_STARTED', { ...caller.actor, groupId: group.id }, backup)
    return presentSnapshot(cluster, backup)
  }),
  route(publicApi.getSnapshot, async (call) => {
    const cluster = await backedUpIn(call)
    return presentSnapshot(cluster, await snapshotIn(call, cluster))
  }),
  route(publicApi.updateSnapshot, updateSnapshot),
  route(publicApi.deleteSnapshot, async (call) => {
    const { control, caller, group } = call
    const backup = await snapshotIn(call, await backedUpIn(call))
    if (backup.state === 'running') throw refusal('CANNOT_MODIFY_SNAPSHOT', backup.id)
    await control.backups.remove(backup)
    await record(control, 'SNAPSHOT_DELETED', { ...caller.actor, groupId: group.id }, backup)
    return undefined
  }),
  route(publicApi.listCheckpoints, async (call) => {
    await clusterIn(call)
    return listing<Backup>([], () => ({ links: [] }))
  }),
  route(publicApi.getCheckpoint, async (call) => {
    await clusterIn(call)
    throw refusal('CHECKPOINT_NOT_FOUND', call.params.checkpointId)
  }),
]

/** The snapshot of a cluster that has an id. */
export async function findSnapshot(
  control: Control,
  { instance }: BackedUp,
  id: string,
): Promise<Backup> {
  try {
    const backup = await control.backups.get(instance, id)
    if (backup.instance === instance.id) return backup
  } catch (error) {
    if (!(error instanceof AppError && error.kind === 'not_found')) throw error
  }
  throw refusal('SNAPSHOT_NOT_FOUND', id)
}

function snapshotIn(
  { control, params }: { control: Control; params: { readonly snapshotId: string } },
  cluster: BackedUp,
): Promise<Backup> {
  return findSnapshot(control, cluster, params.snapshotId)
}

/** One at a time: what is under way has to end first. */
export function asBusy(error: unknown): never {
  if (!(error instanceof AppError && error.kind === 'conflict')) throw error
  throw refusal('CANNOT_START_BACKUP_INVALID_STATE', 'under way')
}

async function record(
  control: Control,
  type: EventType,
  facts: Parameters<Control['events']['record']>[1],
  { instanceName }: Backup,
): Promise<void> {
  await control.events.record(type, { ...facts, clusterName: instanceName })
}

async function updateSnapshot(call: Call<typeof publicApi.updateSnapshot>): Promise<Entity> {
  const { control, caller, group, body, now } = call
  const cluster = await backedUpIn(call)
  const backup = await snapshotIn(call, cluster)
  const { doNotDelete, expires } = body
  // A snapshot that is sent back as it was has one of the two as well, and it does not change.
  const isSame = doNotDelete === (backup.expiresMs === undefined)
  if ((doNotDelete === undefined || isSame) === (expires === undefined)) {
    throw refusal('MISSING_ONE_OF_ATTRIBUTES', 'doNotDelete', 'expires')
  }
  if (backup.state !== 'complete') throw refusal('CANNOT_MODIFY_SNAPSHOT', backup.id)
  if (expires === undefined && doNotDelete === false) {
    throw refusal('MISSING_ATTRIBUTE', 'expires')
  }
  if (expires && expires.getTime() <= now()) {
    throw refusal('EXPIRATION_DATE_MUST_BE_IN_FUTURE', expires.toISOString())
  }
  const kept = await control.backups.keepUntil(backup, expires?.getTime())
  await record(control, 'SNAPSHOT_CHANGED', { ...caller.actor, groupId: group.id }, backup)
  return presentSnapshot(cluster, kept)
}

function presentSnapshot(cluster: BackedUp, backup: Backup): Entity {
  const { id, project } = cluster
  const { state, content, createdMs, expiresMs } = backup
  const at = path`/groups/${project}/clusters/${id}`
  const isSharded = cluster.kind === 'SHARDED_REPLICA_SET'
  return {
    clusterId: id,
    complete: state === 'complete',
    created: { date: new Date(createdMs), increment: 1 },
    doNotDelete: expiresMs === undefined,
    expires: expiresMs === undefined ? undefined : new Date(expiresMs),
    groupId: project,
    id: backup.id,
    lastOplogAppliedTimestamp: changeTime(content?.lastChange),
    isPossiblyInconsistent: isSharded && content ? content.consistency === 'parts' : undefined,
    parts: content ? Object.keys(content.parts).map((name) => partOf(cluster, backup, name)) : [],
    links: [
      self(`${at}/snapshots/${backup.id}`),
      linkTo('cluster', at),
      linkTo('group', path`/groups/${project}`),
      linkTo('restoreJobs', `${at}/restoreJobs`),
    ],
  }
}

/** A time of an oplog as the Public API shows it; undefined where there is none. */
export function changeTime(time: NonNullable<Backup['content']>['lastChange']) {
  return time && { date: new Date(time.seconds * 1000), increment: time.increment }
}

function partOf({ id, replicaSetName }: BackedUp, { content, sizeBytes }: Backup, name: string) {
  const isOnly = Object.keys(content?.parts ?? {}).length === 1
  return {
    clusterId: id,
    compressionSetting: content?.format.includes('gzip') ? 'GZIP' : 'NONE',
    // Of several parts only the sum is known.
    dataSizeBytes: isOnly ? content?.bytes : undefined,
    encryptionEnabled: false,
    fileSizeBytes: isOnly ? sizeBytes : undefined,
    mongodVersion: content?.serverVersion,
    replicaSetName: isOnly ? replicaSetName : name,
    storageSizeBytes: isOnly ? sizeBytes : undefined,
    typeName: 'REPLICA_SET',
  }
}
