import { publicApi } from '@gantry/api'
import type { AgentKey } from '../../control/agent-keys/agent-keys.js'
import { refusal } from '../../control/refusal.js'
import type { Json } from './result.js'
import { type PublicRoute, route } from './route.js'

const SHOWN = 4

export const agentApiKeyRoutes: readonly PublicRoute[] = [
  route(publicApi.listAgentApiKeys, ({ control, group }) =>
    control.agentKeys
      .ofProject(group.id)
      .map((key) => present(key, redacted(control.agentKeys.reveal(key)))),
  ),
  route(publicApi.createAgentApiKey, async ({ control, caller, group, body }) => {
    const key = await control.agentKeys.create({
      project: group.id,
      description: body.desc,
      createdBy: 'PUBLIC_API',
      createdUserId: caller.user?.id ?? caller.key?.id,
      createdIpAddr: caller.actor.remoteAddress,
    })
    return present(key, control.agentKeys.reveal(key))
  }),
  route(publicApi.deleteAgentApiKey, async ({ control, group, params }) => {
    const { agentApiKeyId } = params
    const key = control.agentKeys.ofProject(group.id).find(({ id }) => id === agentApiKeyId)
    if (!key) throw refusal('AGENT_API_KEY_NOT_FOUND', agentApiKeyId)
    await control.agentKeys.remove(key)
    return undefined
  }),
]

function present(key: AgentKey, text: string): Json {
  const { id, createdBy, createdIpAddr, createdMs, createdUserId, description } = key
  return {
    _id: id,
    createdBy,
    createdIpAddr,
    createdTime: createdMs,
    createdUserId,
    desc: description,
    key: text,
  }
}

function redacted(text: string): string {
  return '*'.repeat(text.length - SHOWN) + text.slice(-SHOWN)
}
