import { inGroup, publicEndpoint } from './endpoint.js'

export const listAgents = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/agents',
  summary: 'Links to the lists of agents by their types.',
  who: inGroup(),
  returns: 'list',
})

export const listAgentsOfType = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/agents/{type}',
  summary: 'Lists the agents of a type: AUTOMATION, MONITORING or BACKUP.',
  who: inGroup(),
  returns: 'list',
  errors: ['INVALID_AGENT_TYPE_NAME'],
})

export const getAgentVersions = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/agents/versions',
  summary: 'Answers the versions of all agents, and when they were heard of.',
  who: inGroup(),
  returns: 'document',
  // The list of agents has a link to it.
  linked: false,
})
