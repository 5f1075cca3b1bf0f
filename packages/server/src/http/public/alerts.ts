import { alertStatuses, publicApi } from '@gantry/api'
import type { Alert, AlertStatus } from '../../control/alerts/alert.js'
import type { Control } from '../../control/control.js'
import type { Project } from '../../control/projects/project.js'
import { refusal } from '../../control/refusal.js'
import { readDate } from '../../dates.js'
import { alertsIn, presentAlert, presentAlertConfig } from './present-alert.js'
import { type Entity, listing } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'

export const alertRoutes: readonly PublicRoute[] = [
  route(publicApi.listAlerts, ({ control, group, query, now }) =>
    alertsIn(control, { project: group.id, statuses: statusesIn(query.status) }, now),
  ),
  route(publicApi.listGlobalAlerts, ({ control, query, now }) =>
    alertsIn(control, { statuses: statusesIn(query.status) }, now),
  ),
  route(publicApi.getAlert, async (call) => presentAlert(await alertIn(call), call.now())),
  route(publicApi.acknowledgeAlert, acknowledge),
  route(publicApi.listConfigsOfAlert, async (call) => {
    const { control, group } = call
    const { config } = await alertIn(call)
    const found = control.alertConfigs.get(group.id, config)
    return listing(found ? [found] : [], (one) => presentAlertConfig(control, one))
  }),
]

const LONGEST_COMMENT = 200

function statusesIn(text: string | undefined): readonly AlertStatus[] | undefined {
  if (text === undefined) return undefined
  const status = alertStatuses.find((one) => one === text)
  if (!status) throw refusal('INVALID_ALERT_STATUS', text)
  return [status]
}

interface InGroup {
  readonly control: Control
  readonly group: Project
  readonly params: { readonly alertId: string }
}

async function alertIn({ control, group, params: { alertId } }: InGroup): Promise<Alert> {
  const alert = await control.alerts.get(group.id, alertId)
  if (!alert) throw refusal('ALERT_NOT_FOUND', alertId)
  return alert
}

/** An empty date, one that is past and none at all take an acknowledgement back. */
async function acknowledge(call: Call<typeof publicApi.acknowledgeAlert>): Promise<Entity> {
  const { control, caller, group, body, now } = call
  const alert = await alertIn(call)
  const { acknowledgedUntil = '', acknowledgementComment: comment } = body
  const until = acknowledgedUntil === '' ? undefined : readDate(acknowledgedUntil)
  if (acknowledgedUntil !== '' && !until) throw refusal('INVALID_DATE_FORMAT', 'acknowledgedUntil')
  if (comment !== undefined && comment.length > LONGEST_COMMENT) {
    throw refusal('ACKNOWLEDGEMENT_COMMENT_TOO_LONG', String(LONGEST_COMMENT))
  }
  const isAcknowledged = until !== undefined && until.getTime() > now()
  const by = caller.user?.username ?? caller.actor.publicKey ?? ''
  const changed = await control.alerts.acknowledge(
    alert,
    isAcknowledged ? { untilMs: until.getTime(), by, comment } : undefined,
  )
  // Clients that send a whole alert back take nothing back of one that nobody has acknowledged.
  if (isAcknowledged || alert.acknowledged) {
    await control.events.record(
      isAcknowledged ? 'ALERT_ACKNOWLEDGED_AUDIT' : 'ALERT_UNACKNOWLEDGED_AUDIT',
      { ...caller.actor, groupId: group.id, alertId: alert.id, alertConfigId: alert.config },
    )
  }
  return presentAlert(changed, now())
}
