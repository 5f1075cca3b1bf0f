/**
 * The goals of one project, from its server over HTTP. While the server is away the agent goes on
 * with the goal that it knows, or that it knew when it was last at work.
 */
import type { AgentWelcome, GoalAnswer, GoalFeed, KnownVersions, ProjectGoal } from '@gantry/server'
import type { GoalFile } from './goal-file.js'
import { type Patience, patience } from './patience.js'
import { AgentRefused, type ServerLink } from './server-link.js'

export interface HttpFeedOptions {
  readonly link: ServerLink
  readonly hostname: string
  readonly agentVersion: string
  /** Tells this agent's folder from others. */
  readonly folder: string
  /** The id of the project that the key must be for; missing: whichever it is for. */
  readonly group?: string
  readonly file: GoalFile
  /** Told once, when the server has taken the key. */
  connected(welcome: AgentWelcome): void
  /** Told when the server is away or does not want to, and when that is over. */
  say(message: string): void
  /** How long to wait before trying again. */
  readonly between?: Patience
}

export interface HttpFeed extends GoalFeed {
  /** Rejects when there is nothing to be had from this server with this key. */
  readonly failed: Promise<never>
  /** From now on reports get a moment at most, as the agent is about to end. */
  hurry(): void
}

/** Below what proxies and the transport wait for a silent server. */
const WAIT_S = 20
const LAST_WORDS_MS = 2_000

export function openHttpFeed(options: HttpFeedOptions): HttpFeed {
  const { link, hostname, agentVersion, folder, file, say, between = patience() } = options
  const who = { hostname, agentVersion, folder }
  const ask = askerOf(options, who)
  const ending = new AbortController()
  const mood = moodOf(say)
  /** Whether a goal was had, from the server or from the last time. */
  let begun = false
  let fail: (error: Error) => void = () => {}
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject
  })
  // Whoever waits for it is told; nobody has to.
  failed.catch(() => {})

  async function kept(): Promise<readonly ProjectGoal[]> {
    if (begun) return []
    begun = true
    const last = await file.read()
    if (last) say(`going on with version ${last.goal.version} of the goal, which was kept`)
    return last ? [last] : []
  }

  return {
    failed,
    async next(known, signal) {
      while (!signal.aborted) {
        try {
          const goals = await ask(known, signal)
          mood.well()
          between.reset()
          begun = true
          return goals
        } catch (error) {
          if (signal.aborted) break
          if (error instanceof AgentRefused) {
            fail(error)
            await aborted(signal)
            break
          }
          mood.bad(error as Error)
        }
        const last = await kept()
        if (last.length > 0) return last
        await between.pause(signal)
      }
      return []
    },
    async report(_project, statuses) {
      try {
        await link.put('/status', { ...who, statuses }, ending.signal)
      } catch (error) {
        if (error instanceof AgentRefused) fail(error)
        throw error
      }
    },
    hurry() {
      setTimeout(() => ending.abort(), LAST_WORDS_MS).unref()
    },
  }
}

type Ask = (known: KnownVersions, signal: AbortSignal) => Promise<readonly ProjectGoal[]>

/** What asks the server once, after it was asked for whom the key is good. */
function askerOf(options: HttpFeedOptions, who: Readonly<Record<string, string>>): Ask {
  const { link, group, file, connected, say, hostname } = options
  let project: string | undefined

  async function meet(signal: AbortSignal): Promise<string> {
    const welcome = await link.get<AgentWelcome>('', undefined, signal)
    if (group !== undefined && welcome.project !== group) {
      throw new AgentRefused(
        `the agent API key is for the group ${welcome.project} (${welcome.projectName}), not for ${group}`,
      )
    }
    connected(welcome)
    return welcome.project
  }

  return async (known, signal) => {
    project ??= await meet(signal)
    const version = known.get(project)
    const already: Record<string, string> = version === undefined ? {} : { known: String(version) }
    const query = { ...who, wait: String(WAIT_S), ...already }
    const { goal } = await link.get<GoalAnswer>('/goal', query, signal)
    if (!goal) return []
    const names = new Set(goal.processes.map((process) => process.hostname))
    if (!names.has(hostname)) say(strange(hostname, goal.version, [...names]))
    await file.write({ project, goal }).catch((error: Error) => {
      say(`the goal could not be kept: ${error.message}`)
    })
    return [{ project, goal }]
  }
}

/** What is said where the goal has nothing for this host, which may be called otherwise there. */
function strange(hostname: string, version: number, others: readonly string[]): string {
  const nothing = `nothing in version ${version} of the goal is for this host, ${hostname}`
  if (others.length === 0) return `${nothing}: it has no processes`
  return `${nothing}; it names ${others.join(', ')}: give --hostname if one of these is meant`
}

/** Says once that something is wrong, and once that it is over. */
function moodOf(say: (message: string) => void) {
  let trouble: string | undefined
  return {
    bad({ message }: Error) {
      if (message !== trouble) say(`${message.replace(/\.$/, '')}; trying again`)
      trouble = message
    },
    well() {
      if (trouble !== undefined) say('the server is back')
      trouble = undefined
    },
  }
}

/** Resolves when a signal is aborted. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
