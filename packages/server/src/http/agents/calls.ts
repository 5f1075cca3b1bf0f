/** What agents can call, each with what it takes. */
import type { BodyOf, Fields } from '@gantry/api'
import {
  type AgentWelcome,
  type GoalAnswer,
  LONGEST_WAIT_S,
} from '../../automation/agent-protocol.js'
import { goalForHost } from '../../automation/goal-for-host.js'
import type { AgentKey } from '../../control/agent-keys/agent-keys.js'
import { GANTRY_VERSION } from '../../control/agents/versions.js'
import type { Control } from '../../control/control.js'
import type { Project } from '../../control/projects/project.js'
import { refusal } from '../../control/refusal.js'
import { AppError } from '../../errors.js'
import { readQuery } from '../public/query.js'
import type { Json } from '../public/result.js'
import type { Changes } from './changes.js'
import { AGENT_CALLS, type Limits } from './limits.js'

/** A call of an agent whose key is good. */
export interface AgentCall {
  readonly control: Control
  readonly changes: Changes
  readonly limits: Limits
  readonly key: AgentKey
  readonly project: Project
  /** From where it comes. */
  readonly address: string | undefined
  readonly query: URLSearchParams
  readonly body: unknown
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
  /** Aborted when the server stops. */
  readonly closing: AbortSignal
  readonly now: () => number
}

export interface AgentRoute {
  readonly method: 'GET' | 'PUT'
  /** Behind the prefix, without a slash at the end. */
  readonly path: string
  /** Fields of the body, where there is one. */
  readonly body?: Fields
  readonly handle: (call: AgentCall) => Promise<Json> | Json
}

const required = true
const text = { type: 'string', required } as const
const integer = { type: 'integer', least: 0, required } as const
const reportFields = {
  hostname: text,
  agentVersion: text,
  folder: text,
  statuses: {
    type: 'array',
    required,
    items: {
      type: 'object',
      fields: {
        name: text,
        hostname: text,
        lastGoalVersionAchieved: integer,
        plan: { type: 'array', required, items: { type: 'string' } },
        errorCode: { type: 'integer', required },
        errorString: text,
      },
    },
  },
} as const satisfies Fields

const goalParameters = {
  hostname: { type: 'string', required },
  agentVersion: { type: 'string', required },
  folder: { type: 'string', required },
  /** The version that the agent knows; missing: none. */
  known: { type: 'integer' },
  /** For how many seconds it waits for another one. */
  wait: { type: 'integer' },
} as const

export const agentRoutes: readonly AgentRoute[] = [
  { method: 'GET', path: '', handle: welcome },
  { method: 'GET', path: '/goal', handle: nextGoal },
  { method: 'PUT', path: '/status', body: reportFields, handle: takeReport },
]

function welcome({ project: { id, name } }: AgentCall): Json {
  const answer: AgentWelcome = { project: id, projectName: name, serverVersion: GANTRY_VERSION }
  return { ...answer }
}

async function nextGoal(call: AgentCall): Promise<Json> {
  const { control, project, limits } = call
  const asked = readQuery(call.query, goalParameters) as {
    readonly [name in 'hostname' | 'agentVersion' | 'folder']: string
  } & { readonly [name in 'known' | 'wait']?: number }
  const { hostname, known, wait = 0 } = asked
  if (wait < 0 || wait > LONGEST_WAIT_S) throw refusal('INVALID_QUERY_PARAMETER', 'wait')
  await heard(call, asked, true)
  if (wait > 0 && control.automation.goal(project.id).version === known) {
    await limits.waiting(project.id, () => changed(call, known, wait * 1000))
  }
  const goal = control.automation.goal(project.id)
  const { version } = goal
  const answer: GoalAnswer = {
    project: project.id,
    version,
    ...(version !== known && { goal: goalForHost(goal, hostname) }),
  }
  return answer as unknown as Json
}

/** Resolves when there is another version than the known one, or after a while. */
async function changed(call: AgentCall, known: number, waitMs: number): Promise<void> {
  const { control, changes, project, key, signal, closing, now } = call
  const untilMs = now() + waitMs
  const either = AbortSignal.any([signal, closing])
  for (let leftMs = waitMs; leftMs > 0 && !signal.aborted; leftMs = untilMs - now()) {
    await changes.next(project.id, leftMs, either)
    if (closing.aborted) throw new AppError('unavailable', 'The server is shutting down.')
    // Another server, or somebody here, may have deleted the key.
    if (!control.agentKeys.has(key)) throw refusal('INVALID_AGENT_API_KEY')
    if (control.automation.goal(project.id).version !== known) return
  }
}

async function takeReport(call: AgentCall): Promise<Json> {
  const { control, project } = call
  const report = call.body as BodyOf<typeof reportFields>
  await heard(call, report, false)
  const statuses = report.statuses.map((status) => ({
    ...status,
    plan: status.plan.slice(0, LONGEST_PLAN),
    errorString: status.errorString.slice(0, LONGEST_ERROR),
  }))
  await control.automation.report(project.id, report.hostname, statuses)
  return {}
}

const LONGEST_PLAN = 100
const LONGEST_ERROR = 4000

const HOSTNAME = /^[\w.:-]{1,253}$/
const VERSION = /^[\w.+-]{1,40}$/
const FOLDER = /^[\w-]{1,64}$/

/** Notes that an agent is there, if what it says of itself makes sense. */
async function heard(
  { control, project, address, limits }: AgentCall,
  { hostname, agentVersion: version, folder: folderId }: Record<WhoFields, string>,
  asks: boolean,
): Promise<void> {
  if (!HOSTNAME.test(hostname)) throw refusal('INVALID_HOSTNAME', hostname)
  if (!VERSION.test(version)) throw refusal('INVALID_QUERY_PARAMETER', 'agentVersion')
  if (!FOLDER.test(folderId)) throw refusal('INVALID_QUERY_PARAMETER', 'folder')
  limits.count(`${project.id} ${hostname}`, AGENT_CALLS)
  const facts = { hostname, version, folderId, ...(address !== undefined && { address }) }
  await control.agents.heard(project, facts, asks)
}

type WhoFields = 'hostname' | 'agentVersion' | 'folder'
