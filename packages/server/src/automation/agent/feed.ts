import type { Goal, ProcessStatus } from '../goal.js'

/** A project with what is wanted of it. */
export interface ProjectGoal {
  readonly project: string
  readonly goal: Goal
  /** Why this agent does nothing for it; undefined: it does. */
  readonly refusal?: string
}

/** The versions that an agent knows, by project. */
export type KnownVersions = ReadonlyMap<string, number>

/** Where an agent gets goals from, and whom it tells how far it has come. */
export interface GoalFeed {
  /**
   * Resolves with the projects whose version is another than the known one, once there are any;
   * after a while with none. Rejects when aborted, or when the goals cannot be had.
   */
  next(known: KnownVersions, signal: AbortSignal): Promise<readonly ProjectGoal[]>
  /** Takes the statuses of all of a project's processes that are this agent's. */
  report(project: string, statuses: readonly ProcessStatus[]): Promise<void>
}
