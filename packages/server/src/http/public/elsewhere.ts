/**
 * Calls about an instance that runs on another of the servers that share a state are made
 * there, with what this one knows of the caller; lists are answered wherever they are asked for.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Control } from '../../control/control.js'
import { CLIENT_HEADER, forward, isForwarded } from '../forward.js'
import { bodyOf } from '../receive-body.js'
import type { Transport } from './transport.js'

const BASE = 'x-gantry-base'

/** How a request came in to the server that sent it here; undefined when none has. */
export function transportThere(
  { headers }: Pick<IncomingMessage, 'headers'>,
  { servers }: Pick<Control, 'servers'>,
): Transport | undefined {
  if (!isForwarded({ headers }, servers)) return undefined
  return { address: String(headers[CLIENT_HEADER]), base: String(headers[BASE]) }
}

/**
 * Has another server answer a request; says whether it did. When that cannot be reached, what
 * is known here of it has to do for reading; anything else rejects with `unavailable`.
 */
export async function answeredBy(
  server: string,
  { servers }: Pick<Control, 'servers'>,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  { address = '', base }: Transport,
): Promise<boolean> {
  const told = { [CLIENT_HEADER]: address, [BASE]: base }
  try {
    await forward(servers, server, request, bodyOf(request), response, { told })
    return true
  } catch (error) {
    if (response.headersSent || !['GET', 'HEAD'].includes(request.method ?? '')) throw error
    return false
  }
}
