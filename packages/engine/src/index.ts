export {
  createCredential,
  type Mechanism,
  passwordFits,
  type ScramCredential,
} from './auth/credential.js'
export type { DataSnapshot, SnapshotChunk, SnapshotCollection } from './data-snapshot.js'
export type { CommandMessage, Engine, Reply } from './engine.js'
export { CommandError, type ErrorCodeName, errorCodes, nameOfCode } from './errors.js'
export type { LogEntry } from './observe/log.js'
export { type EngineOptions, type FolderEngine, openEngine } from './open-engine.js'
export type { Session, SessionOrigin } from './session.js'
export type { Connection, ConnectionOptions } from './wire/connection.js'
export {
  type Listener,
  type ListenOptions,
  listen,
  type ServeOptions,
  serveSocket,
} from './wire/listener.js'
