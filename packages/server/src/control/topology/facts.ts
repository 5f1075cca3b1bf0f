import type { Doc } from '@gantry/bson'
import type { Deployment } from '../../services/deployment.js'
import { ask, docsIn, numberOf, valueAt } from '../reply.js'

/** What a MongoDB process says of itself. */
export interface ProcessFacts {
  readonly role: 'STANDALONE' | 'MONGOS' | 'PRIMARY' | 'SECONDARY' | 'ARBITER' | 'OTHER'
  /** `PRIMARY`, `RECOVERING` and so on; undefined outside of a replica set. */
  readonly stateName?: string
  readonly replicaSetName?: string
  /** All members of its replica set that hold data or votes, itself included, as `host:port`. */
  readonly members: readonly string[]
  /** The member that takes writes, as far as it knows; `host:port`. */
  readonly primary?: string
  /** Of a primary: another one with each election. */
  readonly electionId?: string
  readonly version: string
  readonly uptimeMs: number
  readonly memSizeMB?: number
  readonly numCores?: number
  readonly hasStartupWarnings: boolean
  readonly dataSizeBytes: number
  readonly indexSizeBytes: number
  readonly isJournaling: boolean
  readonly isConfigServer: boolean
  readonly isShard: boolean
  /** When it said so. */
  readonly atMs: number
}

/** Asks a process; rejects when it does not answer the first question. */
export async function readFacts(deployment: Deployment): Promise<ProcessFacts> {
  const hello = await ask(deployment, 'admin', { hello: 1 })
  const [status, hostInfo, log, options, stateName, sizes] = await Promise.all([
    orNothing(ask(deployment, 'admin', { serverStatus: 1 })),
    orNothing(ask(deployment, 'admin', { hostInfo: 1 })),
    orNothing(ask(deployment, 'admin', { getLog: 'startupWarnings' })),
    orNothing(ask(deployment, 'admin', { getCmdLineOpts: 1 })),
    stateNameOf(deployment, hello),
    sizesOf(deployment, hello),
  ])
  const role = roleOf(hello)
  const clusterRole = valueAt(options, 'parsed', 'sharding', 'clusterRole')
  return {
    role,
    stateName,
    replicaSetName: textOf(hello.get('setName')),
    members: ['hosts', 'passives', 'arbiters'].flatMap((field) => textsOf(hello.get(field))),
    primary: textOf(hello.get('primary')),
    electionId: hello.has('electionId') ? String(hello.get('electionId')) : undefined,
    version: textOf(status?.get('version')) ?? '',
    uptimeMs: numberOf(status?.get('uptimeMillis')) || numberOf(status?.get('uptime')) * 1000,
    ...(hostInfo && {
      memSizeMB: numberOf(valueAt(hostInfo, 'system', 'memSizeMB')),
      numCores: numberOf(valueAt(hostInfo, 'system', 'numCores')),
    }),
    hasStartupWarnings: numberOf(log?.get('totalLinesWritten')) > 0,
    ...sizes,
    isJournaling: role !== 'MONGOS',
    isConfigServer: clusterRole === 'configsvr' || hello.has('configsvr'),
    isShard: clusterRole === 'shardsvr',
    atMs: Date.now(),
  }
}

function roleOf(hello: Doc): ProcessFacts['role'] {
  if (hello.get('msg') === 'isdbgrid') return 'MONGOS'
  if (!hello.has('setName')) return hello.get('isreplicaset') === true ? 'OTHER' : 'STANDALONE'
  if (hello.get('isWritablePrimary') === true) return 'PRIMARY'
  if (hello.get('secondary') === true) return 'SECONDARY'
  return hello.get('arbiterOnly') === true ? 'ARBITER' : 'OTHER'
}

async function stateNameOf(deployment: Deployment, hello: Doc): Promise<string | undefined> {
  if (!hello.has('setName')) return undefined
  const status = await orNothing(ask(deployment, 'admin', { replSetGetStatus: 1 }))
  const own = docsIn(status?.get('members')).find((member) => member.get('self') === true)
  return textOf(own?.get('stateStr'))
}

/** Of all databases together; arbiters and routers hold none. */
async function sizesOf(deployment: Deployment, hello: Doc) {
  const sizes = { dataSizeBytes: 0, indexSizeBytes: 0 }
  if (hello.get('arbiterOnly') === true || hello.get('msg') === 'isdbgrid') return sizes
  const list = await orNothing(ask(deployment, 'admin', { listDatabases: 1, nameOnly: true }))
  for (const database of docsIn(list?.get('databases'))) {
    const name = textOf(database.get('name')) ?? ''
    const stats = await orNothing(ask(deployment, name, { dbStats: 1 }))
    sizes.dataSizeBytes += numberOf(stats?.get('dataSize'))
    sizes.indexSizeBytes += numberOf(stats?.get('indexSize'))
  }
  return sizes
}

/** What a process does not know, or does not tell everybody, is left out. */
async function orNothing(answer: Promise<Doc>): Promise<Doc | undefined> {
  return answer.catch(() => undefined)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : []
}
