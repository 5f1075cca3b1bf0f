import { AppError } from '../../errors.js'
import { recover, startReplica } from './failover.js'
import { type Info, infoNumber } from './info.js'
import type { RedisNode } from './node.js'
import { ASK_MS, type PairContext, retryMs } from './pair-context.js'
import {
  acknowledged,
  follows,
  isLinked,
  isPrimary,
  keepsOwnLog,
  type ReplicationLook,
} from './replication.js'

/** Looks after a pair, once at each call: replaces who has ended, and notes whether the replica has everything. */
export type Look = () => Promise<void>

const LIMIT_LOGS_EVERY = 60

export function createLook(pair: PairContext): Look {
  const answered = new Map<RedisNode, number>()
  let failures = 0
  let nextStart = 0
  let fullSyncs = Number.NaN
  let looks = 0

  /** Asks a process how it is, and ends one that has been silent for too long. */
  async function ask(node: RedisNode): Promise<Info | undefined> {
    const { run } = node
    try {
      const info = await node.info([], ASK_MS)
      answered.set(node, Date.now())
      return info
    } catch (error) {
      // Busy, full or loading, but there.
      const isThere = error instanceof AppError && error.kind === 'database'
      const now = Date.now()
      if (isThere || !answered.has(node)) answered.set(node, now)
      const silentMs = now - (answered.get(node) ?? now)
      if (silentMs <= pair.silenceMs || node.run !== run) return undefined
      pair.warn(`Redis process ${node.name} has not answered for ${silentMs / 1000} s and is ended`)
      await node.kill()
      return undefined
    }
  }

  async function tryReplica(): Promise<void> {
    if (pair.record.inSync) await pair.save({ inSync: false })
    if (Date.now() < nextStart) return
    try {
      await startReplica(pair)
    } catch (error) {
      pair.warn(`replica ${pair.replica().name} cannot be started: ${(error as Error).message}`)
    }
    nextStart = Date.now() + retryMs(failures++)
  }

  async function lookAtReplica(primary: Info): Promise<void> {
    const node = pair.replica()
    if (!node.run) return tryReplica()
    const { port: primaryPort } = pair.primary()
    const replica = await ask(node)
    if (replica && isPrimary(replica)) return node.kill()
    if (replica && !follows(replica, primaryPort)) {
      await node.command(['REPLICAOF', '127.0.0.1', String(primaryPort)], ASK_MS)
    }
    const both = replica && { primary, replica, primaryPort, replicaPort: node.port }
    const isInSync = both !== undefined && isLinked(both) && hasEverything(both)
    if (isInSync) pair.confirmed = acknowledged(primary, node.port) ?? pair.confirmed
    if (isInSync === pair.record.inSync) return
    await pair.save({ inSync: isInSync })
    if (!isInSync) return pair.warn(`replica ${node.name} does not have everything for now`)
    failures = 0
    await node.dropAside()
  }

  /** Once its own log is whole it stays so, until it takes everything over again. */
  function hasEverything({ primary, replica }: ReplicationLook): boolean {
    const now = infoNumber(primary, 'stats', 'sync_full')
    if (pair.record.inSync && now === fullSyncs) return true
    if (!keepsOwnLog(replica)) return false
    fullSyncs = now
    return true
  }

  return async () => {
    if (pair.isStopping()) return
    if (!pair.primary().run) return recover(pair)
    const primary = await ask(pair.primary())
    if (!pair.primary().run) return recover(pair)
    if (primary) await lookAtReplica(primary)
    if (++looks % LIMIT_LOGS_EVERY > 0) return
    for (const node of Object.values(pair.nodes)) await node.limitLog()
  }
}
