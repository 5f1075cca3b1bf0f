import { reads, v1Endpoint } from './endpoint.js'

/** Every service has ports to be guarded. */
const services = ['mongodb', 'redis', 'elasticsearch']

export const listAcls = v1Endpoint({
  audit: reads,
  path: '/acl/get',
  summary: 'Answers the addresses that may connect to the instance.',
  doc: 'ignored',
  services,
  returns: 'data',
})

export const addAcl = v1Endpoint({
  audit: 'NETWORK_PERMISSION_ENTRY_ADDED',
  path: '/acl/add',
  summary: 'Lets addresses connect to the instance.',
  doc: 'required',
  services,
  returns: 'data',
})

export const deleteAcl = v1Endpoint({
  audit: 'NETWORK_PERMISSION_ENTRY_REMOVED',
  path: '/acl/delete',
  summary: 'No longer lets addresses connect to the instance, and cuts their connections.',
  doc: 'required',
  services,
  returns: 'data',
})
