/** When nobody is to be told of alerts of a project, since somebody is at work there. */
import { ObjectId } from '@gantry/bson'
import { type Keeping, openRecords, type Records } from '../records.js'
import { refusal } from '../refusal.js'
import { type MaintenanceWindow, maintenanceWindowTable } from './maintenance-window.js'

/** What can be said of a window; what is left out stays as it is. */
export interface WindowChanges {
  readonly startDate?: Date
  readonly endDate?: Date
  readonly alertTypeNames?: readonly string[]
  readonly description?: string
}

export interface MaintenanceWindows {
  /** Those whose end lies ahead, the oldest first. */
  ahead(project: string, nowMs: number): readonly MaintenanceWindow[]
  /** Throws unless the project has it. */
  get(project: string, id: string): MaintenanceWindow
  /** Rejects when something is missing, or it ends before it begins. */
  create(project: string, given: WindowChanges, nowMs: number): Promise<MaintenanceWindow>
  /** As `create`. */
  update(
    window: MaintenanceWindow,
    changes: WindowChanges,
    nowMs: number,
  ): Promise<MaintenanceWindow>
  remove(window: MaintenanceWindow): Promise<void>
  /** Whether alerts of a type are not to be told at a time; those on metrics of hosts are of hosts. */
  mutes(project: string, alertTypeName: string, atMs: number): boolean
  /** Removes all of a project, as it is gone. */
  forget(project: string): Promise<void>
}

export async function openMaintenanceWindows(keeping: Keeping): Promise<MaintenanceWindows> {
  const records: Records<MaintenanceWindow> = await openRecords(keeping, maintenanceWindowTable)
  const ofProject = (project: string) =>
    records.all().filter((window) => window.project === project)

  async function save(window: MaintenanceWindow): Promise<MaintenanceWindow> {
    check(window)
    await records.save(window)
    return window
  }

  return {
    ahead: (project, nowMs) => ofProject(project).filter(({ endMs }) => endMs > nowMs),
    get(project, id) {
      const window = records.get(id)
      if (window?.project !== project) throw refusal('MAINTENANCE_WINDOW_NOT_FOUND', id)
      return window
    },
    async create(project, given, nowMs) {
      const { startDate, endDate, alertTypeNames = [], description } = given
      if (!startDate) throw refusal('MISSING_MAINTENANCE_WINDOW_START_DATE')
      if (!endDate) throw refusal('MISSING_MAINTENANCE_WINDOW_END_DATE')
      return save({
        id: new ObjectId().toHexString(),
        project,
        startMs: startDate.getTime(),
        endMs: endDate.getTime(),
        alertTypeNames,
        ...(description !== undefined && { description }),
        createdMs: nowMs,
        updatedMs: nowMs,
      })
    },
    update(window, { startDate, endDate, alertTypeNames, description }, nowMs) {
      return save({
        ...window,
        startMs: startDate?.getTime() ?? window.startMs,
        endMs: endDate?.getTime() ?? window.endMs,
        alertTypeNames: alertTypeNames ?? window.alertTypeNames,
        ...(description !== undefined && { description }),
        updatedMs: nowMs,
      })
    },
    async remove({ id }) {
      await records.delete(id)
    },
    mutes(project, alertTypeName, atMs) {
      const type = alertTypeName === 'HOST_METRIC' ? 'HOST' : alertTypeName
      return ofProject(project).some(
        ({ startMs, endMs, alertTypeNames }) =>
          startMs <= atMs && atMs < endMs && alertTypeNames.includes(type),
      )
    },
    async forget(project) {
      for (const { id } of ofProject(project)) await records.delete(id)
    },
  }
}

function check({ startMs, endMs, alertTypeNames }: MaintenanceWindow): void {
  if (alertTypeNames.length === 0) throw refusal('MISSING_MAINTENANCE_WINDOW_ALERT_TYPE_NAME')
  if (startMs < endMs) return
  const [start, end] = [startMs, endMs].map((ms) => `${new Date(ms).toISOString().slice(0, -5)}Z`)
  throw refusal('MAINTENANCE_WINDOW_START_DATE_AFTER_END_DATE', start, end)
}
