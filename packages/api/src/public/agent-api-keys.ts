import { inGroup, publicEndpoint } from './endpoint.js'
import { readOnly, required, text } from './fields.js'

export const listAgentApiKeys = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/agentapikeys',
  summary: 'Lists the keys with which agents authenticate, redacted.',
  who: inGroup(),
  returns: 'array',
})

export const createAgentApiKey = publicEndpoint({
  method: 'POST',
  path: '/groups/{groupId}/agentapikeys',
  audit: 'AGENT_API_KEY_CREATED',
  summary: 'Makes a key for agents; this answer alone has it in clear.',
  who: inGroup('GROUP_AUTOMATION_ADMIN'),
  body: {
    desc: required(text),
    ...readOnly('_id', 'createdBy', 'createdIpAddr', 'createdTime', 'createdUserId', 'key'),
  },
  returns: 'document',
  status: 201,
})

export const deleteAgentApiKey = publicEndpoint({
  method: 'DELETE',
  path: '/groups/{groupId}/agentapikeys/{agentApiKeyId}',
  audit: 'AGENT_API_KEY_DELETED',
  summary: 'Deletes a key of agents.',
  who: inGroup('GROUP_AUTOMATION_ADMIN'),
  returns: 'nothing',
  errors: ['AGENT_API_KEY_NOT_FOUND'],
})
