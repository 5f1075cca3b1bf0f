/** Restores of snapshots as the Public API has them, each kept with what became of it. */
import { randomBytes } from 'node:crypto'
import { ObjectId } from '@gantry/bson'
import type { Backup } from '../backups/backup.js'
import type { Backups } from '../backups/backups.js'
import type { Instance } from '../instances/instances.js'
import { type Keeping, openRecords, type Records } from '../records.js'
import { refusal } from '../refusal.js'
import type { Secrets } from '../secrets.js'
import { RESTORE_TOKEN, type RestoreJob, restoreJobTable } from './restore-job.js'

/** Which snapshot of which cluster. */
export interface RestoreSource {
  readonly project: string
  readonly cluster: string
  readonly clusterName: string
  readonly backup: Backup
}

export interface RestoreTarget {
  readonly project: string
  readonly cluster: string
  readonly instance: Instance
}

export interface RestoreJobs {
  /** Newest first. */
  list(project: string, cluster: string): readonly RestoreJob[]
  /** Begins to replace everything in a cluster by what a snapshot holds. */
  into(source: RestoreSource, target: RestoreTarget): Promise<readonly RestoreJob[]>
  /** Makes a link to each file of a snapshot. */
  links(
    source: RestoreSource,
    limits: { readonly expiresMs: number; readonly maxDownloads: number },
  ): Promise<readonly RestoreJob[]>
  /** What stands in the link of a job that has one. */
  token(job: RestoreJob): string | undefined
  /** Counts a download by a link. Undefined when there is none, or it has expired or is used up. */
  use(token: string, nowMs: number): Promise<RestoreJob | undefined>
}

export async function openRestoreJobs(
  keeping: Keeping,
  secrets: Secrets,
  backups: Backups,
): Promise<RestoreJobs> {
  const records: Records<RestoreJob> = await openRecords(keeping, restoreJobTable)

  function jobOf({ project, cluster, clusterName, backup }: RestoreSource): RestoreJob {
    const id = new ObjectId().toHexString()
    const counts = { maxDownloads: 0, downloads: 0 }
    const createdMs = Date.now()
    const lastChange = backup.content?.lastChange
    const taken = { snapshot: backup.id, snapshotMs: backup.createdMs, lastChange }
    return { id, project, cluster, clusterName, ...taken, ...counts, createdMs }
  }

  return {
    list: (project, cluster) =>
      records
        .all()
        .filter((job) => job.project === project && job.cluster === cluster)
        .toReversed(),
    async into(source, { project, cluster, instance }) {
      const task = await backups.restore(source.backup, instance)
      const target = { targetProject: project, targetCluster: cluster, targetName: instance.name }
      const job = { ...jobOf(source), task: task.id, ...target }
      await records.insert(job)
      return [job]
    },
    async links(source, { expiresMs, maxDownloads }) {
      const files = Object.values(source.backup.content?.parts ?? {})
      if (files.length === 0 || files.some((file) => file.endsWith('/'))) {
        throw refusal('UNSUPPORTED_DELIVERY_METHOD', 'HTTP')
      }
      const batch = files.length > 1 ? new ObjectId().toHexString() : undefined
      const jobs = files.map((file): RestoreJob => {
        const token = randomBytes(32).toString('base64url')
        const tokenHash = secrets.lookupHash(token)
        const tokenSealed = secrets.seal(token, RESTORE_TOKEN)
        const link = { file, tokenHash, tokenSealed, expiresMs, maxDownloads }
        return { ...jobOf(source), ...(batch && { batch }), ...link }
      })
      for (const job of jobs) await records.insert(job)
      return jobs
    },
    token: ({ tokenSealed }) => tokenSealed && secrets.open(tokenSealed, RESTORE_TOKEN),
    async use(token, nowMs) {
      const hash = secrets.lookupHash(token)
      const job = records.all().find(({ tokenHash }) => tokenHash === hash)
      const { expiresMs = 0, downloads = 0, maxDownloads = 0 } = job ?? {}
      if (!job || nowMs >= expiresMs || downloads >= maxDownloads) return undefined
      const used = { ...job, downloads: downloads + 1 }
      await records.save(used)
      return used
    },
  }
}
