import { join } from 'node:path'
import type { Config } from '../config.js'
import { accounts } from '../control/accounts/accounts.js'
import { aclTable } from '../control/acls/acl.js'
import { aclSyncTable } from '../control/acls/acl-sync.js'
import { apiKeys } from '../control/api-keys/api-keys.js'
import { backupTable } from '../control/backups/backup.js'
import { compactionTable } from '../control/compaction/record.js'
import { dashboardTable } from '../control/dashboards/dashboards.js'
import { firstStart } from '../control/first-start.js'
import { instances } from '../control/instances/instances.js'
import { type InstanceRegistry, openRegistry } from '../control/instances/registry.js'
import { createLateLog, type LateLog } from '../control/log.js'
import type { Keeping } from '../control/records.js'
import { requestCountTable } from '../control/request-counts/shared-counts.js'
import { scheduleTable } from '../control/schedules/schedule.js'
import { type OpenState, openState } from '../control/shared/open-state.js'
import { singleUseTable } from '../control/shared/single-uses.js'
import { stepdownTable } from '../control/stepdown/record.js'
import { taskTable } from '../control/tasks/task.js'
import { lockDataDir } from '../data-dir/lock.js'
import { keepServerId } from '../data-dir/server-id.js'
import { type Drivers, driversWith, type Programs } from '../services/drivers.js'

/** What `stop`, or a start that fails, must undo; the last one first. */
export type Undo = (() => Promise<void>)[]

/** What a start may bring along beside the configuration. */
export interface StartOptions {
  /** The clock of alerts. Default: the system's. */
  readonly now?: () => number
  /** The command that runs the embedded engine as a process of its own; undefined: there is none. */
  readonly engine?: readonly string[]
}

/** What all domains are opened upon. */
export interface Base extends OpenState {
  readonly config: Config
  readonly dataDir: string
  /** Who opens something that must be closed adds to it at once. */
  readonly undo: Undo
  /** The clock of alerts. */
  readonly now: () => number
  readonly engine: readonly string[] | undefined
  /** The id of this server among those that share the state. */
  readonly server: string
  readonly keeping: Keeping
  /** To be told where to. */
  readonly log: LateLog
  readonly drivers: Drivers
  readonly registry: InstanceRegistry
}

/** Each collection of the state that is not prepared by who opens it. */
const tables = [
  accounts,
  apiKeys,
  instances,
  aclTable,
  aclSyncTable,
  taskTable,
  scheduleTable,
  requestCountTable,
  dashboardTable,
  backupTable,
  compactionTable,
  stepdownTable,
  singleUseTable,
]

/** The state in a data directory that nobody else may use meanwhile, and the instances in it. */
export async function openBase(
  config: Config,
  dataDir: string,
  undo: Undo,
  { now = Date.now, engine }: StartOptions,
): Promise<Base> {
  const lock = await lockDataDir(dataDir)
  undo.push(() => lock.release())
  const { state, secrets, watch } = await openState(config.state, dataDir)
  undo.push(() => state.close())
  for (const table of tables) await state.prepare(table)
  const server = await keepServerId(dataDir)
  await firstStart(dataDir, state, secrets, server)
  const log = createLateLog()
  const drivers = driversWith({
    ...programsIn(config),
    warn: (message) => log.warn({}, message),
  })
  const folder = join(dataDir, 'instances')
  const registry = await openRegistry({ state, secrets, folder, drivers, server })
  undo.push(() => registry.close())
  const keeping: Keeping = { state, reloads: new Map() }
  return {
    ...{ config, dataDir, undo, now, engine },
    ...{ state, secrets, watch, server, keeping, log, drivers, registry },
  }
}

/** What the drivers may use of this machine. */
function programsIn({
  mongod,
  mongos,
  elasticsearchHome: home,
  elasticsearchHeapMb: heapMb,
  redisServer: program,
}: Config): Programs {
  return { mongodb: { mongod, mongos }, elasticsearch: { home, heapMb }, redis: { program } }
}
