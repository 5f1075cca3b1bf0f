/**
 * A primary and a replica on this machine, and who of them serves.
 *
 * We look after them ourselves rather than by Sentinel. Sentinel is for clients on many machines
 * who must agree on the primary although none of them sees everything, and takes three
 * processes more to have a majority. Here there is one who decides, for as long as it holds the
 * lock of its data directory; all clients come through its gateway; and the system tells it
 * when a process ends, which no Sentinel knows. So:
 *
 * - There is never a second primary: the old one's process is gone before another is promoted,
 *   and its connections with it. It comes back without data, as a replica.
 * - A promotion is on disk before it is made. Whatever crashes, the next start makes it whole.
 * - The replica is promoted only if it had everything when last looked at, keeps a log of its
 *   own, and has carried out all that the primary sent it. Otherwise the old primary is started
 *   from its log: better to lose time than what clients were told is kept.
 */
import type { Address } from '../../binding.js'
import { AppError } from '../../errors.js'
import { finishPromotion, promote, serve, startPrimary } from './failover.js'
import type { RedisNode } from './node.js'
import {
  createContext,
  type PairContext,
  type PairOptions,
  type PairSettings,
} from './pair-context.js'
import { createLook } from './pair-watch.js'
import { isPrimary } from './replication.js'

/** Both processes under our care, from `openPair` to `stop`. */
export interface Pair {
  readonly nodes: PairOptions['nodes']
  /** Where clients are served; undefined while nobody serves. */
  readonly serving: Address | undefined
  /** Resolves when somebody serves; rejects when the pair is stopped. */
  whenServing(): Promise<Address>
  /** Whether the replica has everything and may be promoted. */
  readonly inSync: boolean
  primary(): RedisNode
  replica(): RedisNode
  /** Looks after both at once, rather than within a second. */
  wake(): void
  /** Takes new settings at once, without a restart. */
  change(settings: PairSettings): Promise<void>
  /**
   * Has `lay` put data into a folder, and starts both processes anew with these. When they
   * cannot be started with them, they have their own again and this rejects.
   */
  replaceData(lay: (folder: string) => Promise<void>): Promise<void>
  /** Ends both in order, with everything on disk. */
  stop(): Promise<void>
}

const LOOK_MS = 1_000

/**
 * Starts both processes, or takes over those that run. Resolves when the primary serves; the
 * replica follows. Rejects with nothing left running.
 */
export async function openPair(options: PairOptions): Promise<Pair> {
  const pair = createContext(options)
  const care = createCare(pair)
  try {
    await begin(pair)
    serve(pair)
    care.begin()
  } catch (error) {
    await care.stop()
    throw error
  }
  return {
    nodes: pair.nodes,
    get serving() {
      return pair.door.address
    },
    get inSync() {
      return pair.record.inSync
    },
    whenServing: pair.door.wait,
    primary: pair.primary,
    replica: pair.replica,
    wake: care.wake,
    async change(settings) {
      pair.settings = settings
      for (const node of Object.values(pair.nodes)) if (node.run) await limitMemory(pair, node)
    },
    replaceData: (lay) => care.alone(() => replaceData(pair, lay)),
    stop: care.stop,
  }
}

/** Somebody who looks after a pair all the time, doing one thing at a time. */
function createCare(pair: PairContext) {
  const look = createLook(pair)
  let work: Promise<void> = Promise.resolve()
  let caring: Promise<void> | undefined
  let wake = () => {}

  function alone(act: () => Promise<void>): Promise<void> {
    const done = work.then(act)
    work = done.catch(() => {})
    return done
  }

  async function care(): Promise<void> {
    while (!pair.isStopping()) {
      await alone(look).catch(({ message }: Error) => pair.warn(`looking after Redis: ${message}`))
      if (pair.isStopping()) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  return {
    alone,
    begin() {
      for (const node of Object.values(pair.nodes)) node.onEnd(() => wake())
      caring = care()
    },
    wake: () => wake(),
    async stop() {
      const served = pair.door.address !== undefined
      pair.beginToStop()
      pair.door.shut()
      wake()
      let isDone = false
      const done = Promise.all([caring, work]).then(() => {
        isDone = true
      })
      while (!isDone) {
        // One that loads its data would keep us waiting for minutes.
        if (!served) for (const node of Object.values(pair.nodes)) await node.kill()
        await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 50))])
      }
      // The primary first, as it waits for its replica to have everything.
      await pair.primary().stop()
      await pair.replica().stop()
    },
  }
}

async function begin(pair: PairContext): Promise<void> {
  for (const node of Object.values(pair.nodes)) await node.adopt(pair.configNow(node))
  if (pair.record.restoring) await finishReplacing(pair)
  if (pair.primary().run) return takeOver(pair)
  try {
    await startPrimary(pair)
  } catch (error) {
    // Its files may be damaged, while the replica's are whole.
    if (!pair.record.inSync) throw error
    pair.warn(`primary ${pair.record.primary} cannot be started: ${(error as Error).message}`)
    const node = pair.replica()
    if (!node.run) await node.start(await pair.configOf(node))
    await promote(pair)
  }
}

/** Goes on with a primary that runs, whatever we were in the middle of when we ended. */
async function takeOver(pair: PairContext): Promise<void> {
  const node = pair.primary()
  await node.untilReady()
  await limitMemory(pair, node)
  if (isPrimary(await node.info(['replication']))) return
  // Its promotion was on disk, but not made. Whoever else there is must not be one.
  await pair.replica().kill()
  await finishPromotion(pair)
}

async function limitMemory({ settings }: PairContext, node: RedisNode): Promise<void> {
  await node.command(['CONFIG', 'SET', 'maxmemory', `${settings.maxMemoryMb}mb`])
}

async function replaceData(
  pair: PairContext,
  lay: (folder: string) => Promise<void>,
): Promise<void> {
  const node = pair.primary()
  await node.layIncoming(lay)
  pair.door.close()
  try {
    await node.stop()
    await pair.replica().stop()
    await pair.save({ restoring: node.name, inSync: false })
    await finishReplacing(pair)
    await startPrimary(pair).catch(async (error: Error) => {
      await node.backFromAside()
      await startPrimary(pair)
      throw new AppError('invalid', `Redis cannot be started with these data: ${error.message}`)
    })
  } finally {
    // Where this has failed, the next look starts what there is.
    if (node.run) serve(pair)
  }
}

/** Safe to repeat after a crash. */
async function finishReplacing(pair: PairContext): Promise<void> {
  const { restoring } = pair.record
  if (restoring) {
    await pair.nodes[restoring].stop()
    await pair.nodes[restoring].takeIncoming()
  }
  await pair.save({ restoring: undefined })
}
