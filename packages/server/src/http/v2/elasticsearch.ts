import { v2 } from '@gantry/api'
import type { Control } from '../../control/control.js'
import type { Instance } from '../../control/instances/instances.js'
import { AppError } from '../../errors.js'
import { presentInstance } from './present-instance.js'
import { route } from './route.js'
import { toWritable } from './values.js'

export const elasticsearchRoutes = [
  route(v2.listElasticsearch, (call) =>
    call.control.instances
      .ofAccount(call.account.id)
      .filter(({ service }) => service === 'elasticsearch')
      .map((instance) => presentInstance(instance, call.control)),
  ),
  route(v2.getElasticsearch, ({ control, instance }) => [presentInstance(instance, control)]),
  route(v2.checkStates, ({ control, account, body }) => {
    const states = new Map(
      control.instances.ofAccount(account.id).map(({ id, state }) => [id, state]),
    )
    return body.instance_list.map((id) =>
      (body.states as readonly (string | undefined)[]).includes(states.get(id)),
    )
  }),
  route(v2.getCluster, async ({ control, instance }) =>
    toWritable(await (await clusterOf(control, instance)).clusterStats()),
  ),
  route(v2.getNodes, async ({ control, instance }) =>
    toWritable(await (await clusterOf(control, instance)).nodesStats()),
  ),
  route(v2.getIndices, async ({ control, instance }) =>
    toWritable(await (await clusterOf(control, instance)).indicesStats()),
  ),
  route(v2.listDataNodes, async ({ control, instance }) =>
    toWritable(await (await clusterOf(control, instance)).dataNodes()),
  ),
  route(v2.addDataNode, async ({ control, instance, noted }) => {
    noted.opType = 'data node'
    const { addDataNode } = await clusterOf(control, instance)
    if (addDataNode) return addDataNode()
    const reason = 'its cluster is attached, so nodes are added where that runs'
    throw new AppError('invalid', `instance "${instance.name}" takes no nodes from here: ${reason}`)
  }),
  route(v2.listElasticsearchUsers, async ({ control, instance }) => {
    const { users } = await clusterOf(control, instance)
    return toWritable(await users.list())
  }),
  route(v2.saveElasticsearchUser, async ({ control, instance, body, noted }) => {
    const { username, password, role } = body
    noted.targetUsername = username
    const { users } = await clusterOf(control, instance)
    await users.save({ username, role }, password)
    return { role, username }
  }),
  route(v2.deleteElasticsearchUser, async ({ control, instance, body, query, noted }) => {
    const username = body.username ?? query.username
    noted.targetUsername = username
    if (username === undefined) throw new AppError('invalid', 'missing field "username"')
    const { users } = await clusterOf(control, instance)
    if (!(await users.remove(username))) throw new AppError('not_found', `no user "${username}"`)
    return { username }
  }),
]

/** The cluster of an instance, which is started when it does not run. */
function clusterOf(control: Control, instance: Instance) {
  return control.instances.running(instance, 'elasticsearch')
}
