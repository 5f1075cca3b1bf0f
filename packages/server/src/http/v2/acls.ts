import { v2 } from '@gantry/api'
import { DateTime, ObjectId } from '@gantry/bson'
import type { Account } from '../../control/accounts/accounts.js'
import type { Acl } from '../../control/acls/acl.js'
import type { AclSync } from '../../control/acls/acl-sync.js'
import type { Instance } from '../../control/instances/instances.js'
import { AppError } from '../../errors.js'
import { route } from './route.js'
import { toWritable, whole } from './values.js'

export const aclRoutes = [
  route(v2.listAcls, ({ control, account, instance }) =>
    control.acls.list(instance).map((acl) => present(acl, instance, account)),
  ),
  route(v2.createAcl, async ({ control, account, instance, body, noted }) => {
    const { cidr_mask, description = '', metadata = {} } = body
    const acl = await control.acls.add(instance, cidr_mask, description, metadata)
    noted.whitelistEntry = acl.cidrMask
    return present(acl, instance, account)
  }),
  route(v2.getAcl, ({ control, account, instance, params }) =>
    present(find(control.acls.list(instance), params.id), instance, account),
  ),
  route(v2.deleteAcl, async ({ control, instance, params, noted }) => {
    const { cidrMask } = find(control.acls.list(instance), params.id)
    await control.acls.delete(instance, cidrMask)
    noted.whitelistEntry = cidrMask
    return {}
  }),
  route(v2.getAclSync, async ({ control, instance }) =>
    presentSync(await control.aclSync.get(instance)),
  ),
  route(v2.setAclSync, async ({ control, instance, body }) => {
    const { aws_acl_sync_enabled: aws, rackspace_acl_sync_enabled: rackspace } = body
    return presentSync(await control.aclSync.set(instance, { aws, rackspace }))
  }),
  route(v2.runAclSync, ({ body }) => ({
    aws_acl_sync_state: body.aws_acl_sync_enabled ? 'started' : 'unchanged',
    rackspace_acl_sync_state: body.rackspace_acl_sync_enabled ? 'started' : 'unchanged',
  })),
]

function presentSync({ aws, rackspace }: AclSync) {
  return { aws_acl_sync_enabled: aws, rackspace_acl_sync_enabled: rackspace }
}

/** Clients put the id there in their own way, such as `{'$oid': '55df…'}`. */
function find(acls: readonly Acl[], text: string): Acl {
  const ids = text.match(/(?<![0-9a-f])[0-9a-f]{24}(?![0-9a-f])/g) ?? []
  const acl = ids.length === 1 ? acls.find(({ id }) => id === ids[0]) : undefined
  if (!acl) throw new AppError('not_found', 'ACL not found')
  return acl
}

function present(acl: Acl, instance: Instance, { login }: Account) {
  return {
    _cls: 'Acl',
    _id: new ObjectId(acl.id),
    cidr_mask: acl.cidrMask,
    date_created: DateTime.fromMs(acl.createdMs),
    description: acl.description,
    instance: instance.name,
    instance_id: instance.id,
    instance_type: instance.type,
    login,
    metadata: toWritable(JSON.parse(acl.metadata)),
    port: whole(instance.port),
    service_type: instance.service as string,
  }
}
