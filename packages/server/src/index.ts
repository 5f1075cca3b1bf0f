export type { Config } from './config.js'
export { ConfigError, configHelp, readConfig } from './config.js'
export type { RunningServer } from './server.js'
export { start } from './server.js'
