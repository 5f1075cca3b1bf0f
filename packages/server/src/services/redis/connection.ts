import { isIP } from 'node:net'
import { AppError } from '../../errors.js'

/** What a server answers: texts and whole numbers, absent values, lists of these. */
export type Reply = string | number | null | readonly Reply[]

export interface RedisAddress {
  readonly host: string
  readonly port: number
}

/** How to sign in at a server. */
export interface RedisLogin {
  /** Undefined: the user `default`. */
  readonly username?: string
  /** Undefined: whoever connects is let in. */
  readonly password?: string
  readonly tls?: RedisTls
}

export interface RedisTls {
  /** Certificates to trust instead of those that Node.js does (PEM). */
  readonly ca?: string
  /** Off: any certificate will do. */
  readonly verify: boolean
}

/** A connection that is never made again by itself: who needs another one asks for it. */
export interface RedisConnection {
  /**
   * Rejects with `database` when the server refuses, its code (`LOADING`, `BUSY`) as code name,
   * and with `unavailable` when it does not answer in time, which also ends the connection.
   */
  command(args: readonly string[], timeoutMs?: number): Promise<Reply>
  /** Whether it is open as far as we know. */
  isOpen(): boolean
  /** At once; what is under way rejects. */
  close(): void
}

const TIMEOUT_MS = 5_000

/** Rejects with `unavailable` when nobody answers there, and with `database` when the login is refused. */
export async function connectRedis(
  { host, port }: RedisAddress,
  { username, password, tls }: RedisLogin,
  timeoutMs = TIMEOUT_MS,
): Promise<RedisConnection> {
  // Most servers have no Redis, and need not load what speaks to one.
  const { createClient, ErrorReply } = await import('./client-library.js')
  const client = createClient({
    // Replies in the older form are the same in all versions, and need no handshake.
    RESP: 2,
    username,
    password,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    socket: {
      host,
      port,
      connectTimeout: timeoutMs,
      reconnectStrategy: false,
      ...(tls && tlsOptions(host, tls)),
    },
  })
  // Failures are told to those who wait for an answer.
  client.on('error', () => {})
  const where = `Redis at ${host}:${port}`

  function failure(error: unknown): AppError {
    if (error instanceof AppError) return error
    const { message } = error as Error
    if (error instanceof ErrorReply) {
      const codeName = /^[A-Z]+/.exec(message)?.[0]
      return new AppError('database', message, { codeName }, { cause: error })
    }
    return new AppError('unavailable', `${where} does not answer: ${message}`, {}, { cause: error })
  }

  async function within<T>(answer: Promise<T>, ms: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new AppError('unavailable', `${where} has not answered for ${ms / 1000} s`))
      }, ms)
    })
    try {
      return await Promise.race([answer, late])
    } catch (error) {
      // What comes late must not be taken for the answer to something else.
      if (!(error instanceof ErrorReply)) destroy()
      throw failure(error)
    } finally {
      clearTimeout(timer)
      answer.catch(() => {})
    }
  }

  function destroy(): void {
    if (client.isOpen) client.destroy()
  }

  try {
    await within(client.connect(), timeoutMs)
  } catch (error) {
    destroy()
    throw error
  }
  return {
    command: (args, ms = TIMEOUT_MS) => within(client.sendCommand<Reply>(args), ms),
    isOpen: () => client.isReady,
    close: destroy,
  }
}

function tlsOptions(host: string, { ca, verify }: RedisTls) {
  // An address is no name that a certificate could be asked for.
  const servername = isIP(host) ? undefined : host
  return { tls: true as const, ca, rejectUnauthorized: verify, servername }
}
