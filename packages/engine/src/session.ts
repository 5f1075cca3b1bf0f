/** One caller of the engine: a connection, or a part of the program that uses the engine in process. */
export interface Session {
  /** Counts up from 1 over the life of an engine; `connectionId` in replies. */
  readonly id: number
  /** The peer's address, when it came over a socket. */
  readonly address: string | undefined
  /** An internal session may do everything and needs no user. */
  readonly internal: boolean
}
