/**
 * Brings one process to its goal and keeps it there: plans, makes the first move, plans again.
 * Whatever happens meanwhile, a newer goal, the end of the process, a failure, is only a reason
 * to plan again.
 */
import type { ProcessStatus } from '../goal.js'
import { createBell } from './bell.js'
import type { KeeperOptions, KeptProcess, Wish } from './kept-process.js'
import { createPace } from './pace.js'
import { afterError, step } from './step.js'

/** Keeps one process at what is wanted of it. */
export interface Keeper {
  want(wish: Wish): void
  /** Undefined while it is not known yet. */
  status(): ProcessStatus | undefined
  /** Gives the process up without ending it. Resolves when nothing is done with it any more. */
  letGo(): Promise<void>
}

/** How long a move may take to be given up. */
const LET_GO_MS = 1_500

/** Begins at once, and goes on until it is let go. */
export function keepProcess(options: KeeperOptions, first: Wish): Keeper {
  const bell = createBell()
  const pace = createPace(options.ground.now)
  const kept: KeptProcess = {
    ...options,
    bell,
    pace,
    wish: first,
    newer: new AbortController(),
    hold: undefined,
    plan: [],
    failure: undefined,
  }
  let isLetGo = false

  async function keep(): Promise<void> {
    while (!isLetGo) {
      let ms: number | undefined
      try {
        ms = await step(kept)
      } catch (error) {
        ms = afterError(kept, error)
      }
      if (!isLetGo && ms !== 0) await bell.wait(ms)
    }
  }
  // What a move that was given up has started meanwhile is left to itself too.
  const keeping = keep().then(() => kept.hold?.release())

  return {
    want(next) {
      kept.wish = next
      pace.reset()
      kept.newer.abort()
      kept.newer = new AbortController()
      bell.ring()
    },
    status: () => statusOf(kept),
    async letGo() {
      isLetGo = true
      kept.newer.abort()
      bell.ring()
      let timer: NodeJS.Timeout | undefined
      const giveUp = new Promise((resolve) => {
        timer = setTimeout(resolve, LET_GO_MS)
      })
      await Promise.race([keeping, giveUp])
      clearTimeout(timer)
      kept.hold?.release()
    },
  }
}

function statusOf({ wish, hold, plan, failure }: KeptProcess): ProcessStatus | undefined {
  const { goal, process } = wish
  if (!hold && !failure) return undefined
  const achieved = hold?.record.achieved ?? 0
  return {
    name: process.name,
    hostname: process.hostname,
    lastGoalVersionAchieved: Math.min(achieved, goal.version),
    plan,
    errorCode: failure?.errorCode ?? 0,
    errorString: failure?.errorString ?? '',
  }
}
