import type { Goal } from '../../automation/goal.js'
import { type GoalHost, goalHosts } from './goal-hosts.js'

/** What automation runs, of which nothing here needs more. */
export interface Goals {
  /** The ids of the projects that have a document. */
  projects(): readonly string[]
  goal(project: string): Goal
  /** Whether this server may read the files that a project's document names. */
  isTrusted(project: string): boolean
  /** Calls back when a document is another one, or is gone. */
  watch(listener: (project: string) => void): void
}

/** All processes of a project's document. */
export function hostsIn(automation: Goals, project: string): GoalHost[] {
  return goalHosts(project, automation.goal(project), automation.isTrusted(project))
}
