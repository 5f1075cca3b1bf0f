/**
 * Logs that are collected into archives on this machine, each by a task, and kept until they
 * expire.
 */
import { ObjectId } from '@gantry/bson'
import type { InstanceRegistry } from '../instances/registry.js'
import type { Project } from '../projects/project.js'
import type { Projects } from '../projects/projects.js'
import type { Keeping } from '../records.js'
import type { Tasks } from '../tasks/tasks.js'
import type { Topology } from '../topology/topology.js'
import { type Archive, archivesIn } from './archives.js'
import { collecting } from './collect-task.js'
import { openKeptJobs } from './kept-jobs.js'
import type { LogJob, LogOrder } from './log-job.js'
import { type LogUpkeep, logUpkeep } from './log-upkeep.js'
import { type Found, findResource } from './resources.js'

/** The kind of the tasks that collect. */
export const COLLECT = 'logs.collect'

const DAY_MS = 24 * 3_600_000
const KEPT_MS = 30 * DAY_MS
/** Archives of a project, of which the oldest goes for another. */
const MOST_ARCHIVES = 50

/** The jobs of all projects. */
export interface LogJobs extends LogUpkeep {
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
  archive(job: LogJob): Promise<Archive | undefined>
  /** The other server that has a job; undefined: this one, or nobody. */
  homeOf(id: string): string | undefined
  /** Deletes all jobs of a project, as it is gone. */
  forget(project: string): Promise<void>
}

/** What is collected from, and where it is kept. */
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

/** Reads the jobs that are kept, and takes on their tasks. */
export async function openLogJobs(options: LogJobsOptions): Promise<LogJobs> {
  const { keeping, folder, server, tasks, topology } = options
  const archives = archivesIn(folder)
  const jobs = await openKeptJobs({ keeping, server, archives })
  const { ofProject, change, expire, remove } = jobs
  const pathOf = ({ id }: LogJob) => archives.pathOf(id)

  tasks.handle(COLLECT, collecting({ ...options, state: keeping.state, pathOf, change }))

  async function collect({ id, home }: LogJob): Promise<void> {
    await tasks.create({ kind: COLLECT, home, exclusive: `${COLLECT} ${id}`, args: { job: id } })
  }

  const create: LogJobs['create'] = async (project, order, { user, nowMs }) => {
    const hosts = await topology.hosts(project)
    const found = findResource(hosts, order.resource, order.resourceName)
    if (!found) return undefined
    const kept = ofProject(project.id).filter(({ isExpired }) => !isExpired)
    const surplus = kept.slice(0, Math.max(0, kept.length - MOST_ARCHIVES + 1))
    for (const job of surplus) if (job.state !== 'IN_PROGRESS') await expire(job)
    const made = { project: project.id, user, nowMs }
    const job = newJob(order, found, made, server)
    await jobs.insert(job)
    await collect(job)
    return job
  }

  const upkeep = logUpkeep({ state: keeping.state, server, archives, jobs, collect })

  return {
    list: (project) => ofProject(project).toReversed(),
    get: (project, id) => ofProject(project).find((job) => job.id === id),
    create,
    async retry(job) {
      await change(job, { state: 'IN_PROGRESS', children: [] })
      await collect(job)
    },
    keepUntil: (job, expiresMs) => change(job, { expiresMs }),
    remove,
    archive: (job) => archives.open(job.id),
    homeOf(id) {
      const home = jobs.get(id)?.home
      return home === server ? undefined : home
    },
    async forget(project) {
      for (const job of ofProject(project)) await remove(job)
    },
    ...upkeep,
  }
}

function newJob(
  order: Omit<LogOrder, 'root'>,
  { root, hosts }: Found,
  { project, user, nowMs }: { project: string; user: string; nowMs: number },
  server: string,
): LogJob {
  return {
    ...order,
    root,
    id: new ObjectId().toHexString(),
    project,
    user,
    home: hosts.find(({ instance }) => instance?.home)?.instance?.home ?? server,
    state: 'IN_PROGRESS',
    children: [],
    isExpired: false,
    createdMs: nowMs,
    expiresMs: nowMs + KEPT_MS,
  }
}
