import { Readable } from 'node:stream'
import { publicApi } from '@gantry/api'
import type { Backup } from '../../control/backups/backup.js'
import type { RestoreJob } from '../../control/cluster-backups/restore-job.js'
import { refusal } from '../../control/refusal.js'
import { isInGroup, mayInGroup } from '../../control/roles/roles.js'
import type { TaskState } from '../../control/tasks/task.js'
import { type BackedUp, backedUpIn } from './backup-configs.js'
import { clusterIn } from './clusters.js'
import { type Download, type Entity, linkTo, listing, path, self } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'
import { asBusy, changeTime, findSnapshot } from './snapshots.js'

const HOUR_MS = 3_600_000
const MOST_HOURS = 7 * 24

type Context = Pick<Call, 'control' | 'base' | 'now'>

export const restoreJobRoutes: readonly PublicRoute[] = [
  route(publicApi.listRestoreJobs, async (call) => {
    const { control, group, query } = call
    const { id } = await clusterIn(call)
    const jobs = control.clusterBackups.restores.list(group.id, id)
    const { batchId } = query
    const wanted = jobs.filter(({ batch }) => batchId === undefined || batch === batchId)
    return listing(wanted, (job) => present(call, job))
  }),
  route(publicApi.createRestoreJob, create),
  route(publicApi.getRestoreJob, async (call) => {
    const { control, group, params } = call
    const { id } = await clusterIn(call)
    const jobs = control.clusterBackups.restores.list(group.id, id)
    const job = jobs.find((one) => one.id === params.jobId)
    if (!job) throw refusal('RESTORE_JOB_NOT_FOUND', params.jobId)
    return present(call, job)
  }),
  route(publicApi.downloadRestore, download),
]

async function create(call: Call<typeof publicApi.createRestoreJob>) {
  const { control, caller, group, body } = call
  const cluster = await backedUpIn(call)
  const backup = await chosenSnapshot(call, cluster)
  const { delivery } = body
  if (backup.state !== 'complete') {
    throw refusal('CANNOT_START_RESTORE_JOB_FOR_INCOMPLETE_CLUSTER_SNAPSHOT', backup.id)
  }
  const { id, name } = cluster
  const source = { project: group.id, cluster: id, clusterName: name, backup }
  const { restores } = control.clusterBackups
  const make = () => {
    if (delivery.methodName === 'HTTP') return restores.links(source, limitsOf(call, backup))
    if (delivery.methodName === 'AUTOMATED_RESTORE') {
      return targetOf(call).then((target) => restores.into(source, target).catch(asBusy))
    }
    throw refusal('UNSUPPORTED_DELIVERY_METHOD', delivery.methodName)
  }
  const jobs = await make()
  const facts = { ...caller.actor, groupId: group.id, clusterName: name }
  await control.events.record('RESTORE_REQUESTED_AUDIT', facts)
  return listing(jobs, (job) => present(call, job))
}

async function chosenSnapshot(
  { control, body }: Call<typeof publicApi.createRestoreJob>,
  cluster: BackedUp,
): Promise<Backup> {
  const { snapshotId, pointInTimeUTCMillis, oplogTs } = body
  const checkpointId = body.checkpointId ?? body.checkPointId
  const given = [snapshotId, checkpointId, pointInTimeUTCMillis, oplogTs]
  if (given.filter((one) => one !== undefined).length !== 1) {
    throw refusal('MISSING_ONE_OF_ATTRIBUTES', 'snapshotId', 'pointInTimeUTCMillis')
  }
  if (checkpointId !== undefined) throw refusal('CHECKPOINT_NOT_FOUND', checkpointId)
  // There are the moments of snapshots, and no others.
  if (snapshotId === undefined) {
    throw refusal('INVALID_PIT_RESTORE_TIME', String(pointInTimeUTCMillis ?? oplogTs))
  }
  return findSnapshot(control, cluster, snapshotId)
}

function limitsOf({ body, now }: Call<typeof publicApi.createRestoreJob>, backup: Backup) {
  const { expirationHours = 1, maxDownloads = 1 } = body.delivery
  const expiresMs = now() + expirationHours * HOUR_MS
  if (expirationHours > MOST_HOURS) {
    throw refusal('EXPIRATION_DATE_TOO_DISTANT', new Date(expiresMs).toISOString())
  }
  if (backup.expiresMs !== undefined && expiresMs > backup.expiresMs) {
    throw refusal('LINK_EXPIRATION_AFTER_SNAPSHOT_DELETION', backup.id)
  }
  return { expiresMs, maxDownloads }
}

