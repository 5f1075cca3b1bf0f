export type { CommandMessage, Engine, Reply } from './engine.js'
export { CommandError, type ErrorCodeName, errorCodes } from './errors.js'
export type { Session } from './session.js'
