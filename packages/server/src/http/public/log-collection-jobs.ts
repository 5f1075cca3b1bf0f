import { type JsonValue, publicApi } from '@gantry/api'
import type { Control } from '../../control/control.js'
import {
  type LogChild,
  type LogJob,
  type LogOrder,
  type LogType,
  logTypes,
} from '../../control/log-jobs/log-job.js'
import type { Project } from '../../control/projects/project.js'
import { refusal } from '../../control/refusal.js'
import { readDate } from '../../dates.js'
import { type Entity, type Json, linkTo, listing, path, self } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'

const MOST_MONTHS = 6
/** A number of this size is one of milliseconds. */
const LEAST_MS = 1e11

export const logCollectionJobRoutes: readonly PublicRoute[] = [
  route(publicApi.createLogCollectionJob, create),
  route(publicApi.listLogCollectionJobs, (call) => {
    const { control, group, query } = call
    return listing(control.logJobs.list(group.id), (job) => present(call, job, query.verbose))
  }),
  route(publicApi.getLogCollectionJob, (call) => present(call, jobIn(call), call.query.verbose)),
  route(publicApi.updateLogCollectionJob, async (call) => {
    const { control, body, now } = call
    const job = noted(call)
    const expires = body.expirationDate
    if (hasExpired(job, now())) throw refusal('CANNOT_EXTEND_EXPIRED_JOB', job.id)
    if (expires.getTime() <= now()) {
      throw refusal('EXPIRATION_DATE_MUST_BE_IN_FUTURE', expires.toISOString())
    }
    if (expires > latestExpiry(job)) {
      throw refusal('EXPIRATION_DATE_TOO_DISTANT', expires.toISOString())
    }
    const kept = await control.logJobs.keepUntil(job, expires.getTime())
    if (!kept) throw refusal('LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP', job.id)
    return present(call, kept, false)
  }),
  route(publicApi.retryLogCollectionJob, async (call) => {
    const job = noted(call)
    const isOver = hasExpired(job, call.now())
    if (job.state !== 'FAILED' || isOver) throw refusal('ONLY_FAILED_JOB_CAN_BE_RESTARTED', job.id)
    await call.control.logJobs.retry(job)
    return undefined
  }),
  route(publicApi.deleteLogCollectionJob, async (call) => {
    await call.control.logJobs.remove(noted(call))
    return undefined
  }),
  route(publicApi.downloadLogs, async (call) => {
    const job = jobIn(call)
    if (hasExpired(job, call.now())) throw refusal('CANNOT_DOWNLOAD_EXPIRED_JOB', job.id)
    const archive =
      job.state === 'IN_PROGRESS' ? undefined : await call.control.logJobs.archive(job)
    if (!archive) throw refusal('CANNOT_DOWNLOAD_JOB_IN_PROGRESS', job.id)
    return { type: 'application/gzip', fileName: `${job.id}.tar.gz`, ...archive }
  }),
]

function jobIn({
  control,
  group,
  params: { logCollectionJobId },
}: {
  readonly control: Control
  readonly group: Project
  readonly params: { readonly logCollectionJobId: string }
}): LogJob {
  const job = control.logJobs.get(group.id, logCollectionJobId)
  if (!job) throw refusal('LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP', logCollectionJobId)
  return job
}

/** The job that a path names, of which the audit log is told. */
function noted(call: Parameters<typeof jobIn>[0] & Pick<Call, 'noted'>): LogJob {
  const job = jobIn(call)
  Object.assign(call.noted, { job: job.id, resource: job.resourceName })
  return job
}

function hasExpired({ isExpired, expiresMs }: LogJob, nowMs: number): boolean {
  return isExpired || expiresMs <= nowMs
}

function latestExpiry({ createdMs }: LogJob): Date {
  const latest = new Date(createdMs)
  latest.setUTCMonth(latest.getUTCMonth() + MOST_MONTHS)
  return latest
}

