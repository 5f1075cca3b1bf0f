import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Agent } from './automation/agent/agent.js'
import { runAgent } from './automation/agent/run-agent.js'
import type { Config } from './config.js'
import { type OwnFeedOptions, ownFeed } from './control/automation/own-feed.js'
import type { Log } from './control/log.js'
import type { Project } from './control/projects/project.js'

/** The automation agent that is part of the server. */
export interface OwnAgent {
  /** What its machine is called in goal documents. */
  readonly hostnames: readonly string[]
  /** Whether it works for a project. */
  serves(project: Project): boolean
  /** From now on it works, once there is something to do. */
  begin(): void
  /** Gives its processes up; they go on. */
  stop(): Promise<void>
}

export interface OwnAgentOptions extends Omit<OwnFeedOptions, 'mode'> {
  readonly config: Config
  readonly dataDir: string
  /** The embedded engine as a command; undefined: there is none. */
  readonly engine: readonly string[] | undefined
  readonly log: Log
}

/** Nothing of the agent is loaded before there is a process for it. */
export function openOwnAgent(options: OwnAgentOptions): OwnAgent {
  const { config, dataDir, engine, log } = options
  const feed = ownFeed({ ...options, mode: config.automation })
  const hostnames = hostnamesOf(config)
  const folder = join(dataDir, 'automation')
  let isStopped = false
  let opening: Promise<Agent | undefined> | undefined

  async function open(): Promise<Agent | undefined> {
    if (isStopped) return undefined
    return runAgent({
      hostnames,
      folder,
      feed,
      programs: { mongod: config.mongod, mongos: config.mongos, ...(engine && { engine }) },
      forbidden: { folder: dataDir, except: join(folder, 'data') },
      warn: (message) => log.warn({}, `automation: ${message}`),
    })
  }

  return {
    hostnames,
    serves: feed.serves,
    begin() {
      if (config.automation === 'off') return
      feed.whenNeeded(hostnames, () => {
        opening ??= open().catch((err: unknown) => {
          log.error({ err }, 'the automation agent cannot be started')
          return undefined
        })
      })
    },
    async stop() {
      isStopped = true
      await (await opening)?.stop()
    },
  }
}

/** The names of this machine in goal documents. */
function hostnamesOf({ agentHostnames, state }: Config): readonly string[] {
  const given = (agentHostnames ?? '').split(',').map((name) => name.trim())
  // Each of several servers has these, and only one could be meant.
  const own = state === undefined ? LOOPBACK : []
  return [...new Set([hostname(), ...own, ...given])].filter((name) => name !== '')
}

const LOOPBACK = ['localhost', '127.0.0.1', '::1']
