/**
 * The moves from what is known of a process to what a goal document wants of it. Nothing here
 * does anything: the same function plans for the agent, which does the first move and plans
 * again, and for whoever asks what a document would do before it is put.
 */
import type { Goal, GoalProcess } from '../goal.js'
import { leads, processOf, setOf } from './goal-parts.js'
import { type KnownProcess, unknownProcess } from './known-process.js'
import { type Wanted, wantedOf } from './wanted.js'

/** What is done with a process, by the names that `automationStatus` shows. */
export type Move =
  /** The program of its version is looked for. */
  | 'Download'
  | 'Start'
  | 'Stop'
  /** Stopped and started with another configuration, or because it was asked for. */
  | 'Restart'
  | 'ChangeVersion'
  /** Stopped, emptied and started, to get its data from other members. */
  | 'Resync'
  | 'WaitAllRsMembersUp'
  /** Its set is made of the first member, or its members are changed. */
  | 'RsInit'
  | 'WaitRsInit'
  | 'WaitFeatureCompatibilityVersionCorrect'
  | 'UpdateAuth'
  | 'WaitAuthUpdate'
  /** The cluster's shards are added, and collections sharded. */
  | 'AddShards'
  | 'BuildIndexes'
  | 'Compact'

/** What is known of a process for which a document has been reached wholly. */
export function knownAt(goal: Goal, name: string): KnownProcess {
  const process = processOf(goal, name)
  if (!process || process.manualMode) return unknownProcess
  const { started, once, state } = wantedOf(goal, process)
  return { alive: !process.disabled, started, done: { ...once, ...state } }
}

/** All moves in order; none when the process is as it is wanted. */
export function movesOf(
  goal: Goal,
  process: GoalProcess,
  known: KnownProcess,
  now: number,
): readonly Move[] {
  const { alive } = known
  if (process.manualMode) return []
  if (process.disabled) return alive ? ['Stop'] : []
  const wanted = wantedOf(goal, process)
  const first = leads(goal, process)
  const differs = (name: keyof Wanted['state']) =>
    wanted.state[name] !== undefined && wanted.state[name] !== known.done[name]
  const auth: Move[] = differs('auth') ? [first ? 'UpdateAuth' : 'WaitAuthUpdate'] : []
  // Users are made while nobody is asked who they are, where that is still so.
  const isOpen = alive && known.started?.auth === false
  const compatibility = whenever(differs('compatibility'), 'WaitFeatureCompatibilityVersionCorrect')
  // An older program does not start on data of a newer version.
  const isLowered = alive && isOlder(wanted.state.compatibility, known.done.compatibility)
  return [
    ...(isOpen ? auth : []),
    ...(isLowered ? compatibility : []),
    ...processMoves(wanted, known, now),
    ...(differs('set') ? setMoves(goal, process, first) : []),
    ...(isLowered ? [] : compatibility),
    ...(isOpen ? [] : auth),
    ...whenever(differs('shards'), 'AddShards'),
    ...whenever(differs('indexes'), 'BuildIndexes'),
    ...whenever(isDue(wanted.once.compact, known.done.compact, now), 'Compact'),
  ]
}

function isOlder(wanted: string | undefined, done: string | undefined): boolean {
  return wanted !== undefined && done !== undefined && Number(wanted) < Number(done)
}

const whenever = (isSo: boolean, move: Move): Move[] => (isSo ? [move] : [])

/** When a move that waits for its time comes due; undefined: none does. */
export function nextDue(
  process: GoalProcess,
  { done }: KnownProcess,
  now: number,
): number | undefined {
  const { lastRestart, lastResync, lastCompact } = process
  const waiting = [
    [lastRestart, done.restart],
    [lastResync, done.resync],
    [lastCompact, done.compact],
  ]
    .filter(([asked, was]) => asked !== undefined && asked !== was)
    .map(([asked]) => Date.parse(asked as string))
    .filter((at) => at > now)
  return waiting.length > 0 ? Math.min(...waiting) : undefined
}

/** What is asked for once and has not been done, and whose time has come. */
export function isDue(asked: string | undefined, done: string | undefined, now: number): boolean {
  return asked !== undefined && asked !== done && !(Date.parse(asked) > now)
}

function processMoves(wanted: Wanted, { alive, started, done }: KnownProcess, now: number): Move[] {
  // One that was never started has nothing to be emptied of.
  if (!started) return ['Download', 'Start']
  if (isDue(wanted.once.resync, done.resync, now)) return ['Resync']
  if (!alive) return started.version === wanted.started.version ? ['Start'] : ['Download', 'Start']
  if (started.version !== wanted.started.version) return ['Download', 'ChangeVersion']
  const differs =
    started.settings !== wanted.started.settings || started.auth !== wanted.started.auth
  return differs || isDue(wanted.once.restart, done.restart, now) ? ['Restart'] : []
}

function setMoves(goal: Goal, process: GoalProcess, first: boolean): Move[] {
  if (!first) return ['WaitRsInit']
  const several = (setOf(goal, process)?.members.length ?? 0) > 1
  return several ? ['WaitAllRsMembersUp', 'RsInit'] : ['RsInit']
}
