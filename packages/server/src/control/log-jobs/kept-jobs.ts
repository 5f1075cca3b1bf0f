import { ObjectId } from '@gantry/bson'
import { type Keeping, openRecords, type Records } from '../records.js'
import type { Archives } from './archives.js'
import { changedFields, type LogJob, type LogJobChanges, logJobTable } from './log-job.js'

/** The jobs as they are kept, and with them their archives on this server. */
export interface KeptJobs extends Pick<Records<LogJob>, 'all' | 'get' | 'insert'> {
  /** Oldest first. */
  ofProject(id: string): readonly LogJob[]
  /** Undefined when there is no such job any more. */
  change(job: LogJob, changes: LogJobChanges): Promise<LogJob | undefined>
  /** Deletes the archive of a job, which is told of still. */
  expire(job: LogJob): Promise<void>
  remove(job: LogJob): Promise<void>
}

/** Where jobs are kept, and for which server. */
export interface KeptJobsOptions {
  readonly keeping: Keeping
  readonly server: string
  readonly archives: Archives
}

/** Reads the jobs that are kept. */
export async function openKeptJobs(options: KeptJobsOptions): Promise<KeptJobs> {
  const { keeping, server, archives } = options
  const records: Records<LogJob> = await openRecords(keeping, logJobTable)

  async function change({ id }: LogJob, changes: LogJobChanges): Promise<LogJob | undefined> {
    const { state } = keeping
    const update = { $set: changedFields(changes) }
    const changed = await state.findAndModify(logJobTable, { _id: new ObjectId(id) }, update)
    if (changed) records.refresh(changed)
    return changed
  }

  return {
    ...records,
    ofProject: (id) => records.all().filter(({ project }) => project === id),
    change,
    async expire(job) {
      if (job.home === server) await archives.remove(job.id)
      await change(job, { isExpired: true })
    },
    async remove(job) {
      await records.delete(job.id)
      if (job.home === server) await archives.remove(job.id)
    },
  }
}
