import type { BackupTargets } from '../../backups/targets.js'
import type { Drivers } from '../../services/drivers.js'
import type { InstanceRegistry } from '../instances/registry.js'
import type { Log } from '../log.js'
import type { Schedules } from '../schedules/schedules.js'
import type { State } from '../state.js'
import type { Tasks } from '../tasks/tasks.js'

/** What the work on backups is done with. */
export interface BackupServices {
  readonly state: State
  readonly registry: InstanceRegistry
  readonly tasks: Tasks
  readonly schedules: Schedules
  readonly log: Log
  readonly targets: BackupTargets
  /** For databases in which backups are tried. */
  readonly drivers: Drivers
  /** The id of this server among those that share the state. */
  readonly server: string
  /** A folder for what is only tried; emptied when it is not needed. */
  readonly scratch: string
  readonly settings: BackupSettings
  readonly now: () => number
}

/** What is to be done unless an instance is told otherwise. */
export interface BackupSettings {
  /** Whether each instance is backed up once a day. */
  readonly daily: boolean
  /** How long backups that were made on a schedule are kept. */
  readonly keepDays: number
  /** How long the last backup of an instance that is deleted is kept; 0: there is none. */
  readonly finalDays: number
}
