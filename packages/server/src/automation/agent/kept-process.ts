import type { Goal, GoalProcess } from '../goal.js'
import type { Bell } from './bell.js'
import type { Failure } from './failure.js'
import type { Hold } from './hold.js'
import { type KnownProcess, unknownProcess } from './known-process.js'
import type { Pace } from './pace.js'
import type { Move } from './plan.js'
import type { Ground } from './task.js'

/** What is wanted of a process. */
export interface Wish {
  readonly goal: Goal
  readonly process: GoalProcess
  /** Why nothing is to be done; undefined: it is. */
  readonly refusal?: string
}

/** What keeping a process needs. */
export interface KeeperOptions {
  readonly ground: Ground
  readonly project: string
  /** Holds what is kept of the process. */
  readonly folder: string
  /** Called when the status has changed. */
  readonly changed: () => void
}

/** How far it is with a process that is kept at its goal. */
export interface KeptProcess extends KeeperOptions {
  /** Rings when there is a reason to plan again. */
  readonly bell: Bell
  readonly pace: Pace
  wish: Wish
  /** Aborted when there is a newer wish, or none any more. */
  newer: AbortController
  /** Undefined until the process has been looked for. */
  hold: Hold | undefined
  plan: readonly Move[]
  failure: Failure | undefined
}

/** What plans are made from. */
export function known({ hold, wish }: KeptProcess): KnownProcess {
  if (!hold) return unknownProcess
  const { launched, done } = hold.record
  return {
    // One that is to be stopped is, whether it serves or not.
    alive: hold.run !== undefined && (hold.ready || wish.process.disabled === true),
    ...(launched && { started: launched }),
    done,
  }
}

/** Takes down what is still to be done and what failed, and tells of it if that is new. */
export function says(
  kept: KeptProcess,
  next: { readonly plan?: readonly Move[]; readonly failure: Failure | undefined },
): void {
  const before = JSON.stringify([kept.plan, kept.failure])
  kept.plan = next.plan ?? kept.plan
  kept.failure = next.failure
  if (JSON.stringify([kept.plan, kept.failure]) !== before) kept.changed()
}
