import type { Agent, AgentOptions } from './agent.js'

/** Begins to work, as `agent.ts` says; loads what is needed for it only now. */
export async function runAgent(options: AgentOptions): Promise<Agent> {
  const agent = await import('./agent.js')
  return agent.runAgent(options)
}
