import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressSet } from '../addresses/address-range.js'
import { readConfig } from '../config.js'
import type { Control } from '../control/control.js'
import { publishCredentials } from '../control/first-start.js'
import { buildApp } from '../http/app.js'
import type { PublicOptions } from '../http/public/options.js'
import { openControl } from '../open-control.js'
import { type Credentials, digestClient, type Reply, type Sent } from './digest-client.js'

/** What a call says beside method and path. */
export interface PublicCall {
  /** Sent as JSON. */
  readonly body?: unknown
  readonly as?: Credentials
  readonly status?: number
  readonly headers?: Sent['headers']
}

/** The Public API behind a socket, over a data directory of its own. */
export interface PublicApp {
  readonly control: Control
  /** Scheme, host and port. */
  readonly origin: string
  /** What links begin with. */
  readonly base: string
  /** The key of the first start. */
  readonly owner: Credentials
  /** The clock of the API and of alerts, in milliseconds; alerts are evaluated only when a test says so. */
  readonly clock: { now: number }
  /** Calls a path behind the prefix, as the owner unless `as` says otherwise; checks the status if one is given. */
  call(method: string, path: string, call?: PublicCall): Promise<Reply>
  /** As `call`, with a body of any kind. */
  raw(method: string, path: string, sent: Pick<Sent, 'headers' | 'body'>): Promise<Reply>
  /** What a GET answers, which must be 200. */
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it
  get(path: string, as?: Credentials): Promise<any>
  close(): Promise<void>
}

export const PREFIX = '/api/public/v1.0'

export async function openPublicApp(
  options: Partial<PublicOptions> = {},
  proxies?: AddressSet,
): Promise<PublicApp> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-public-'))
  const config = readConfig(
    ['--data-dir', folder, '--log-level', 'silent', '--alert-interval', '0'],
    {},
  )
  const undo: (() => Promise<void>)[] = []
  const clock = { now: Date.UTC(2026, 0, 5, 12, 0, 1) }
  const { control, begin } = await openControl(config, folder, undo, { now: () => clock.now })
  await begin('http://127.0.0.1:1')
  const credentials = await publishCredentials(folder, { url: 'http://none' })
  assert.ok(credentials)
  const publicApi = { rateLimit: 0, now: () => clock.now, ...options }
  const app = await buildApp({ control, logLevel: 'silent', resultLimit: 0, proxies, publicApi })
  const server = createServer(app.handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const agent = new Agent({ keepAlive: true })
  const clients = new Map<string, ReturnType<typeof digestClient>>()

  const clientOf = (who: Credentials) => {
    const client = clients.get(who.privateKey) ?? digestClient(who, agent)
    clients.set(who.privateKey, client)
    return client
  }
  const call: PublicApp['call'] = async (method, path, { body, as, status, headers } = {}) => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const reply = await clientOf(as ?? credentials)(`${origin}${PREFIX}${path}`, {
      method,
      headers: { ...(text !== undefined && lengthAndType(text)), ...headers },
      body: text,
    })
    if (status !== undefined) assert.equal(reply.status, status, reply.text)
    return reply
  }
  return {
    control,
    origin,
    base: origin + PREFIX,
    owner: credentials,
    clock,
    call,
    raw: (method, path, sent) => clientOf(credentials)(origin + PREFIX + path, { method, ...sent }),
    get: async (path, as) => (await call('GET', path, { as, status: 200 })).json,
    async close() {
      agent.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await app.close()
      for (const step of undo.reverse()) await step()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Said of every method alike, also of those that usually have no body. */
function lengthAndType(text: string) {
  return { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
}

/** Fails unless a reply is this refusal. */
export function refused(reply: Reply, status: number, code: string): void {
  assert.equal(reply.status, status, reply.text)
  assert.equal(reply.json.errorCode, code)
}
