import { ObjectId } from '@gantry/bson'
import type { State } from '../state.js'
import type { Archives } from './archives.js'
import type { KeptJobs } from './kept-jobs.js'
import { type LogJob, logJobTable } from './log-job.js'

/** What is done about jobs from time to time. */
export interface LogUpkeep {
  /** Deletes archives that have expired, and forgets jobs long after. */
  sweep(nowMs: number): Promise<void>
  /** Goes on with jobs that were not begun, and sweeps now and then. */
  start(failed: (error: unknown) => void): void
  stop(): Promise<void>
}

/** What jobs are seen to with. */
export interface LogUpkeepOptions {
  readonly state: State
  /** Only its own jobs are seen to. */
  readonly server: string
  readonly archives: Archives
  readonly jobs: KeptJobs
  /** Rejects when the job is being collected. */
  collect(job: LogJob): Promise<void>
}

/** As long a job is told of after its archive is gone. */
const REMEMBERED_MS = 30 * 24 * 3_600_000
const EVERY_MS = 60_000

/** Nothing is done by itself before `start`. */
export function logUpkeep(options: LogUpkeepOptions): LogUpkeep {
  const { state, server, archives, jobs, collect } = options
  let timer: NodeJS.Timeout | undefined
  let sweeping: Promise<unknown> = Promise.resolve()

  async function sweep(nowMs: number): Promise<void> {
    for (const job of jobs.all()) {
      if (job.home !== server || job.expiresMs > nowMs || job.state === 'IN_PROGRESS') continue
      if (!job.isExpired) await jobs.expire(job)
      else if (job.expiresMs + REMEMBERED_MS < nowMs) await jobs.remove(job)
    }
    // Another server may have deleted the job of an archive that is here.
    await archives.removeStray(isKept)
  }

  /** What cannot be the id of a job is somebody else's, and left alone. */
  async function isKept(id: string): Promise<boolean> {
    if (!ObjectId.isValid(id) || jobs.get(id)) return true
    return Boolean(await state.find(logJobTable, { _id: new ObjectId(id) }))
  }

  /** A request that was written down, whose task was not before the server was killed. */
  async function resume(): Promise<void> {
    for (const job of jobs.all()) {
      if (job.home !== server || job.state !== 'IN_PROGRESS') continue
      await collect(job).catch(() => {
        // Its task is there.
      })
    }
  }

  return {
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
