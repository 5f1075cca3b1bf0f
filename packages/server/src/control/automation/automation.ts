/** The goal documents of projects, and how far their processes have come. */
import type { Goal, JsonObject, ProcessStatus } from '../../automation/goal.js'
import type { Actor } from '../events/event.js'
import type { Events } from '../events/events.js'
import type { Keeping } from '../records.js'
import type { Secrets } from '../secrets.js'
import { openGoals } from './goals.js'
import { type AutomationStatus, openStatuses } from './statuses.js'

export interface Automation {
  /** The ids of the projects that have a document. */
  projects(): readonly string[]
  /** An empty one when there never was one. */
  goal(project: string): Goal
  /**
   * Takes a document in the place of the one before, or rejects with what is wrong with it,
   * and nothing has changed. One that changes nothing is accepted without a new version.
   */
  put(project: string, document: JsonObject, actor: Actor): Promise<Goal>
  status(project: string): AutomationStatus
  /** Takes down what the agent on a host says of its processes. */
  report(project: string, hostname: string, statuses: readonly ProcessStatus[]): Promise<void>
  /** Calls back after a document was accepted, here or by another server, or is gone. */
  watch(listener: (project: string) => void): void
  /** Forgets everything about a project, as it is gone. */
  forget(project: string): Promise<void>
}

export async function openAutomation(
  keeping: Keeping,
  secrets: Secrets,
  events: Pick<Events, 'record'>,
): Promise<Automation> {
  const goals = await openGoals(keeping, secrets)
  const statuses = await openStatuses(keeping)
  return {
    projects: goals.projects,
    goal: goals.get,
    async put(project, document, actor) {
      const { goal, isNew } = await goals.put(project, document)
      if (isNew) {
        await events.record('AUTOMATION_CONFIG_PUBLISHED_AUDIT', { ...actor, groupId: project })
      }
      return goal
    },
    status: (project) => statuses.of(project, goals.get(project)),
    report: (project, hostname, said) =>
      statuses.report(project, goals.get(project), hostname, said),
    watch: goals.watch,
    async forget(project) {
      await goals.forget(project)
      await statuses.forget(project)
    },
  }
}