async function create(call: Call<typeof publicApi.createLogCollectionJob>): Promise<Entity> {
  const { control, caller, group, body, now } = call
  const { resourceType, resourceName } = body
  const order: Omit<LogOrder, 'root'> = {
    resource: resourceType,
    resourceName,
    bytes: body.sizeRequestedPerFileBytes,
    types: body.logTypes.map(typeOf),
    redacted: body.redacted,
    fromMs: momentOf('logCollectionFromDate', body.logCollectionFromDate),
    toMs: momentOf('logCollectionToDate', body.logCollectionToDate),
  }
  if (order.bytes <= 0) throw refusal('INVALID_LOG_REQUEST_SIZE', String(order.bytes))
  if (order.types.length === 0) throw refusal('INVALID_LOG_REQUEST_TYPES', 'nothing')
  checkRange(order)
  const user = caller.user?.id ?? caller.key?.id ?? ''
  const job = await control.logJobs.create(group, order, { user, nowMs: now() })
  if (!job) throw refusal('RESOURCE_NOT_FOUND_FOR_JOB', resourceType.toLowerCase(), resourceName)
  const clusterName = job.root.resource === 'PROCESS' ? undefined : job.root.name
  Object.assign(call.noted, { job: job.id, resource: resourceName, clusterName })
  return { id: job.id, links: linksOf(job) }
}

function typeOf(name: string): LogType {
  const type = logTypes.find((one) => one === name.toUpperCase())
  if (!type) throw refusal('INVALID_LOG_REQUEST_TYPES', name)
  return type
}

/** Milliseconds since 1970, however it was said. */
function momentOf(name: string, value: JsonValue | undefined): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) {
    return value >= LEAST_MS ? value : value * 1000
  }
  const date = typeof value === 'string' ? readDate(value) : undefined
  if (!date) throw refusal('INVALID_DATE_FORMAT', name)
  return date.getTime()
}

function checkRange({ fromMs, toMs }: Pick<LogOrder, 'fromMs' | 'toMs'>): void {
  if (fromMs === undefined || toMs === undefined || fromMs <= toMs) return
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString())
  throw refusal('INVALID_DATE_RANGE', from, to)
}

function linksOf({ id, project }: LogJob) {
  return [
    self(path`/groups/${project}/logCollectionJobs/${id}`),
    linkTo('group', path`/groups/${project}`),
  ]
}

function present(
  { base, now }: Pick<Call, 'base' | 'now'>,
  job: LogJob,
  isVerbose: boolean | undefined,
): Entity {
  const { id, project, children, root } = job
  const isReady = job.state !== 'IN_PROGRESS' && !hasExpired(job, now())
  const download = path`/groups/${project}/logCollectionJobs/${id}/download`
  const hasArchive = isReady && children.some(({ error }) => error === undefined)
  return {
    childJobs: isVerbose ? children.map(presentChild) : undefined,
    creationDate: new Date(job.createdMs),
    downloadUrl: hasArchive ? base + download : undefined,
    expirationDate: new Date(job.expiresMs),
    groupId: project,
    id,
    logCollectionFromDate: job.fromMs,
    logCollectionToDate: job.toMs,
    logTypes: job.types,
    redacted: job.redacted,
    resourceName: job.resourceName,
    resourceType: job.resource.toLowerCase(),
    rootResourceName: root.name,
    rootResourceType: root.resource.toLowerCase(),
    sizeRequestedPerFileBytes: job.bytes,
    status: statusOf(job, now()),
    uncompressedSizeTotalBytes: children.reduce((total, { bytes }) => total + bytes, 0),
    userId: job.user,
    links: [...linksOf(job), ...(hasArchive ? [linkTo('download', download)] : [])],
  }
}

function statusOf({ state, isExpired, expiresMs }: LogJob, nowMs: number): string {
  if (isExpired) return 'EXPIRED'
  return expiresMs <= nowMs ? 'MARKED_FOR_EXPIRY' : state
}

function presentChild(child: LogChild): Json {
  const { host, type, error, startMs, finishMs, bytes } = child
  return {
    errorMessage: error,
    finishDate: new Date(finishMs),
    hostName: host,
    logCollectionType: type,
    path: error === undefined ? child.path : undefined,
    startDate: new Date(startMs),
    status: error === undefined ? 'SUCCESS' : 'FAILED',
    uncompressedDiskSpaceBytes: bytes,
  }
}
