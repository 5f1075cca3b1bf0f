/**
 * What makes servers that have just been started into what they are to be: replica sets
 * initiated, the user made, shards added. All of it may be repeated, as a crash can come in
 * between: each step first looks whether it is done.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Doc, decodeDocument, type Value } from '@gantry/bson'
import { AppError, isDatabaseError } from '../../errors.js'
import type { Deployment } from '../deployment.js'
import type { ServiceSpec } from '../driver.js'
import { hostOf, type Layout, type Node, setName, setsOf } from './managed-layout.js'
import { openRemote, type RemoteDeployment } from './remote.js'

type Login = Pick<ServiceSpec, 'user' | 'password'>

/** A URI of nodes of one set, of a router, or of a single server; without a login it is for the first user to be made. */
export function uriOf(nodes: readonly Node[], login?: Login): string {
  const who = login
    ? `${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@`
    : ''
  const [{ set, role }] = nodes
  const how = set !== undefined && role !== 'router' ? `replicaSet=${set}` : 'directConnection=true'
  const options = login ? `${how}&authSource=admin` : how
  return `mongodb://${who}${nodes.map(hostOf).join()}/?${options}`
}

/** Sees to everything; resolves with a deployment of the whole, signed in. */
export async function setUp(layout: Layout, login: Login): Promise<RemoteDeployment> {
  const members = setsOf(layout, 'member')
  for (const set of [...setsOf(layout, 'config').values(), ...members.values()]) {
    await initiate(set)
  }
  const router = layout.nodes.find(({ role }) => role === 'router')
  if (!router) {
    const [all] = members.size > 0 ? members.values() : [layout.nodes]
    return signIn(all, login)
  }
  // Each shard has users of its own, by which one of its members can be asked.
  for (const set of members.values()) await (await signIn(set, login)).close()
  const cluster = await signIn([router], login)
  try {
    await addShards(cluster, members)
    return cluster
  } catch (error) {
    await cluster.close()
    throw error
  }
}

/** Signs in, for which the user is made when there is none. */
async function signIn(nodes: readonly Node[], login: Login): Promise<RemoteDeployment> {
  try {
    return await openRemote(uriOf(nodes, login))
  } catch (error) {
    if (!(error instanceof AppError) || !/does not let us in/.test(error.message)) throw error
    await makeFirstUser(nodes, login)
    return await openRemote(uriOf(nodes, login))
  }
}

/** Who connects from the same machine may do so while there is no user. */
async function makeFirstUser(nodes: readonly Node[], { user, password }: Login): Promise<void> {
  const remote = await openRemote(uriOf(nodes))
  try {
    const createUser = { createUser: user, pwd: password, roles: [{ role: 'root', db: 'admin' }] }
    await remote.command('admin', createUser)
  } finally {
    await remote.close()
  }
}

const PRIMARY_MS = 60_000
const POLL_MS = 100

/** Makes servers into a replica set unless they are one, and waits for its primary. */
async function initiate(nodes: readonly Node[]): Promise<void> {
  const [{ set, port }] = nodes
  const first = await openRemote(`mongodb://127.0.0.1:${port}/?directConnection=true`)
  try {
    const config = {
      _id: set ?? '',
      ...(nodes[0].role === 'config' && { configsvr: true }),
      members: nodes.map((node, _id) => ({ _id, host: hostOf(node) })),
    }
    if (!(await hello(first)).has('setName')) await initiateOnce(first, config)
    for (let waited = 0; waited < PRIMARY_MS; waited += POLL_MS) {
      if ((await hello(first)).has('primary')) return
      await pause(POLL_MS)
    }
    throw new AppError('unavailable', `replica set ${set} has no primary after a minute`)
  } finally {
    await first.close()
  }
}

async function initiateOnce(first: Deployment, config: { _id: string }): Promise<void> {
  try {
    await first.command('admin', { replSetInitiate: config })
  } catch (error) {
    if (!isDatabaseError(error, 'AlreadyInitialized')) throw error
  }
}

async function hello(deployment: Deployment): Promise<Doc> {
  return decodeDocument(await deployment.command('admin', { hello: 1 }))
}

async function addShards(cluster: Deployment, sets: ReadonlyMap<string, Node[]>): Promise<void> {
  const listed = decodeDocument(await cluster.command('admin', { listShards: 1 })).get('shards')
  const known = (Array.isArray(listed) ? listed : []).map((shard: Value) =>
    (shard as Doc).get('_id'),
  )
  for (const [set, members] of sets) {
    if (known.includes(set)) continue
    await cluster.command('admin', { addShard: setName(set, members), name: set })
  }
}
