import { anything, boolean, choice, integer, list, named, object, record, text } from '../schema.js'
import { v2Endpoint } from './endpoint.js'
import { date, id, objectId, service } from './values.js'

export const acl = named(
  'Acl',
  object({
    _cls: choice(['Acl']),
    _id: objectId,
    cidr_mask: text(),
    date_created: date,
    description: text(),
    instance: text(),
    instance_id: id,
    instance_type: text(),
    login: text(),
    metadata: record(anything()),
    port: integer(),
    service_type: service,
  }),
)

const area = 'acls'

export const listAcls = v2Endpoint({
  method: 'GET',
  path: '/v2/instances/{instance}/acls/',
  summary: 'Answers who may connect to the instance.',
  area,
  reply: list(acl),
})

export const createAcl = v2Endpoint({
  method: 'POST',
  audit: 'NETWORK_PERMISSION_ENTRY_ADDED',
  path: '/v2/instances/{instance}/acls/',
  summary: 'Lets addresses connect to the instance.',
  area,
  body: object(
    { cidr_mask: text() },
    { optional: { description: text(), metadata: record(anything()) } },
  ),
  reply: acl,
})

export const getAcl = v2Endpoint({
  method: 'GET',
  path: '/v2/instances/{instance}/acls/{id}/',
  summary: 'Answers an ACL; its id may stand within other text.',
  area,
  reply: acl,
})

export const deleteAcl = v2Endpoint({
  method: 'DELETE',
  audit: 'NETWORK_PERMISSION_ENTRY_REMOVED',
  path: '/v2/instances/{instance}/acls/{id}/',
  summary: 'No longer lets addresses connect to the instance, and cuts their connections.',
  area,
  reply: object({}),
})

const switches = { aws_acl_sync_enabled: boolean(), rackspace_acl_sync_enabled: boolean() }
const syncSettings = named('AclSync', object(switches))
const path = '/v2/instances/{instance}/acl_sync/'

export const getAclSync = v2Endpoint({
  method: 'GET',
  path,
  summary: 'Answers which clouds the ACLs are to be kept in step with.',
  area,
  reply: syncSettings,
})

export const setAclSync = v2Endpoint({
  method: 'PUT',
  audit: 'ACL_SYNC_CHANGED',
  path,
  summary: 'Keeps which clouds the ACLs are to be in step with; what is not given stays.',
  area,
  body: object({}, { optional: switches }),
  reply: syncSettings,
})

const started = choice(['started', 'unchanged'])

export const runAclSync = v2Endpoint({
  method: 'POST',
  audit: { none: 'this server is in no such cloud, and nothing is done' },
  path,
  summary: 'Answers as if a synchronisation had begun; this server is in no such cloud.',
  area,
  body: object({}, { optional: switches }),
  reply: object({ aws_acl_sync_state: started, rackspace_acl_sync_state: started }),
})
