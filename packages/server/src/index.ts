export type { Agent, AgentOptions } from './automation/agent/agent.js'
export type { GoalFeed, KnownVersions, ProjectGoal } from './automation/agent/feed.js'
export { runAgent } from './automation/agent/run-agent.js'
export {
  AGENTS_PREFIX,
  type AgentReport,
  type AgentWelcome,
  type GoalAnswer,
} from './automation/agent-protocol.js'
export type { Goal, ProcessStatus } from './automation/goal.js'
export type { Config, ConfigOption } from './config.js'
export { ConfigError, configHelp, configOptions, readConfig } from './config.js'
export { GANTRY_VERSION } from './control/agents/versions.js'
export { lockDataDir } from './data-dir/lock.js'
export { readFileIfThere, writePrivateFile } from './data-dir/private-file.js'
export { keepId } from './data-dir/server-id.js'
export { AppError } from './errors.js'
export type { RunningServer } from './server.js'
export { start } from './server.js'
