/** The servers that share a state, each by the id in its data directory. */
import { timingSafeEqual } from 'node:crypto'
import { DateTime } from '@gantry/bson'
import type { Secrets } from '../secrets.js'
import { type State, type Table, textIn, timeIn } from '../state.js'

export interface Server {
  readonly id: string
  /** Where the others reach its HTTP APIs. */
  readonly url: string
  readonly startedMs: number
  /** Where users reach the instances that run there, a name or an IP address; missing where none has said so. */
  readonly host?: string
}

export const servers: Table<Server> = {
  collection: 'servers',
  write: ({ id, url, startedMs, host }) => ({
    _id: id,
    url,
    started: DateTime.fromMs(startedMs),
    ...(host !== undefined && { host }),
  }),
  read: (doc) => ({
    id: textIn(doc, '_id'),
    url: textIn(doc, 'url'),
    startedMs: timeIn(doc, 'started'),
    ...(doc.has('host') && { host: textIn(doc, 'host') }),
  }),
}

export interface Servers {
  /** This one. */
  readonly id: string
  /** When it began; what was before is not in its memory. */
  readonly startedMs: number
  /** Says where this server, and the instances on it, can be reached from now on. */
  announce(url: string, host: string): Promise<void>
  /** Where another one was last to be reached; undefined when it was never heard of. */
  urlOf(id: string): Promise<string | undefined>
  /** Where users reach the instances of another one, as far as is known here. */
  hostOf(id: string): string | undefined
  /** Reads anew where all of them are. */
  reload(): Promise<void>
  /** What this server shows the others, to be known as one of them. */
  pass(): string
  /** Whether a text is the pass that another server has made a short while ago. */
  isPass(text: unknown): boolean
  /** What only servers with this state can make of a text, for one purpose; 20 bytes. */
  sign(text: string, purpose: string): Buffer
}

const PURPOSE = 'server'
const PASS = /^([^.]+\.(\d+))\.([^.]+)$/
/** Clocks may differ by so much. */
const PASS_MS = 300_000

export function serversIn(state: State, id: string, secrets: Secrets): Servers {
  const known = new Map<string, Server>()
  const startedMs = Date.now()
  const sign = (text: string) => secrets.sign(text, PURPOSE).toString('base64url')
  return {
    id,
    startedMs,
    sign: secrets.sign,
    pass() {
      const said = `${id}.${Date.now()}`
      return `${said}.${sign(said)}`
    },
    isPass(text) {
      const [, said, madeMs, signature] = PASS.exec(String(text)) ?? []
      if (said === undefined || Math.abs(Date.now() - Number(madeMs)) > PASS_MS) return false
      const wanted = Buffer.from(sign(said))
      const given = Buffer.from(signature)
      return wanted.length === given.length && timingSafeEqual(wanted, given)
    },
    announce: (url, host) => state.save(servers, { id, url, startedMs, host }),
    async urlOf(other) {
      const server = known.get(other) ?? (await state.find(servers, { _id: other }))
      if (server) known.set(other, server)
      return server?.url
    },
    hostOf: (other) => known.get(other)?.host,
    async reload() {
      for (const server of await state.list(servers)) known.set(server.id, server)
    },
  }
}