async function targetOf({ control, caller, body }: Call<typeof publicApi.createRestoreJob>) {
  const { targetGroupId, targetClusterId } = body.delivery
  if (targetGroupId === undefined) throw refusal('MISSING_ATTRIBUTE', 'delivery.targetGroupId')
  if (targetClusterId === undefined) throw refusal('MISSING_ATTRIBUTE', 'delivery.targetClusterId')
  const group = control.projects.get(targetGroupId)
  if (!group) throw refusal('GROUP_NOT_FOUND', targetGroupId)
  if (!isInGroup(caller.roles, group)) throw refusal('NOT_IN_GROUP', targetGroupId)
  if (!mayInGroup(caller.roles, group, 'GROUP_BACKUP_ADMIN')) throw refusal('USER_UNAUTHORIZED')
  const params = { clusterId: targetClusterId }
  const { instance, id, project } = await backedUpIn({ control, group, params })
  return { project, cluster: id, instance }
}

const statuses: { readonly [S in TaskState]: readonly [job: string, delivery: string] } = {
  queued: ['IN_PROGRESS', 'NOT_STARTED'],
  running: ['IN_PROGRESS', 'IN_PROGRESS'],
  succeeded: ['FINISHED', 'READY'],
  failed: ['BROKEN', 'FAILED'],
  cancelled: ['KILLED', 'INTERRUPTED'],
}

async function present(context: Context, job: RestoreJob): Promise<Entity> {
  const { id, project, cluster, clusterName, snapshot, batch, createdMs } = job
  const at = path`/groups/${project}/clusters/${cluster}`
  const task = job.task === undefined ? undefined : await context.control.tasks.get(job.task)
  const [status, delivery] = statuses[task?.state ?? 'succeeded']
  return {
    batchId: batch,
    clusterId: cluster,
    clusterName,
    created: new Date(createdMs),
    delivery: job.task === undefined ? httpDelivery(context, job) : intoDelivery(job, delivery),
    encryptionEnabled: false,
    groupId: project,
    id,
    pointInTime: false,
    snapshotId: snapshot,
    statusName: status,
    timestamp: changeTime(job.lastChange) ?? { date: new Date(job.snapshotMs), increment: 1 },
    links: [
      self(`${at}/restoreJobs/${id}`),
      linkTo('cluster', at),
      linkTo('group', path`/groups/${project}`),
      linkTo('snapshot', `${at}/snapshots/${snapshot}`),
    ],
  }
}

function intoDelivery({ targetCluster, targetProject, targetName }: RestoreJob, status: string) {
  return {
    methodName: 'AUTOMATED_RESTORE',
    statusName: status,
    targetClusterId: targetCluster,
    targetClusterName: targetName,
    targetGroupId: targetProject,
  }
}

function httpDelivery({ control, base, now }: Context, job: RestoreJob) {
  const { expiresMs = 0, downloads, maxDownloads, createdMs } = job
  const isOver = now() >= expiresMs
  const isUsedUp = downloads >= maxDownloads
  const token = control.clusterBackups.restores.token(job) ?? ''
  const isReady = !isOver && !isUsedUp
  return {
    expirationHours: Math.round((expiresMs - createdMs) / HOUR_MS),
    expires: new Date(expiresMs),
    maxDownloads,
    methodName: 'HTTP',
    statusName: isReady ? 'READY' : isUsedUp ? 'MAX_DOWNLOADS_EXCEEDED' : 'EXPIRED',
    url: isReady ? base + path`/restoreDownloads/${token}` : undefined,
  }
}

async function download(call: Call<typeof publicApi.downloadRestore>): Promise<Download> {
  const { control, params, now } = call
  const job = await control.clusterBackups.restores.use(params.token, now())
  if (!job?.file) throw refusal('RESTORE_JOB_NOT_FOUND', params.token)
  // What automation runs belongs to no account.
  const owner = control.instances.byId(job.cluster) ?? control.projects.get(job.project)
  const account = owner?.account ?? job.project
  const backup = await control.backups.get({ id: job.cluster, account }, job.snapshot)
  const body = Readable.from(control.backups.files(backup).read(job.file))
  return { type: 'application/octet-stream', body, fileName: job.file.split('/').at(-1) }
}
