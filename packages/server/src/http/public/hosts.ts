import { type EventType, publicApi } from '@gantry/api'
import type { Control } from '../../control/control.js'
import type { Project } from '../../control/projects/project.js'
import { refusal } from '../../control/refusal.js'
import { ask, docsIn } from '../../control/reply.js'
import { type Host, isAt } from '../../control/topology/host.js'
import { splitHost } from '../../control/topology/processes.js'
import { checkMonitoring } from './host-credentials.js'
import { presentHost } from './present-host.js'
import { type Entity, listing, path, self } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'

export const hostRoutes: readonly PublicRoute[] = [
  route(publicApi.listHosts, async ({ control, group, query }) => {
    const { clusterId } = query
    const hosts = await control.topology.hosts(group)
    const isWanted = (host: Host) =>
      clusterId === undefined || host.clusterId === clusterId || host.parentClusterId === clusterId
    return listing(hosts.filter(isWanted), presentHost)
  }),
  route(publicApi.addHost, addHost),
  route(publicApi.getHost, async (call) => presentHost(await hostIn(call))),
  route(publicApi.getHostByName, async ({ control, group, params }) => {
    const address = addressIn(params.hostnameAndPort)
    const host = (await control.topology.hosts(group)).find((one) => isAt(one, address))
    if (!host) throw refusal('HOSTNAME_AND_PORT_NOT_FOUND', params.hostnameAndPort)
    return presentHost(host)
  }),
  route(publicApi.updateHost, updateHost),
  route(publicApi.deleteHost, async (call) => {
    const { control, caller, group } = call
    const host = await hostIn(call)
    await control.topology.remove(group, host)
    await record(call, 'DELETE_HOST_AUDIT', host, caller.actor)
    return undefined
  }),
  route(publicApi.listHostDatabases, async (call) => {
    const host = await hostIn(call)
    return listing(await databasesOf(host), (name) => presentDatabase(host, name))
  }),
  route(publicApi.getHostDatabase, async (call) => {
    const host = await hostIn(call)
    return presentDatabase(host, await databaseIn(host, call.params.databaseName))
  }),
]

type InGroup = { readonly control: Control; readonly group: Project }

/** The host that a path names by its id or by its host name and port. */
export async function hostIn({
  control,
  group,
  params: { hostId },
}: InGroup & { readonly params: { readonly hostId: string } }): Promise<Host> {
  const hosts = await control.topology.hosts(group)
  const address = splitHost(hostId)
  const host = hosts.find((one) => one.id === hostId || isAt(one, address))
  if (!host) throw refusal('HOST_NOT_FOUND', hostId)
  return host
}

/** The names of all databases of a process; none when it does not answer. */
async function databasesOf(host: Host): Promise<string[]> {
  try {
    const list = { listDatabases: 1, nameOnly: true }
    const found = await ask(await host.open(), 'admin', list)
    return docsIn(found.get('databases'))
      .map((database) => String(database.get('name')))
      .sort()
  } catch {
    return []
  }
}

/** The same name, if a process has a database of it. */
export async function databaseIn(host: Host, name: string): Promise<string> {
  if ((await databasesOf(host)).includes(name)) return name
  throw refusal('DATABASE_NOT_FOUND', name)
}

function presentDatabase({ id, project }: Host, name: string): Entity {
  return {
    databaseName: name,
    links: [self(path`/groups/${project}/hosts/${id}/databases/${name}`)],
  }
}

const HOSTNAME = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$|^[0-9A-Fa-f:]+$/

function checkAddress(hostname: string, port: number): void {
  if (!HOSTNAME.test(hostname)) throw refusal('INVALID_HOSTNAME', hostname)
  if (port < 1 || port > 65_535) throw refusal('INVALID_HOST_PORT', String(port))
}

function addressIn(text: string): { hostname: string; port: number } {
  const address = splitHost(text)
  if (!(address.port >= 1 && address.port <= 65_535)) throw refusal('INVALID_HOST_PORT', text)
  return address
}

async function record(
  { control, group }: InGroup,
  type: EventType,
  { hostname, port }: Pick<Host, 'hostname' | 'port'>,
  actor: Call['caller']['actor'],
): Promise<void> {
  await control.events.record(type, { ...actor, groupId: group.id, hostname, port })
}

async function addHost(call: Call<typeof publicApi.addHost>): Promise<Entity> {
  const { control, caller, group, body } = call
  const { hostname, port, ...monitoring } = body
  checkAddress(hostname, port)
  const known = (await control.topology.hosts(group)).find((one) => isAt(one, { hostname, port }))
  const changes = checkMonitoring(monitoring, known)
  if (known) {
    call.answer.status = 200
    const changed = await control.topology.change(group, known, changes)
    await record(call, 'HOST_UPDATED_AUDIT', changed, caller.actor)
    return presentHost(changed)
  }
  const host = await control.topology.add(group, { hostname, port }, changes)
  await record(call, 'ADD_HOST_AUDIT', host, caller.actor)
  return presentHost(host)
}

async function updateHost(call: Call<typeof publicApi.updateHost>): Promise<Entity> {
  const { control, caller, group, body } = call
  const host = await hostIn(call)
  const { hostname, port, ...monitoring } = body
  // Some clients send these with nothing in them.
  if (hostname && hostname !== host.hostname) throw refusal('ATTRIBUTE_READ_ONLY', 'hostname')
  if (port && port !== host.port) throw refusal('ATTRIBUTE_READ_ONLY', 'port')
  const changed = await control.topology.change(group, host, checkMonitoring(monitoring, host))
  await record(call, 'HOST_UPDATED_AUDIT', host, caller.actor)
  return presentHost(changed)
}
