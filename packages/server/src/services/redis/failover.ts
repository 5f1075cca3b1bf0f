import { setTimeout as pause } from 'node:timers/promises'
import { AppError } from '../../errors.js'
import { ASK_MS, type PairContext, retryMs } from './pair-context.js'
import { otherNode } from './pair-record.js'
import { isPrimary, obstacle } from './replication.js'

/** How long the replica may take to carry out what the primary sent before it ended. */
const DRAIN_MS = 5_000
const LOOK_AGAIN_MS = 20

/** Starts the primary from its own files, with all that its log holds. */
export async function startPrimary(pair: PairContext): Promise<void> {
  const node = pair.primary()
  await node.start(await pair.configOf(node))
  // The replica has to take everything over again: what this one holds may differ.
  if (pair.record.inSync) await pair.save({ inSync: false })
  pair.confirmed = 0
}

/** Starts the other process as a replica of the primary, without the data that it had. */
export async function startReplica(pair: PairContext): Promise<void> {
  const node = pair.replica()
  // It takes over all of the primary's; its own stay aside until it has done so.
  await node.putAside()
  await node.start(await pair.configOf(node, pair.primary().port))
}

/** Makes the replica the primary; the old one is gone before. */
export async function promote(pair: PairContext): Promise<void> {
  await pair.primary().kill()
  const { primary, term } = pair.record
  await pair.save({ primary: otherNode(primary), term: term + 1, inSync: false })
  await finishPromotion(pair)
}

/** Makes a process the primary that is so by the record. */
export async function finishPromotion(pair: PairContext): Promise<void> {
  const node = pair.primary()
  await node.command(['REPLICAOF', 'NO', 'ONE'], ASK_MS)
  if (!isPrimary(await node.info(['replication']))) {
    throw new AppError('unavailable', `Redis process ${node.name} does not become the primary`)
  }
  pair.confirmed = 0
}

/** Lets clients through to the primary. */
export function serve(pair: PairContext): void {
  pair.door.open({ host: '127.0.0.1', port: pair.primary().port })
}

/** The primary is gone: resolves when somebody serves again, however long that takes. */
export async function recover(pair: PairContext): Promise<void> {
  const lostAt = Date.now()
  pair.door.close()
  for (let failures = 0; !pair.isStopping(); failures++) {
    try {
      await replace(pair, lostAt)
      return
    } catch (error) {
      pair.warn(`no primary yet: ${(error as Error).message}`)
      await pair.waitFor(retryMs(failures))
    }
  }
}

async function replace(pair: PairContext, lostAt: number): Promise<void> {
  const lost = pair.record.primary
  const why = await obstacleToPromotion(pair, lostAt)
  if (pair.isStopping()) return
  if (why === undefined) {
    await promote(pair)
    pair.warn(
      `primary ${lost} has ended; ${pair.record.primary}, which had everything, is the primary now`,
    )
  } else {
    pair.warn(`primary ${lost} has ended and is started again from its log: ${why}`)
    await startPrimary(pair)
  }
  serve(pair)
}

/** Why the replica may not be promoted; undefined when it may. */
async function obstacleToPromotion(pair: PairContext, lostAt: number): Promise<string | undefined> {
  if (!pair.record.inSync) return 'the replica did not have everything'
  const node = pair.replica()
  const deadline = Date.now() + DRAIN_MS
  for (;;) {
    if (!node.run) return 'the replica has ended, too'
    const info = await node.info([], ASK_MS).catch(() => undefined)
    const loss = { sinceS: (Date.now() - lostAt) / 1000, acknowledged: pair.confirmed }
    const found = info ? obstacle(info, loss) : 'the replica does not answer'
    const mayChange = !info || found === 'reading'
    if (!mayChange || Date.now() >= deadline || pair.isStopping()) return found
    await pause(LOOK_AGAIN_MS)
  }
}
