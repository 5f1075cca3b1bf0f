import { hostname } from 'node:os'
import type { Administration } from '../control/administration.js'
import { type Agents, openAgents } from '../control/agents/agents.js'
import { type OwnAgent, openOwnAgent } from '../open-agent.js'
import type { Base } from './base.js'

/** The agents that work for projects, and the one among them that is part of this server. */
export interface Automating {
  readonly agents: Agents
  readonly ownAgent: OwnAgent
}

/** Nobody works yet. */
export async function openAutomating(
  base: Base,
  administration: Administration,
): Promise<Automating> {
  const { config, dataDir, undo, engine, server, keeping, log } = base
  const agents = await openAgents({
    keeping,
    events: administration.events,
    log,
    server,
    hostname: hostname(),
  })
  undo.push(() => agents.stop())
  agents.play({
    type: 'MONITORING',
    runs: () => config.metricsIntervalMs > 0,
  })
  const ownAgent = openOwnAgent({ ...administration, config, dataDir, engine, agents, log })
  undo.push(() => ownAgent.stop())
  agents.play({
    type: 'AUTOMATION',
    runs: () => config.automation !== 'off',
    serves: ownAgent.serves,
    hostnames: ownAgent.hostnames,
  })
  return { agents, ownAgent }
}
