/** What servers that share a state ask each other, apart from requests that they send on. */
import { AppError } from '../../errors.js'
import type { Servers } from './servers.js'

/** Holds the pass of the server that asks, or sends a request on. */
export const PASS_HEADER = 'x-gantry-forwarded'
/** Where they are asked. */
export const PEER_PREFIX = '/peer'

const PATIENCE_MS = 2_500

/** The JSON that another server answers for a path. Rejects with `unavailable` when it does not. */
export async function askPeer(servers: Servers, server: string, path: string): Promise<unknown> {
  const url = await servers.urlOf(server)
  try {
    if (url === undefined) throw new Error('it was never started with this state')
    const response = await fetch(new URL(PEER_PREFIX + path, url), {
      headers: { [PASS_HEADER]: servers.pass() },
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    if (!response.ok) throw new Error(`it answers with status ${response.status}`)
    return await response.json()
  } catch (cause) {
    const reason = (cause as Error).message
    throw new AppError('unavailable', `server ${server} cannot be asked: ${reason}`, {}, { cause })
  }
}
