/**
 * Logs that are collected into archives on this machine, each by a task, and kept until they
 * expire.
 */
import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { ObjectId } from '@gantry/bson'
import type { InstanceRegistry } from '../instances/registry.js'
import type { Project } from '../projects/project.js'
import type { Projects } from '../projects/projects.js'
import { type Keeping, openRecords, type Records } from '../records.js'
import type { Tasks } from '../tasks/tasks.js'
import type { Topology } from '../topology/topology.js'
import { collecting } from './collect-task.js'
import {
  changedFields,
  type LogJob,
  type LogJobChanges,
  type LogOrder,
  logJobTable,
} from './log-job.js'
import { findResource } from './resources.js'

export const COLLECT = 'logs.collect'

const DAY_MS = 24 * 3_600_000
const KEPT_MS = 30 * DAY_MS
/** As long a job is told of after its archive is gone. */
const REMEMBERED_MS = 30 * DAY_MS
/** Archives of a project, of which the oldest goes for another. */
const MOST_ARCHIVES = 50
const EVERY_MS = 60_000

export interface LogJobs {
  /** Newest first. */
  list(project: string): readonly LogJob[]
  get(project: string, id: string): LogJob | undefined
  /** Begins to collect. Undefined when there is no such resource. */
  create(
    project: Project,
    order: Omit<LogOrder, 'root'>,
    made: { readonly user: string; readonly nowMs: number },
  ): Promise<LogJob | undefined>
  /** Begins anew with a job. */
  retry(job: LogJob): Promise<void>
  /** Undefined when there is no such job any more. */
  keepUntil(job: LogJob, expiresMs: number): Promise<LogJob | undefined>
  remove(job: LogJob): Promise<void>
  /** The archive of a job; undefined when there is none. */
  archive(job: LogJob): Promise<{ readonly body: Readable; readonly size: number } | undefined>
  /** The other server that has a job; undefined: this one, or nobody. */
  homeOf(id: string): string | undefined
  /** Deletes all jobs of a project, as it is gone. */
  forget(project: string): Promise<void>
  /** Deletes archives that have expired, and forgets jobs long after. */
  sweep(nowMs: number): Promise<void>
  start(failed: (error: unknown) => void): void
  stop(): Promise<void>
}

export interface LogJobsOptions {
  readonly keeping: Keeping
  /** Where archives are. */
  readonly folder: string
  readonly server: string
  readonly tasks: Tasks
  readonly registry: InstanceRegistry
  readonly topology: Topology
  readonly projects: Projects
}

export async function openLogJobs(options: LogJobsOptions): Promise<LogJobs> {
  const { keeping, folder, server, tasks, topology } = options
  const { state } = keeping
  const records: Records<LogJob> = await openRecords(keeping, logJobTable)
  const pathOf = ({ id }: LogJob) => join(folder, `${id}.tar.gz`)
  const ofProject = (id: string) => records.all().filter(({ project }) => project === id)
  let timer: NodeJS.Timeout | undefined
  let sweeping: Promise<unknown> = Promise.resolve()

  async function change({ id }: LogJob, changes: LogJobChanges): Promise<LogJob | undefined> {
    const update = { $set: changedFields(changes) }
    const changed = await state.findAndModify(logJobTable, { _id: new ObjectId(id) }, update)
    if (changed) records.refresh(changed)
    return changed
  }

  tasks.handle(COLLECT, collecting({ ...options, state, pathOf, change }))

  async function collect({ id, home }: LogJob): Promise<void> {
    await tasks.create({ kind: COLLECT, home, exclusive: `${COLLECT} ${id}`, args: { job: id } })
  }

  async function expire(job: LogJob): Promise<void> {
    if (job.home === server) await rm(pathOf(job), { force: true })
    await change(job, { isExpired: true })
  }

  async function remove(job: LogJob): Promise<void> {
    await records.delete(job.id)
    if (job.home === server) await rm(pathOf(job), { force: true })
  }

  async function sweep(nowMs: number): Promise<void> {
    for (const job of records.all()) {
      if (job.home !== server || job.expiresMs > nowMs || job.state === 'IN_PROGRESS') continue
      if (!job.isExpired) await expire(job)
      else if (job.expiresMs + REMEMBERED_MS < nowMs) await remove(job)
    }
    await removeStray()
  }

  /** Archives here whose jobs were deleted by another server. */
  async function removeStray(): Promise<void> {
    const names = await readdir(folder).catch(() => [])
    for (const name of names) {
      const [id] = name.split('.')
      if (!ObjectId.isValid(id) || records.get(id)) continue
      const isKept = await state.find(logJobTable, { _id: new ObjectId(id) })
      if (!isKept) await rm(join(folder, name), { force: true })
    }
  }

  /** A request that was written down, whose task was not before the server was killed. */
  async function resume(): Promise<void> {
    for (const job of records.all()) {
      if (job.home !== server || job.state !== 'IN_PROGRESS') continue
      await collect(job).catch(() => {
        // Its task is there.
      })
    }
  }

  return {
    list: (project) => ofProject(project).toReversed(),
    get: (project, id) => ofProject(project).find((job) => job.id === id),
    async create(project, order, { user, nowMs }) {
      const hosts = await topology.hosts(project)
      const found = findResource(hosts, order.resource, order.resourceName)
      if (!found) return undefined
      const archives = ofProject(project.id).filter(({ isExpired }) => !isExpired)
      const surplus = archives.slice(0, Math.max(0, archives.length - MOST_ARCHIVES + 1))
      for (const job of surplus) if (job.state !== 'IN_PROGRESS') await expire(job)
      const job: LogJob = {
        ...order,
        root: found.root,
        id: new ObjectId().toHexString(),
        project: project.id,
        user,
        home: found.hosts.find(({ instance }) => instance?.home)?.instance?.home ?? server,
        state: 'IN_PROGRESS',
        children: [],
        isExpired: false,
        createdMs: nowMs,
        expiresMs: nowMs + KEPT_MS,
      }
      await records.insert(job)
      await collect(job)
      return job
    },
    async retry(job) {
      await change(job, { state: 'IN_PROGRESS', children: [] })
      await collect(job)
    },
    keepUntil: (job, expiresMs) => change(job, { expiresMs }),
    remove,
    async archive(job) {
      try {
        const file = await open(pathOf(job))
        const { size } = await file.stat()
        return { body: file.createReadStream(), size }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    homeOf(id) {
      const home = records.get(id)?.home
      return home === server ? undefined : home
    },
    async forget(project) {
      for (const job of ofProject(project)) await remove(job)
    },
    sweep,
    start(failed) {
      const look = () => {
        sweeping = sweeping.then(() => sweep(Date.now())).catch(failed)
      }
      sweeping = resume().catch(failed)
      look()
      timer = setInterval(look, EVERY_MS)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await sweeping
    },
  }
}
