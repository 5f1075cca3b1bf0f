import { caller, publicEndpoint } from './endpoint.js'

export const getSoftwareVersions = publicEndpoint({
  method: 'GET',
  path: '/softwareComponents/versions',
  summary: 'Answers which versions of agents and tools belong to this server.',
  who: caller,
  returns: 'entity',
})
