/** The goal documents of projects, and how far their processes have come. */

import type { Goal, JsonObject, ProcessStatus } from '../../automation/goal.js'
import { type GoalPlan, goalPlan } from '../../automation/goal-plan.js'
import type { Actor } from '../events/event.js'
import type { Events } from '../events/events.js'
import type { Keeping } from '../records.js'
import type { Secrets } from '../secrets.js'
import { type AgentSettings, openAgentSettings } from './agent-settings.js'
import { openGoals } from './goals.js'
import { type AutomationStatus, openStatuses } from './statuses.js'

export interface Automation {
  /** The ids of the projects that have a document. */
  projects(): readonly string[]
  /** As far as this server was told; an empty one when there never was one. */
  goal(project: string): Goal
  /** With what another server may have accepted a moment ago. */
  latest(project: string): Promise<Goal>
  /**
   * Takes a document in the place of the one before, or rejects with what is wrong with it,
   * and nothing has changed. One that changes nothing is accepted without a new version.
   */
  put(project: string, document: JsonObject, actor: Actor): Promise<Goal>
  /** What a document would do, or what is left to do of the one that there is, when none is given. */
  plan(project: string, document: JsonObject | undefined): Promise<GoalPlan>
  status(project: string): AutomationStatus
  /** When the latest document was accepted; 0: there never was one. */
  acceptedMs(project: string): number
  /** Takes down what the agent on a host says of its processes. */
  report(project: string, hostname: string, statuses: readonly ProcessStatus[]): Promise<void>
  /** Calls back after a document was accepted, here or by another server, or is gone. */
  watch(listener: (project: string) => void): void
  readonly agentSettings: Pick<AgentSettings, 'get' | 'put'>
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
  const agentSettings = await openAgentSettings(keeping, secrets)
  async function latest(project: string): Promise<Goal> {
    await goals.catchUp(project)
    return goals.get(project)
  }
  const status = (project: string) => statuses.of(project, goals.get(project))
  return {
    projects: goals.projects,
    goal: goals.get,
    latest,
    async put(project, document, actor) {
      const { goal, isNew } = await goals.put(project, document)
      if (isNew) {
        await events.record('AUTOMATION_CONFIG_PUBLISHED_AUDIT', { ...actor, groupId: project })
      }
      return goal
    },
    async plan(project, document) {
      const goal = await latest(project)
      return goalPlan(goal, status(project).processes, document, Date.now())
    },
    status,
    acceptedMs: goals.acceptedMs,
    async report(project, hostname, said) {
      const { version } = goals.get(project)
      const isAhead = said.some((status) => status.lastGoalVersionAchieved > version)
      if (isAhead) await goals.catchUp(project)
      await statuses.report(project, goals.get(project), hostname, said)
    },
    watch: goals.watch,
    agentSettings,
    async forget(project) {
      await goals.forget(project)
      await statuses.forget(project)
      await agentSettings.forget(project)
    },
  }
}
