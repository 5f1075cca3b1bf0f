import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ObjectId } from '@gantry/bson'
import type { InstanceRegistry } from '../instances/registry.js'
import type { Projects } from '../projects/projects.js'
import type { State } from '../state.js'
import type { TaskHandler } from '../tasks/handler.js'
import type { Host } from '../topology/host.js'
import type { Topology } from '../topology/topology.js'
import { type ArchivedFile, writeArchive } from './archive.js'
import {
  type LogChild,
  type LogJob,
  type LogJobChanges,
  type LogType,
  logJobTable,
} from './log-job.js'
import { logText } from './log-text.js'
import { findResource } from './resources.js'
import { absent, linesOf } from './sources.js'

export interface CollectOptions {
  readonly state: State
  readonly registry: InstanceRegistry
  readonly topology: Topology
  readonly projects: Projects
  /** Where the archive of a job is. */
  pathOf(job: LogJob): string
  /** Undefined when there is no such job any more. */
  change(job: LogJob, changes: LogJobChanges): Promise<LogJob | undefined>
}

/** One log that is to be had. */
interface Part {
  readonly host: Host
  readonly type: LogType
  readonly name: string
}

/** Collects the logs of a job. One that was begun before is begun anew, and its archive written over. */
export function collecting(options: CollectOptions): TaskHandler {
  const { state, topology, projects, pathOf, change } = options

  /** As it is kept: another server may just have made it, of which this one has not heard yet. */
  const jobIn = (id: string) => state.find(logJobTable, { _id: new ObjectId(id) })

  async function partsOf(job: LogJob): Promise<Part[]> {
    const project = projects.get(job.project)
    const hosts = project ? await topology.hosts(project) : []
    const found = findResource(hosts, job.resource, job.resourceName)
    if (!found) throw new Error(`${job.resource} ${job.resourceName} is not there any more`)
    return job.types.flatMap((type) => partsOfType(type, found.hosts))
  }

  return {
    async run({ args }, work) {
      const job = await jobIn(String(args.job))
      if (!job || job.isExpired) return
      const children: LogChild[] = []
      const parts = await partsOf(job)
      const path = pathOf(job)
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      const files = filesOf(options, job, parts, children)
      await writeArchive(`${path}.part`, files, work.signal)
      await rename(`${path}.part`, path)
      const isWhole = children.every(({ error, isAbsent }) => error === undefined || isAbsent)
      const hasAny = children.some(({ error }) => error === undefined)
      const state = isWhole && hasAny ? 'SUCCESS' : 'FAILED'
      if (!(await change(job, { children, state }))) await rm(path, { force: true })
    },
    async rollBack({ args }, failure) {
      const job = await jobIn(String(args.job))
      if (!job) return
      await rm(`${pathOf(job)}.part`, { force: true })
      const atMs = Date.now()
      const about = { host: job.resourceName, type: job.types[0], path: '', bytes: 0 }
      const error = failure instanceof Error ? failure.message : String(failure)
      const child = { ...about, startMs: atMs, finishMs: atMs, error }
      await change(job, { state: 'FAILED', children: [child] })
    },
  }
}

/** Processes have logs of their own, agents one on each host. */
function partsOfType(type: LogType, hosts: readonly Host[]): Part[] {
  if (type === 'MONGODB' || type === 'FTDC') {
    return hosts.map((host) => ({ host, type, name: `${host.hostname}:${host.port}` }))
  }
  const names = [...new Set(hosts.map(({ hostname }) => hostname))]
  return names.map((name) => ({ host: hosts[0], type, name }))
}

/** What was had, one after the other; `children` is told of each. */
async function* filesOf(
  { registry }: CollectOptions,
  job: LogJob,
  parts: readonly Part[],
  children: LogChild[],
): AsyncGenerator<ArchivedFile> {
  for (const { host, type, name } of parts) {
    const startMs = Date.now()
    const path = `${type.toLowerCase()}/${name.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(-80)}.log`
    const child = { host: name, type, path, startMs }
    const reason = absent[type]
    if (reason !== undefined) {
      children.push({ ...child, finishMs: startMs, bytes: 0, error: reason, isAbsent: true })
      continue
    }
    try {
      const content = await logText(await linesOf(registry, host), job)
      children.push({ ...child, finishMs: Date.now(), bytes: content.length })
      yield { path, content, modifiedMs: startMs }
    } catch (error) {
      const { message } = error as Error
      children.push({ ...child, finishMs: Date.now(), bytes: 0, error: message })
    }
  }
}
