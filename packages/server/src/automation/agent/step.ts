import { deeds } from './deeds.js'
import { failureOf, forbiddenFailure, waitingFailure } from './failure.js'
import { type Hold, takeHold } from './hold.js'
import { type KeptProcess, known, says, type Wish } from './kept-process.js'
import { rotateLogs } from './log-rotation.js'
import { type Move, movesOf, nextDue } from './plan.js'
import { helloOf, uriOfProcess, within } from './reach.js'
import { NotYet, type Task } from './task.js'

/** Moves that leave nothing behind by which one could see that they were made. */
const FLEETING: ReadonlySet<Move> = new Set(['Download', 'WaitAllRsMembersUp'])
const POLL_MS = 500

/**
 * Brings a process one move nearer to its goal. Resolves with how long to wait before the next
 * step; undefined: until the bell rings.
 */
export async function step(kept: KeptProcess): Promise<number | undefined> {
  const { ground, pace, wish } = kept
  const { goal, process, refusal } = wish
  if (refusal !== undefined) {
    const plan = movesOf(goal, process, known(kept), ground.now())
    says(kept, { plan, failure: forbiddenFailure(refusal) })
    return undefined
  }
  if (!kept.hold) {
    kept.hold = await takeHold(kept.folder, process.name, (how) => ended(kept, how))
    // How far it was before is only known from now on.
    kept.changed()
  }
  const { hold } = kept
  await lookAt(hold, kept.wish)
  const moves = movesOf(goal, process, known(kept), ground.now())
  const tooSoon = moves.includes('Start') ? pace.untilStart() : 0
  if (tooSoon > 0) {
    says(kept, { plan: moves, failure: kept.failure })
    return tooSoon
  }
  if (moves.length > 0) {
    await make(kept, moves, hold)
    pace.moved()
    says(kept, { failure: undefined })
    return 0
  }
  pace.arrived()
  if (hold.record.achieved !== goal.version) {
    await hold.save({ achieved: goal.version })
    kept.changed()
  }
  says(kept, { plan: [], failure: undefined })
  return untilNext(kept, hold)
}

/** What a step that failed comes to; answers as `step` does. */
export function afterError(kept: KeptProcess, error: unknown): number | undefined {
  const { ground, pace, wish } = kept
  // What waited was given up for a newer goal.
  if ((error as Error).name === 'AbortError') return 0
  if (error instanceof NotYet) {
    says(kept, { failure: pace.waits() ? waitingFailure(error.message) : undefined })
    return POLL_MS
  }
  const failure = failureOf(error)
  if (failure.errorString !== kept.failure?.errorString)
    ground.warn(`${wish.process.name}: ${failure.errorString}`)
  says(kept, { failure })
  return pace.failed()
}

function ended({ bell, ground, hold, pace, wish }: KeptProcess, how: string): void {
  bell.ring()
  // Whoever starts it sees that it ended before it served.
  if (!hold?.ready) return
  ground.warn(`${wish.process.name} of automation ${how}`)
  pace.died(ground.now() - hold.sinceMs)
}

/** Makes moves until one leaves its trace; after it everything is planned anew. */
async function make(kept: KeptProcess, moves: readonly Move[], hold: Hold): Promise<void> {
  const task = taskOf(kept, hold)
  for (const [i, move] of moves.entries()) {
    says(kept, { plan: moves.slice(i), failure: kept.failure })
    await deeds[move](task)
    if (!FLEETING.has(move)) return
    task.signal.throwIfAborted()
  }
}

/** At the goal there are only logs to see to, and what is asked for at some time. */
async function untilNext(kept: KeptProcess, hold: Hold): Promise<number | undefined> {
  const { ground } = kept
  const due = nextDue(kept.wish.process, known(kept), ground.now())
  const logs = await rotateLogs(taskOf(kept, hold))
  const waits = [
    ...(due === undefined ? [] : [due - ground.now()]),
    ...(logs === undefined ? [] : [logs]),
  ]
  return waits.length > 0 ? Math.max(1, Math.min(...waits)) : undefined
}

function taskOf({ ground, project, wish, newer }: KeptProcess, hold: Hold): Task {
  const { goal, process } = wish
  return { ground, project, goal, process, hold, signal: newer.signal }
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
