/**
 * Which agents there are, and when they were heard of. What is heard is counted in memory and
 * written down every few seconds, so that servers which share a state know of each other's.
 */
import type { Events } from '../events/events.js'
import type { Log } from '../log.js'
import type { Project } from '../projects/project.js'
import type { Keeping } from '../records.js'
import { refusal } from '../refusal.js'
import { type Agent, type AgentType, agentIdOf, isPresent } from './agent.js'
import { type AgentFacts, openSightings, type Sightings } from './sightings.js'
import { GANTRY_VERSION } from './versions.js'

/** An agent that this server is itself. */
export interface PlayedAgent {
  readonly type: AgentType
  /** Whether its loop runs. */
  runs(): boolean
  /** Whether it works for a project; missing: for all. */
  serves?(project: Project): boolean
  /** The names of hosts that no other automation agent of its projects may have. */
  readonly hostnames?: readonly string[]
}

/** The agents of all groups, and what they tell. */
export interface Agents {
  /** Those that work for a project, of servers first, then the oldest first. */
  ofProject(project: Project): readonly Agent[]
  /** Whether an agent was heard of a short while ago. */
  isPresent(agent: Agent): boolean
  /**
   * Notes that the automation agent of a host was heard of; `asks`: as it asked what to do.
   * Rejects with `conflict` while another one is at work under the same name.
   */
  heard(project: Project, facts: AgentFacts, asks: boolean): Promise<void>
  /** Says what this server does itself, once `start` was called. */
  play(agent: PlayedAgent): void
  /** Forgets those of a project, as it is gone. */
  forget(project: string): Promise<void>
  /** Resolves when this server's own are known. */
  start(): Promise<void>
  /** Looks who has gone, and writes down what was counted, as `start` does every few seconds. */
  tick(): Promise<void>
  /** Writes down what was counted. */
  stop(): Promise<void>
}

export interface AgentsOptions {
  readonly keeping: Keeping
  readonly events: Pick<Events, 'record'>
  readonly log: Log
  /** The id of this server, and what its machine calls itself. */
  readonly server: string
  readonly hostname: string
  readonly now?: () => number
}

/** So old may be what other servers know; well below the minute in which an agent counts as present. */
const TICK_MS = 15_000
/** An agent that was gone for so long will not come back. */
const FORGET_MS = 7 * 24 * 3_600_000
/** Of one project. */
const MOST_AGENTS = 1000

/** Reads what is kept of them. */
export async function openAgents(options: AgentsOptions): Promise<Agents> {
  const { keeping, log, now = Date.now } = options
  const sightings = await openSightings(keeping, now)
  const played: PlayedAgent[] = []
  const callers = callersFrom(options, sightings, played, now)
  let timer: NodeJS.Timeout | undefined

  async function tick(): Promise<void> {
    await pulse(options, sightings, played)
    callers.noticeGone()
    const old = sightings.all().filter(({ lastPingMs }) => now() - lastPingMs > FORGET_MS)
    for (const { id } of old) await sightings.delete(id)
    await flush()
  }

  function flush(): Promise<void> {
    return sightings.flush((err) => {
      log.warn({ err }, 'when agents were heard of could not be written down')
    })
  }

  function isFor({ type, project: own }: Agent, project: Project): boolean {
    if (own !== undefined) return own === project.id
    return played.find((each) => each.type === type)?.serves?.(project) ?? true
  }

  return {
    ofProject(project) {
      const all = sightings.all().filter((agent) => isFor(agent, project))
      const ofServers = all.filter(({ server }) => server !== undefined)
      return [...ofServers, ...all.filter(({ server }) => server === undefined)]
    },
    isPresent: (agent) => isPresent(agent, now()),
    heard: callers.heard,
    play: (agent) => void played.push(agent),
    async forget(project) {
      const all = sightings.all().filter((agent) => agent.project === project)
      for (const { id } of all) await sightings.delete(id)
    },
    async start() {
      const run = () =>
        tick().catch((err: unknown) => log.warn({ err }, 'agents could not be looked after'))
      timer ??= setInterval(run, TICK_MS).unref()
      await run()
    },
    tick,
    async stop() {
      clearInterval(timer)
      timer = undefined
      await flush()
    },
  }
}

/** What this server does itself is heard of like anything else. */
async function pulse(
  { server, hostname }: AgentsOptions,
  sightings: Sightings,
  played: readonly PlayedAgent[],
): Promise<void> {
  for (const { type } of played.filter((each) => each.runs())) {
    await sightings.count({ type, server, hostname }, { hostname, version: GANTRY_VERSION }, true)
  }
}

/** The agents of other hosts that talk to this server; their coming and going is told. */
function callersFrom(
  { events, log }: AgentsOptions,
  sightings: Sightings,
  played: readonly PlayedAgent[],
  now: () => number,
) {
  /** Throws unless an agent may come that was not there a moment ago. */
  function admit(project: Project, hostname: string): void {
    const isOurs = ({ runs, serves, hostnames = [] }: PlayedAgent) =>
      hostnames.includes(hostname) && runs() && (serves?.(project) ?? true)
    if (played.some(isOurs)) throw taken(hostname, ', that of the server itself,')
    const others = sightings.all().filter((agent) => agent.project === project.id)
    if (others.some((agent) => agent.hostname === hostname) || others.length < MOST_AGENTS) return
    throw refusal('TOO_MANY_AGENTS', project.id, String(MOST_AGENTS))
  }

  const talking = new Set<string>()
  return {
    async heard(project: Project, facts: AgentFacts, asks: boolean) {
      const { hostname, address } = facts
      const { id: groupId, org: orgId } = project
      const identity = { type: 'AUTOMATION', project: groupId, hostname } as const
      const id = agentIdOf(identity)
      const before = sightings.get(id)
      const wasPresent = before !== undefined && isPresent(before, now())
      if (!wasPresent) admit(project, hostname)
      else if (before.folderId !== facts.folderId) {
        throw taken(hostname, before.address === undefined ? '' : ` at ${before.address}`)
      }
      if (await sightings.count(identity, facts, asks)) {
        const from = address === undefined ? {} : { remoteAddress: address }
        await events.record('NEW_AGENT', { groupId, orgId, hostname, ...from })
        log.info(about(groupId, facts), 'an agent has come for the first time')
      } else if (before && !wasPresent) {
        log.info(about(groupId, facts), 'an agent is back')
      }
      talking.add(id)
    },
    noticeGone() {
      for (const id of talking) {
        const agent = sightings.get(id)
        if (agent && isPresent(agent, now())) continue
        talking.delete(id)
        if (!agent) continue
        log.warn(
          about(agent.project, agent),
          'an agent is gone: nothing was heard of it for a minute',
        )
      }
    },
  }
}

/** For the log, in which `hostname` is the server's own. */
function about(project: string | undefined, { hostname, version, address }: AgentFacts) {
  return { project, host: hostname, version, address }
}

function taken(hostname: string, who: string): Error {
  return refusal('AGENT_HOSTNAME_TAKEN', hostname, who)
}
