/**
 * Brings one process to its goal and keeps it there: plans, makes the first move, plans again.
 * Whatever happens meanwhile, a newer goal, the end of the process, a failure, is only a reason
 * to plan again.
 */
import type { Goal, GoalProcess, ProcessStatus } from '../goal.js'
import { createBell } from './bell.js'
import { deeds } from './deeds.js'
import { type Failure, failureOf, forbiddenFailure, waitingFailure } from './failure.js'
import { type Hold, takeHold } from './hold.js'
import { type KnownProcess, unknownProcess } from './known-process.js'
import { rotateLogs } from './log-rotation.js'
import { type Move, movesOf, nextDue } from './plan.js'
import { helloOf, uriOfProcess, within } from './reach.js'
import { type Ground, NotYet, type Task } from './task.js'

/** What is wanted of a process. */
export interface Wish {
  readonly goal: Goal
  readonly process: GoalProcess
  /** Why nothing is to be done; undefined: it is. */
  readonly refusal?: string
}

export interface Keeper {
  want(wish: Wish): void
  /** Undefined while it is not known yet. */
  status(): ProcessStatus | undefined
  /** Gives the process up without ending it. Resolves when nothing is done with it any more. */
  letGo(): Promise<void>
}

export interface KeeperOptions {
  readonly ground: Ground
  readonly project: string
  /** Holds what is kept of the process. */
  readonly folder: string
  /** Called when the status has changed. */
  readonly changed: () => void
}

/** Moves that leave nothing behind by which one could see that they were made. */
const FLEETING: ReadonlySet<Move> = new Set(['Download', 'WaitAllRsMembersUp'])
const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 30_000
/** Who has run for so long is started at once when it dies. */
const STEADY_MS = 60_000
const POLL_MS = 500
/** What is waited for so long is told as a failure. */
const PATIENCE_MS = 60_000
/** How long a move may take to be given up. */
const LET_GO_MS = 1_500

