import type { Goal } from '../../automation/goal.js'

/** What automation runs, of which nothing here needs more. */
export interface Goals {
  /** The ids of the projects that have a document. */
  projects(): readonly string[]
  goal(project: string): Goal
  /** Calls back when a document is another one, or is gone. */
  watch(listener: (project: string) => void): void
}
