import { createBell } from '../../automation/agent/bell.js'
import type { GoalFeed, KnownVersions, ProjectGoal } from '../../automation/agent/feed.js'
import { emptyGoal, type ProcessStatus } from '../../automation/goal.js'
import type { Agents } from '../agents/agents.js'
import type { Members } from '../members/members.js'
import type { Project } from '../projects/project.js'
import type { Projects } from '../projects/projects.js'
import type { Automation } from './automation.js'

/** For whom the server itself runs processes. */
export type AutomationMode = 'off' | 'owners' | 'all'

export interface OwnFeedOptions {
  readonly mode: AutomationMode
  readonly automation: Pick<Automation, 'projects' | 'goal' | 'report' | 'watch'>
  readonly projects: Pick<Projects, 'get'>
  readonly members: Pick<Members, 'isOwnedBy'>
  readonly agents: Pick<Agents, 'ofProject' | 'isPresent'>
}

/** The feed of the agent that is part of the server. */
export interface OwnFeed extends GoalFeed {
  /** Whether the agent works for a project. */
  serves(project: Project): boolean
  /** Calls back when there is a first process that the agent may be for. */
  whenNeeded(hostnames: readonly string[], call: () => void): void
}

/** Roles change without a new goal, and are looked at this often. */
const LOOK_MS = 15_000

export function ownFeed(options: OwnFeedOptions): OwnFeed {
  const { mode, automation, projects, members, agents } = options
  const bell = createBell()
  automation.watch(() => bell.ring())
  /** Of each project as it was handed over last. */
  const refusals = new Map<string, string | undefined>()

  const serves = ({ org }: Project) =>
    mode === 'all' || (mode === 'owners' && members.isOwnedBy(org, 'GLOBAL_AUTOMATION_ADMIN'))

  function refusalOf(id: string): string | undefined {
    const project = projects.get(id)
    return !project || serves(project) ? undefined : REFUSAL
  }

  function newsSince(known: KnownVersions): ProjectGoal[] {
    const there = automation.projects()
    // What is gone is let go.
    const gone = [...known].filter(([id, version]) => version !== 0 && !there.includes(id))
    const news: ProjectGoal[] = gone.map(([project]) => ({ project, goal: emptyGoal }))
    for (const project of there) {
      const goal = automation.goal(project)
      const refusal = refusalOf(project)
      if (known.get(project) === goal.version && refusals.get(project) === refusal) continue
      refusals.set(project, refusal)
      news.push({ project, goal, ...(refusal !== undefined && { refusal }) })
    }
    return news
  }

  /** Another agent speaks for its host where this one may not work. */
  function speaksFor(id: string, hostname: string): boolean {
    const project = projects.get(id)
    if (!project || serves(project)) return true
    const others = agents.ofProject(project).filter((agent) => agent.project === id)
    return !others.some((agent) => agent.hostname === hostname && agents.isPresent(agent))
  }

  return {
    serves,
    whenNeeded(hostnames, call) {
      let isCalled = false
      const look = () => {
        const isHere = ({ hostname }: { hostname: string }) => hostnames.includes(hostname)
        const isNeeded = automation
          .projects()
          .some((project) => automation.goal(project).processes.some(isHere))
        if (isCalled || !isNeeded) return
        isCalled = true
        call()
      }
      automation.watch(look)
      look()
    },
    async next(known, signal) {
      const ring = () => bell.ring()
      signal.addEventListener('abort', ring, { once: true })
      try {
        for (;;) {
          signal.throwIfAborted()
          const news = newsSince(known)
          if (news.length > 0) return news
          await bell.wait(LOOK_MS)
        }
      } finally {
        signal.removeEventListener('abort', ring)
      }
    },
    async report(project, statuses) {
      for (const [hostname, said] of byHost(statuses)) {
        if (speaksFor(project, hostname)) await automation.report(project, hostname, said)
      }
    },
  }
}

const REFUSAL =
  "the agent of this server works for organizations with an owner who holds GLOBAL_OWNER or GLOBAL_AUTOMATION_ADMIN (--automation): run gantry agent on the process's host instead"

function byHost(statuses: readonly ProcessStatus[]): Map<string, ProcessStatus[]> {
  const found = new Map<string, ProcessStatus[]>()
  for (const status of statuses) {
    found.set(status.hostname, [...(found.get(status.hostname) ?? []), status])
  }
  return found
}
