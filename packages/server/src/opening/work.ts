import type { Opened } from '../control/control.js'
import { type MetricsOptions, metricsOf } from '../control/metrics/metrics.js'
import { openSchedules } from '../control/schedules/schedules.js'
import { openTasks } from '../control/tasks/tasks.js'
import { readMachine } from '../machine/machine.js'
import type { Base } from './base.js'

/** What has the work of other domains done, and what measures. */
export type Work = Pick<Opened, 'tasks' | 'schedules' | 'metrics'>

/** `hosts`: those to be measured that are no instance's; not asked before metrics start. */
export function openWork(base: Base, hosts: NonNullable<MetricsOptions['hosts']>): Work {
  const { config, dataDir, undo, state, registry, server, log } = base
  const tasks = openTasks({ state, log, server })
  undo.push(() => tasks.stop())
  const schedules = openSchedules({ state, tasks, log })
  undo.push(() => schedules.stop())
  const metrics = metricsOf({
    state,
    registry,
    server,
    intervalMs: config.metricsIntervalMs,
    hosts,
    readMachine: () => readMachine(dataDir),
  })
  undo.push(() => metrics.close())
  return { tasks, schedules, metrics }
}
