import type { Doc } from '@gantry/bson'
import { type Authentication, noAuthentication } from './auth/authentication.js'

/** Where a session comes from. */
export interface SessionOrigin {
  /** The peer's address as `host:port`, when it came over a socket. */
  readonly address?: string
  /** The address as `host:port` under which the peer has reached this server, and others may. */
  readonly serverAddress?: string
  /** An internal session may do everything and needs no user. */
  readonly internal?: boolean
  /** Everybody may do everything, logged in or not: the server demands no credentials. */
  readonly unrestricted?: boolean
  /** Who has not logged in may make a user of `admin` while there is none at all. */
  readonly mayMakeFirstUser?: boolean
}

/** One caller of the engine: a connection, or a part of the program that uses the engine in process. */
export interface Session {
  /** Counts up from 1 over the life of an engine; `connectionId` in replies. */
  readonly id: number
  readonly address: string | undefined
  readonly serverAddress: string | undefined
  readonly internal: boolean
  readonly unrestricted: boolean
  readonly mayMakeFirstUser: boolean
  readonly authentication: Authentication
  /** What the client has said of itself in its first `hello`. */
  clientMetadata: Doc | undefined
  /** Called when the session ends, so that what waits on its behalf stops waiting. */
  readonly onEnd: Set<() => void>
}

export function createSession(id: number, origin: SessionOrigin = {}): Session {
  const { address, serverAddress, internal = false } = origin
  const { unrestricted = internal, mayMakeFirstUser = false } = origin
  return {
    id,
    address,
    serverAddress,
    internal,
    unrestricted,
    mayMakeFirstUser,
    authentication: noAuthentication(),
    clientMetadata: undefined,
    onEnd: new Set(),
  }
}

/** Tells everything that waits for the session that it has ended. */
export function endSession({ onEnd }: Session): void {
  for (const callback of onEnd) callback()
  onEnd.clear()
}