export function keepProcess(options: KeeperOptions, first: Wish): Keeper {
  const { ground, project, folder, changed } = options
  const bell = createBell()
  let wish = first
  let newer = new AbortController()
  let isLetGo = false
  let hold: Hold | undefined
  let plan: readonly Move[] = []
  let failure: Failure | undefined
  /** After a move that failed. */
  let delay = FIRST_DELAY_MS
  /** After a process that served has died, which may be soon after each start. */
  let deathDelay = FIRST_DELAY_MS
  /** Before it one that has died is not started again. */
  let startAt = 0
  let waitsSince = 0

  const known = (): KnownProcess => {
    if (!hold) return unknownProcess
    const { launched, done } = hold.record
    return {
      // One that is to be stopped is, whether it serves or not.
      alive: hold.run !== undefined && (hold.ready || wish.process.disabled === true),
      ...(launched && { started: launched }),
      done,
    }
  }

  function says(next: { plan: readonly Move[]; failure: Failure | undefined }): void {
    const before = JSON.stringify([plan, failure])
    ;({ plan, failure } = next)
    if (JSON.stringify([plan, failure]) !== before) changed()
  }

  function ended(how: string): void {
    bell.ring()
    // Whoever starts it sees that it ended before it served.
    if (!hold?.ready) return
    ground.warn(`${wish.process.name} of automation ${how}`)
    if (ground.now() - hold.sinceMs >= STEADY_MS) deathDelay = FIRST_DELAY_MS
    startAt = ground.now() + deathDelay
    deathDelay = Math.min(2 * deathDelay, LONGEST_DELAY_MS)
  }

  /** Makes moves until one leaves its trace; after it everything is planned anew. */
  async function make(moves: readonly Move[], held: Hold): Promise<void> {
    const { goal, process } = wish
    const { signal } = newer
    const task: Task = { ground, project, goal, process, hold: held, signal }
    for (const [i, move] of moves.entries()) {
      says({ plan: moves.slice(i), failure })
      await deeds[move](task)
      if (!FLEETING.has(move)) return
      signal.throwIfAborted()
    }
  }

  /** How long to wait before the next step; undefined: until somebody rings. */
  async function step(): Promise<number | undefined> {
    const { goal, process, refusal } = wish
    if (refusal !== undefined) {
      says({
        plan: movesOf(goal, process, known(), ground.now()),
        failure: forbiddenFailure(refusal),
      })
      return undefined
    }
    if (!hold) {
      hold = await takeHold(folder, process.name, ended)
      // How far it was before is only known from now on.
      changed()
    }
    await lookAt(hold, wish)
    const moves = movesOf(goal, process, known(), ground.now())
    const tooSoon = moves.includes('Start') ? startAt - ground.now() : 0
    if (tooSoon > 0) {
      says({ plan: moves, failure })
      return tooSoon
    }
    if (moves.length > 0) {
      await make(moves, hold)
      waitsSince = 0
      says({ plan, failure: undefined })
      return 0
    }
    delay = FIRST_DELAY_MS
    if (hold.record.achieved !== goal.version) {
      await hold.save({ achieved: goal.version })
      changed()
    }
    says({ plan: [], failure: undefined })
    return untilNext(hold)
  }

  /** At the goal there are only logs to see to, and what is asked for at some time. */
  async function untilNext(held: Hold): Promise<number | undefined> {
    const { goal, process } = wish
    const due = nextDue(process, known(), ground.now())
    const logs = await rotateLogs({
      ground,
      project,
      goal,
      process,
      hold: held,
      signal: newer.signal,
    })
    const waits = [
      ...(due === undefined ? [] : [due - ground.now()]),
      ...(logs === undefined ? [] : [logs]),
    ]
    return waits.length > 0 ? Math.max(1, Math.min(...waits)) : undefined
  }

  function afterError(error: unknown): number | undefined {
    // What waited was given up for a newer goal.
    if ((error as Error).name === 'AbortError') return 0
    if (error instanceof NotYet) {
      waitsSince ||= ground.now()
      const isLong = ground.now() - waitsSince >= PATIENCE_MS
      says({ plan, failure: isLong ? waitingFailure(error.message) : undefined })
      return POLL_MS
    }
    const said = failureOf(error)
    if (said.errorString !== failure?.errorString)
      ground.warn(`${wish.process.name}: ${said.errorString}`)
    says({ plan, failure: said })
    delay = Math.min(2 * delay, LONGEST_DELAY_MS)
    return delay
  }

  async function keep(): Promise<void> {
    while (!isLetGo) {
      let ms: number | undefined
      try {
        ms = await step()
      } catch (error) {
        ms = afterError(error)
      }
      if (!isLetGo && ms !== 0) await bell.wait(ms)
    }
  }
  // What a move that was given up has started meanwhile is left to itself too.
  const kept = keep().then(() => hold?.release())

  return {
    want(next) {
      wish = next
      delay = FIRST_DELAY_MS
      deathDelay = FIRST_DELAY_MS
      startAt = 0
      waitsSince = 0
      newer.abort()
      newer = new AbortController()
      bell.ring()
    },
    status() {
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
    },
    async letGo() {
      isLetGo = true
      newer.abort()
      bell.ring()
      let timer: NodeJS.Timeout | undefined
      const giveUp = new Promise((resolve) => {
        timer = setTimeout(resolve, LET_GO_MS)
      })
      await Promise.race([kept, giveUp])
      clearTimeout(timer)
      hold?.release()
    },
  }
}

/** One that was found running is asked once whether it serves, so that it is known for what it is. */
async function lookAt(hold: Hold, { goal, process }: Wish): Promise<void> {
  const { run } = hold
  if (!run || hold.ready || process.manualMode) return
  await within(uriOfProcess(goal, process), helloOf).then(
    () => {
      hold.ready = hold.run === run
    },
    () => {},
  )
}
