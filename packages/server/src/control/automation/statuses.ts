import type { Goal, ProcessStatus } from '../../automation/goal.js'
import { type Keeping, openRecords } from '../records.js'
import { type StatusRecord, statusId, statusTable } from './status-record.js'

/** How far a project has come. */
export interface AutomationStatus {
  /** The version of the latest document; 0: there never was one. */
  readonly goalVersion: number
  /** Of all processes of that document, sorted by name. */
  readonly processes: readonly KnownStatus[]
}

/** The status of a process; `isReported`: an agent has said so, and it is no guess. */
export interface KnownStatus extends ProcessStatus {
  readonly isReported: boolean
}

export interface Statuses {
  of(project: string, goal: Goal): AutomationStatus
  report(
    project: string,
    goal: Goal,
    hostname: string,
    said: readonly ProcessStatus[],
  ): Promise<void>
  forget(project: string): Promise<void>
}

export async function openStatuses(keeping: Keeping): Promise<Statuses> {
  const records = await openRecords(keeping, statusTable)
  const ofProject = (project: string) =>
    records.all().filter((record) => record.project === project)

  return {
    of(project, { version, processes }) {
      const statuses = processes.map(({ name, hostname, manualMode }) => {
        const record = records.get(statusId(project, name))
        const known = record?.hostname === hostname ? record : undefined
        // Nobody does anything about it, so that it is at the goal by itself.
        const achieved = manualMode ? version : 0
        const status = known && !manualMode ? known : fine(name, hostname, achieved)
        return { ...upTo(version, status), isReported: known !== undefined }
      })
      return {
        goalVersion: version,
        processes: statuses.sort((a, b) => (a.name < b.name ? -1 : 1)),
      }
    },
    async report(project, { version, processes }, hostname, said) {
      for (const record of ofProject(project)) {
        const isWanted = processes.some(({ name }) => name === record.name)
        if (!isWanted) await records.delete(record.id)
      }
      for (const status of said) {
        const isTheirs = processes.some(
          (process) => process.name === status.name && process.hostname === hostname,
        )
        if (!isTheirs) continue
        const id = statusId(project, status.name)
        const before = records.get(id)
        const record = { ...upTo(version, status), hostname, id, project, createdMs: Date.now() }
        if (before && isSame(before, record)) continue
        await records.save(record)
      }
    },
    async forget(project) {
      for (const { id } of ofProject(project)) await records.delete(id)
    },
  }
}

function fine(name: string, hostname: string, lastGoalVersionAchieved: number): ProcessStatus {
  return { name, hostname, lastGoalVersionAchieved, plan: [], errorCode: 0, errorString: '' }
}

/** Never beyond the goal. */
function upTo(version: number, status: ProcessStatus): ProcessStatus {
  const lastGoalVersionAchieved = Math.min(status.lastGoalVersionAchieved, version)
  return { ...statusOf(status), lastGoalVersionAchieved }
}

function statusOf(status: ProcessStatus): ProcessStatus {
  const { name, hostname, lastGoalVersionAchieved, plan, errorCode, errorString } = status
  return { name, hostname, lastGoalVersionAchieved, plan, errorCode, errorString }
}

function isSame(a: StatusRecord, b: StatusRecord): boolean {
  return JSON.stringify(statusOf(a)) === JSON.stringify(statusOf(b))
}
