import { openAlertConfigs } from '../control/alert-configs/alert-configs.js'
import { openAlerts } from '../control/alerts/alerts.js'
import type { Opened } from '../control/control.js'
import type { Base } from './base.js'
import type { People } from './people.js'

/** What groups want to be told of, and what there is to tell. */
export type Alerting = Pick<Opened, 'alertConfigs' | 'alerts'>

/** Nothing is looked for yet. */
export async function openAlerting(
  base: Base,
  people: People,
  watched: Pick<Opened, 'metrics' | 'backups' | 'agents'>,
): Promise<Alerting> {
  const { config, undo, state, server, keeping, log, registry, now } = base
  const { notifications, maintenanceWindows } = people
  const alertConfigs = await openAlertConfigs(keeping, notifications.check, now)
  const alerts = await openAlerts({
    ...people,
    ...watched,
    state,
    configs: alertConfigs,
    registry,
    mutes: maintenanceWindows.mutes,
    log,
    server,
    intervalMs: config.alertIntervalMs,
    sampleMs: config.metricsIntervalMs,
    now,
  })
  undo.push(() => alerts.stop())
  return { alertConfigs, alerts }
}
