import { createTransport } from '@gantry/client'
import { AGENTS_PREFIX } from '@gantry/server'
import { CommandFailure } from '../command.js'

/** Something that trying again does not mend. */
export class AgentRefused extends CommandFailure {}

/** The server did not do what was asked, and may do it later. */
export class NotNow extends Error {
  override readonly name = 'NotNow'
}

export interface LinkOptions {
  readonly url: string
  /** Certificates (PEM) to trust instead of the usual ones. */
  readonly ca?: string
  /** The agent API key. */
  readonly key: string
}

/** Calls of the agents' protocol. They reject with `AgentRefused`, `NotNow` or what the network says. */
export interface ServerLink {
  get<T>(path: string, query?: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<T>
  put(path: string, body: object, signal?: AbortSignal): Promise<void>
  close(): void
}

/** Opens no connection yet. Throws a `TypeError` for a URL that cannot be used. */
export function serverLink({ url, ca, key }: LinkOptions): ServerLink {
  const transport = createTransport({ url, ca })
  const authorization = `Bearer ${key}`

  async function call<T>(method: string, path: string, body: string, signal?: AbortSignal) {
    const type: Record<string, string> = body === '' ? {} : { 'content-type': 'application/json' }
    const headers = { authorization, accept: 'application/json', ...type }
    const request = { method, path: AGENTS_PREFIX + path, headers, body }
    const { status, text } = await transport.send(request, signal)
    const json = jsonIn(text)
    if (status === 200 && json !== undefined) return json as T
    throw failureOf(status, json as ErrorDocument | undefined, url)
  }

  return {
    get: (path, query, signal) =>
      call('GET', query ? `${path}?${new URLSearchParams(query)}` : path, '', signal),
    async put(path, body, signal) {
      await call('PUT', path, JSON.stringify(body), signal)
    },
    close: () => transport.close(),
  }
}

interface ErrorDocument {
  readonly errorCode?: string
  readonly detail?: string
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function failureOf(status: number, document: ErrorDocument | undefined, url: string): Error {
  const { errorCode, detail } = document ?? {}
  if (status === 401) {
    return new AgentRefused(
      `${url} does not take the agent API key: it is wrong, or has been deleted; make one with POST /groups/{groupId}/agentapikeys`,
    )
  }
  if (errorCode === 'ACCESS_FORBIDDEN') {
    return new AgentRefused(`${url} does not take a key over plain HTTP: give its https URL`)
  }
  // What stands between, such as a balancer, may answer anything while the server is away.
  if (errorCode === undefined) {
    return new NotNow(`it answers ${status}, and not as a Gantry server that knows of agents does`)
  }
  if (status === 400) return new AgentRefused(`${url} refuses: ${detail}`)
  return new NotNow(detail ?? errorCode)
}
