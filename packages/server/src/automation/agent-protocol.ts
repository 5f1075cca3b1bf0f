/**
 * What agents of further hosts and the server say to each other. An agent shows a key of its
 * project as a bearer token, asks for the goal, waits for the next one, and says how far it is.
 */
import type { Goal, ProcessStatus } from './goal.js'

/** Where the paths of the agents' protocol begin. */
export const AGENTS_PREFIX = '/api/agents/v1.0'

/** The longest that an agent may ask to wait for a change; proxies cut off what is silent for a minute. */
export const LONGEST_WAIT_S = 25

/** What `GET /` answers: for whom a key is good. */
export interface AgentWelcome {
  /** The id of the project. */
  readonly project: string
  readonly projectName: string
  readonly serverVersion: string
}

/** What `GET /goal` answers. */
export interface GoalAnswer {
  readonly project: string
  readonly version: number
  /** As far as it concerns the agent's host; missing: the agent knows it. */
  readonly goal?: Goal
}

/** What `PUT /status` takes. */
export interface AgentReport {
  readonly hostname: string
  readonly agentVersion: string
  readonly folder: string
  readonly statuses: readonly ProcessStatus[]
}
