import { v1Endpoint } from './endpoint.js'

export const getInstance = v1Endpoint({
  path: '/instance',
  summary: 'Answers the instance that the key belongs to.',
  doc: 'ignored',
  services: ['mongodb', 'redis', 'elasticsearch'],
  returns: 'data',
})
