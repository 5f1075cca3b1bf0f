import { v2 } from '@gantry/api'
import { DateTime, ObjectId } from '@gantry/bson'
import type { Instance } from '../../control/instances/instances.js'
import { presentInstance } from './present-instance.js'
import { route } from './route.js'

export const instanceRoutes = [
  route(v2.listInstances, ({ control, account }) =>
    control.instances.ofAccount(account.id).map((instance) => presentInstance(instance, control)),
  ),
  route(v2.getInstance, ({ control, instance }) => presentInstance(instance, control)),
  route(v2.createInstance, async ({ control, account, body, noted }) => {
    const { plan, storage_engine, encrypted, ...order } = body
    const settings = {
      ...(storage_engine !== undefined && { storageEngine: storage_engine }),
      ...(encrypted !== undefined && { encrypted }),
    }
    const instance = await control.lifecycle.create(account, {
      ...order,
      plan: Number(plan),
      settings,
    })
    const { name: clusterName, service, type } = instance
    Object.assign(noted, { clusterName, service, type, plan: instance.plan })
    return { ...presentInstance(instance, control), ...buildRecord(instance, account.login) }
  }),
  route(v2.renameInstance, async ({ control, instance, body, noted }) => {
    Object.assign(noted, { clusterName: body.name, formerName: instance.name })
    await control.lifecycle.rename(instance, body.name)
    return `Successfully renamed instance from "${instance.name}" to "${body.name}".`
  }),
  route(v2.deleteInstance, async ({ control, instance }) => {
    await control.lifecycle.remove(instance)
    return `Successfully deleted Instance "${instance.name}".`
  }),
]

/** What the original service answered to an order: its own note of what to build. */
function buildRecord({ id, createdMs, service, type, version }: Instance, login: string) {
  return {
    _id: new ObjectId(id),
    ansible_group: null,
    build_id: id,
    dtcreated: DateTime.fromMs(createdMs),
    [`${service}_version`]: version,
    instance_name_prior: null,
    instance_service: service as string,
    instance_type: type,
    login,
    login_prior: null,
  }
}
