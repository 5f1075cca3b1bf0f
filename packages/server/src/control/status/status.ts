import { DateTime, type Doc, type Value } from '@gantry/bson'
import { isDatabaseError } from '../../errors.js'
import type { Deployment } from '../../services/deployment.js'
import { databaseNames } from '../databases/databases.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { ask, docsIn, numberOf, valueAt } from '../reply.js'

/** Bytes that data take. */
export interface Space {
  readonly data: number
  /** On disk, without indexes. */
  readonly storage: number
  readonly indexes: number
  /** Of the files, with what is free in them. */
  readonly files: number
}

/** What MongoDB instances do and have done. */
export interface Status {
  /**
   * The whole `serverStatus`, whose `uptimeMillis` rises from call to call for as long as the
   * database runs, however soon the next call comes.
   */
  server(instance: Instance): Promise<Doc>
  /** Seconds by which the slowest secondary is behind; 0 where there is none. */
  replicationLag(instance: Instance): Promise<number>
  /** The operations under way, without those that only ask for them or watch over a connection. */
  operations(instance: Instance): Promise<Doc[]>
  /** What all databases take together, MongoDB's own included. */
  space(instance: Instance): Promise<Space>
}

/** An uptime that is lower than the one before by more than this tells of a restart. */
const CLOCK_STEP_MS = 1000

/** Commands that every client sends all the time to see whether the server is there. */
const WATCHING = ['hello', 'isMaster', 'ismaster']

export function statusOf({ mongodb, running }: InstanceRegistry): Status {
  const uptimes = new Map<string, bigint>()

  function rising(id: string, uptime: bigint): bigint {
    const last = uptimes.get(id) ?? 0n
    const isStep = uptime <= last && last - uptime < CLOCK_STEP_MS
    const shown = isStep ? last + 1n : uptime
    uptimes.set(id, shown)
    return shown
  }

  return {
    async server(instance) {
      const status = await ask(await mongodb(instance), 'admin', { serverStatus: 1 })
      const uptime = status.get('uptimeMillis') ?? Math.floor(numberOf(status.get('uptime')) * 1000)
      status.set('uptimeMillis', rising(instance.id, BigInt(numberOf(uptime))))
      return status
    },
    async replicationLag(instance) {
      return lagOf(await replicaSetMembers(await mongodb(instance)))
    },
    async operations(instance) {
      const running = await ask(await mongodb(instance), 'admin', {
        currentOp: 1,
        ...Object.fromEntries(
          ['currentOp', ...WATCHING].map((name) => [`command.${name}`, { $exists: false }]),
        ),
      })
      return docsIn(running.get('inprog'))
    },
    async space(instance) {
      const { deployment, fileSize } = await running(instance, 'mongodb')
      const total = { data: 0, storage: 0, indexes: 0, files: 0 }
      for (const name of await databaseNames(deployment)) {
        const stats = await ask(deployment, name, { dbStats: 1 })
        const size = (field: string) => numberOf(stats.get(field))
        total.data += size('dataSize')
        total.storage += size('storageSize')
        total.indexes += size('indexSize')
        total.files += stats.has('fileSize') ? size('fileSize') : size('totalSize')
      }
      return fileSize ? { ...total, files: await fileSize() } : total
    },
  }
}

async function replicaSetMembers(deployment: Deployment): Promise<Doc[]> {
  try {
    const status = await ask(deployment, 'admin', { replSetGetStatus: 1 })
    return docsIn(status.get('members'))
  } catch (error) {
    if (isDatabaseError(error, 'NoReplicationEnabled')) return []
    throw error
  }
}

function lagOf(members: readonly Doc[]): number {
  const inState = (state: string) => members.filter((member) => member.get('stateStr') === state)
  const times = inState('PRIMARY').map(optimeOf)
  const newest = Math.max(...times.filter((time) => time !== undefined))
  const lags = inState('SECONDARY').flatMap((member) => {
    const time = optimeOf(member)
    return time === undefined ? [] : [(newest - time) / 1000]
  })
  return Math.max(0, ...lags.filter(Number.isFinite))
}

function optimeOf(member: Doc): number | undefined {
  const date: Value | undefined = valueAt(member, 'optimeDate')
  return date instanceof DateTime ? Number(date.ms) : undefined
}
