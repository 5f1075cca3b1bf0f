import { type EventType, matcherFieldNames, publicApi } from '@gantry/api'
import type { AlertConfig } from '../../control/alert-configs/alert-config.js'
import type { Control } from '../../control/control.js'
import type { Project } from '../../control/projects/project.js'
import { refusal } from '../../control/refusal.js'
import { alertsIn, presentAlertConfig } from './present-alert.js'
import { type Entity, listing } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'

export const alertConfigRoutes: readonly PublicRoute[] = [
  route(publicApi.listAlertConfigs, ({ control, group }) =>
    listing(control.alertConfigs.ofProject(group.id), (config) =>
      presentAlertConfig(control, config),
    ),
  ),
  route(publicApi.createAlertConfig, async (call) => {
    const { control, group, body } = call
    const config = await control.alertConfigs.create(group, body)
    call.noted.alertConfigId = config.id
    return presentAlertConfig(control, config)
  }),
  route(publicApi.getAlertConfig, (call) => presentAlertConfig(call.control, configIn(call))),
  route(publicApi.replaceAlertConfig, async (call) => {
    const before = configIn(call)
    return changed(
      call,
      before,
      await call.control.alertConfigs.replace(call.group, before, call.body),
    )
  }),
  route(publicApi.updateAlertConfig, async (call) => {
    const before = configIn(call)
    const { enabled: _enabled, ...rest } = call.body
    const config = await call.control.alertConfigs.update(call.group, before, call.body)
    return changed(
      call,
      before,
      config,
      Object.values(rest).some((value) => value !== undefined),
    )
  }),
  route(publicApi.deleteAlertConfig, async (call) => {
    const { control } = call
    const config = configIn(call)
    // What it has open is told while it is known whom to tell.
    await control.alerts.cancelOf(config)
    await control.alertConfigs.remove(config)
    // What it has found in between.
    await control.alerts.cancelOf(config)
    call.noted.alertConfigId = config.id
    return undefined
  }),
  route(publicApi.listAlertsOfConfig, (call) => {
    const { id } = configIn(call)
    const { control, group, now } = call
    return alertsIn(control, { project: group.id, config: id, statuses: ['OPEN'] }, now)
  }),
  route(publicApi.listMatcherFieldNames, () => matcherFieldNames),
]

type InGroup = {
  readonly control: Control
  readonly group: Project
  readonly params: { readonly alertConfigId: string }
}

function configIn({ control, group, params: { alertConfigId } }: InGroup): AlertConfig {
  const config = control.alertConfigs.get(group.id, alertConfigId)
  if (!config) throw refusal('ALERT_CONFIG_NOT_FOUND', alertConfigId)
  return config
}

type Changing = Pick<Call, 'control' | 'caller'> & { readonly group: Project }

/** Writes down what has become of a configuration; one that is off or has another subject has no alerts. */
async function changed(
  call: Changing,
  before: AlertConfig,
  config: AlertConfig,
  isMore = true,
): Promise<Entity> {
  const { control } = call
  if (!config.enabled || config.eventTypeName !== before.eventTypeName) {
    await control.alerts.cancelOf(before)
  }
  if (isMore) await record(call, 'ALERT_CONFIG_CHANGED_AUDIT', config)
  if (config.enabled !== before.enabled) {
    const type = config.enabled ? 'ALERT_CONFIG_ENABLED_AUDIT' : 'ALERT_CONFIG_DISABLED_AUDIT'
    await record(call, type, config)
  }
  return presentAlertConfig(control, config)
}

async function record(
  { control, caller, group }: Changing,
  type: EventType,
  { id }: AlertConfig,
): Promise<void> {
  await control.events.record(type, { ...caller.actor, groupId: group.id, alertConfigId: id })
}
