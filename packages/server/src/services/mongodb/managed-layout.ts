/** Which processes a managed MongoDB consists of, and with which settings each runs. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { AppError } from '../../errors.js'
import type { ServiceSpec } from '../driver.js'

export type NodeRole = 'member' | 'config' | 'router'

export interface Node {
  /** Also the name of its folder. */
  readonly id: string
  readonly role: NodeRole
  /** Undefined for a router, and for a server that is no replica set. */
  readonly set?: string
  /** On loopback. */
  readonly port: number
}

/** Everything that must be the same at each start. */
export interface Layout {
  readonly nodes: readonly Node[]
  /** By which members know each other. */
  readonly key: string
}

/** How many there are to be of what. */
export interface Shape {
  /** 0: not sharded. */
  readonly shards: number
  /** Of each replica set; 0: a server that is none. */
  readonly members: number
}

const MOST_MEMBERS = 7
const MOST_SHARDS = 16
const CONFIG_SET = 'config'
/** Of config servers, which a cluster on one machine needs no more of. */
const CONFIG_MEMBERS = 1

/**
 * The shape that a specification asks for, with its settings `members` (of a replica set) and
 * `shards`. A program that is the embedded engine can be one member only; what needs more is
 * refused with `unsupported`.
 */
export function shapeOf({ type, settings }: ServiceSpec, isEngine: boolean): Shape {
  const most = { members: MOST_MEMBERS, shards: MOST_SHARDS }
  const count = (name: 'members' | 'shards', otherwise: number) => {
    const value = settings[name] ?? otherwise
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most[name]) {
      return value
    }
    throw new AppError('invalid', `${name} must be a whole number from 1 to ${most[name]}`)
  }
  const shards = type === 'mongodb_sharded' ? count('shards', 1) : 0
  if (type === 'mongodb_singledb') return { shards, members: 0 }
  const members = count('members', isEngine || shards > 0 ? 1 : 3)
  if (isEngine && (members > 1 || shards > 0)) {
    const what = shards > 0 ? 'sharding' : 'a replica set of several members'
    throw new AppError(
      'unsupported',
      `${what} needs MongoDB's own mongod${shards > 0 ? ' and mongos' : ''}: the program that --mongod names is the embedded engine, which is one member`,
    )
  }
  return { shards, members }
}

/** A new layout, with a port for each process. */
export async function newLayout(shape: Shape, freePort: () => Promise<number>): Promise<Layout> {
  const nodes: Node[] = []
  async function add(role: NodeRole, id: string, set?: string): Promise<void> {
    nodes.push({ id, role, ...(set !== undefined && { set }), port: await freePort() })
  }
  if (shape.members === 0) await add('member', 'mongod')
  for (let shard = 0; shard < Math.max(1, shape.shards); shard++) {
    for (let member = 0; member < shape.members; member++) {
      await add('member', `rs${shard}-${member}`, `rs${shard}`)
    }
  }
  if (shape.shards > 0) {
    for (let member = 0; member < CONFIG_MEMBERS; member++) {
      await add('config', `config-${member}`, CONFIG_SET)
    }
    await add('router', 'mongos')
  }
  return { nodes, key: randomBytes(512).toString('base64') }
}

/** The replica sets of a layout by name, each with its members. */
export function setsOf({ nodes }: Layout, role: NodeRole): Map<string, Node[]> {
  const sets = new Map<string, Node[]>()
  for (const node of nodes) {
    if (node.role !== role || node.set === undefined) continue
    sets.set(node.set, [...(sets.get(node.set) ?? []), node])
  }
  return sets
}

export const hostOf = ({ port }: Node) => `127.0.0.1:${port}`

/** `set/host:port,host:port`, as MongoDB names a replica set. */
export function setName(set: string, members: readonly Node[]): string {
  return `${set}/${members.map(hostOf).join(',')}`
}

/** Files in the folder of a node. */
export const CONFIG_FILE = 'mongod.conf'
export const KEY_FILE = 'keyfile'

/** Each process's cache, in gigabytes: MongoDB's own default is half of the memory, for each. */
const LEAST_CACHE = 0.25

/**
 * The configuration of a node, in the form of MongoDB's files: JSON is YAML. `plan` is the
 * size of the instance in gigabytes.
 */
export function configOf(
  node: Node,
  { nodes }: Pick<Layout, 'nodes'>,
  folder: string,
  { plan, isEngine }: { readonly plan: number; readonly isEngine: boolean },
): string {
  const isAlone = nodes.length === 1 && node.set === undefined
  const keyFile = isAlone ? undefined : join(folder, KEY_FILE)
  const net = { port: node.port, bindIp: '127.0.0.1', ...(!isEngine && NO_SOCKET_FILE) }
  if (node.role === 'router') {
    const [[set, members]] = setsOf({ nodes, key: '' }, 'config')
    return JSON.stringify({
      net,
      security: { keyFile },
      sharding: { configDB: setName(set, members) },
    })
  }
  const cacheSizeGB = Math.max(LEAST_CACHE, plan / 10)
  const isPart = nodes.some(({ role }) => role === 'router')
  const clusterRole = node.role === 'config' ? 'configsvr' : 'shardsvr'
  return JSON.stringify({
    net,
    storage: {
      dbPath: join(folder, 'data'),
      ...(!isEngine && { wiredTiger: { engineConfig: { cacheSizeGB } } }),
    },
    security: { authorization: 'enabled', keyFile },
    ...(node.set !== undefined && { replication: { replSetName: node.set } }),
    ...(isPart && { sharding: { clusterRole } }),
  })
}

const NO_SOCKET_FILE = { unixDomainSocket: { enabled: false } }
