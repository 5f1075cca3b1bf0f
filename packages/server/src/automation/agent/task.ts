import { setTimeout as pause } from 'node:timers/promises'
import type { Goal, GoalProcess } from '../goal.js'
import type { Hold } from './hold.js'
import type { Forbidden } from './paths.js'
import type { FindProgram } from './programs.js'

/** What all processes of an agent share. */
export interface Ground {
  readonly programs: FindProgram
  /** Undefined: processes may write everywhere. */
  readonly forbidden: Forbidden | undefined
  /** Does one thing after the other for each name. */
  readonly inTurn: <T>(name: string, work: () => Promise<T>) => Promise<T>
  readonly warn: (message: string) => void
  readonly now: () => number
}

/** One move to be made. */
export interface Task {
  readonly ground: Ground
  readonly project: string
  readonly goal: Goal
  readonly process: GoalProcess
  readonly hold: Hold
  /** Aborted when the agent stops or there is a newer goal: what waits gives up, what acts goes on. */
  readonly signal: AbortSignal
}

/** A move cannot be made yet, and is tried again; the message says what it waits for. */
export class NotYet extends Error {
  override readonly name = 'NotYet'
}

/** Waits, unless the task is given up. */
export async function rest({ signal }: Pick<Task, 'signal'>, ms: number): Promise<void> {
  await pause(ms, undefined, { signal })
}

/** What does one thing after the other for each name, and things of different names side by side. */
export function turns(): Ground['inTurn'] {
  const last = new Map<string, Promise<unknown>>()
  return (name, work) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work, work)
    last.set(name, turn)
    const forget = () => {
      if (last.get(name) === turn) last.delete(name)
    }
    turn.then(forget, forget)
    return turn
  }
}
