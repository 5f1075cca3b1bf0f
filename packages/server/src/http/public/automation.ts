import { publicApi } from '@gantry/api'
import type { JsonObject } from '../../automation/goal.js'
import { withoutSecrets, withSecretsOf } from '../../automation/goal-secrets.js'
import { GANTRY_VERSION } from '../../control/agents/versions.js'
import type { AgentKind } from '../../control/automation/agent-settings.js'
import type { Caller } from '../../control/callers/caller.js'
import type { Control } from '../../control/control.js'
import type { Project } from '../../control/projects/project.js'
import { refusal } from '../../control/refusal.js'
import { presentStatus } from './automation-status.js'
import { type Json, linkTo, path, self } from './result.js'
import { type PublicRoute, route } from './route.js'

export const automationRoutes: readonly PublicRoute[] = [
  route(
    publicApi.getAutomationConfig,
    async ({ control, group }) => (await documentOf(control, group)) as Json,
  ),
  route(publicApi.putAutomationConfig, async (call) => {
    await put(call, call.body)
    return undefined
  }),
  route(publicApi.getAutomationConfigWithoutSecrets, async ({ control, group }) =>
    withoutSecrets(await documentOf(control, group)),
  ),
  route(publicApi.putAutomationConfigWithoutSecrets, async (call) => {
    const { control, group, body } = call
    await put(call, withSecretsOf(await documentOf(control, group), body) as JsonObject)
    return undefined
  }),
  route(publicApi.planAutomationConfig, ({ control, group, body }) => plan(control, group, body)),
  route(publicApi.planAutomationConfigByPost, ({ control, group, body }) =>
    plan(control, group, body),
  ),
  route(publicApi.updateAgentVersions, async (call) => {
    const { control, group } = call
    const document = await documentOf(control, group)
    const agentVersion = { ...(document.agentVersion as JsonObject), name: GANTRY_VERSION }
    await put(call, { ...document, agentVersion })
    return {
      automationAgentVersion: GANTRY_VERSION,
      // There is none here.
      biConnectorVersion: '',
      links: [
        self(path`/groups/${group.id}/agents/versions`),
        linkTo('group', path`/groups/${group.id}`),
      ],
    }
  }),
  ...agentSettingsRoutes(
    publicApi.getMonitoringAgentConfig,
    publicApi.putMonitoringAgentConfig,
    'monitoring',
  ),
  ...agentSettingsRoutes(publicApi.getBackupAgentConfig, publicApi.putBackupAgentConfig, 'backup'),
  route(publicApi.putSystemLogRotateConfig, (call) => rotate(call, 'logRotate')),
  route(publicApi.putAuditLogRotateConfig, (call) => rotate(call, 'auditLogRotate')),
  route(publicApi.getAutomationStatus, async ({ control, group, now }) => {
    await control.automation.latest(group.id)
    return presentStatus(control, group, now())
  }),
]

interface Place {
  readonly control: Control
  readonly caller: Caller
  readonly group: Project
}

async function documentOf(control: Control, { id }: Project): Promise<JsonObject> {
  return (await control.automation.latest(id)) as unknown as JsonObject
}

async function put({ control, caller, group }: Place, document: JsonObject): Promise<void> {
  await control.automation.put(group.id, document, caller.actor)
}

async function plan(control: Control, group: Project, body: JsonObject): Promise<Json> {
  const isGiven = Object.keys(body).length > 0
  const { faults, ...rest } = await control.automation.plan(group.id, isGiven ? body : undefined)
  return {
    ...(rest as unknown as { readonly [name: string]: Json }),
    faults: faults.map(({ code, parameters }) => ({
      detail: refusal(code, ...parameters).message,
      errorCode: code,
      parameters,
    })),
  }
}

/** Other kinds of agents have settings that are handed to whoever plays them. */
function agentSettingsRoutes(
  get: typeof publicApi.getMonitoringAgentConfig | typeof publicApi.getBackupAgentConfig,
  replace: typeof publicApi.putMonitoringAgentConfig | typeof publicApi.putBackupAgentConfig,
  kind: AgentKind,
): readonly PublicRoute[] {
  return [
    route(
      get,
      ({ control, group }) => control.automation.agentSettings.get(group.id, kind) as Json,
    ),
    route(replace, async ({ control, group, body }) => {
      await control.automation.agentSettings.put(group.id, kind, body as JsonObject)
      return body as Json
    }),
  ]
}

async function rotate(
  call: Place & { readonly body: unknown },
  field: 'logRotate' | 'auditLogRotate',
): Promise<undefined> {
  const document = await documentOf(call.control, call.group)
  const processes = (document.processes as readonly JsonObject[]).map((process) => ({
    ...process,
    [field]: call.body as JsonObject,
  }))
  await put(call, { ...document, processes })
  return undefined
}
