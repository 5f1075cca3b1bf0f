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
}

export const servers: Table<Server> = {
  collection: 'servers',
  write: ({ id, url, startedMs }) => ({ _id: id, url, started: DateTime.fromMs(startedMs) }),
  read: (doc) => ({
    id: textIn(doc, '_id'),
    url: textIn(doc, 'url'),
    startedMs: timeIn(doc, 'started'),
  }),
}

export interface Servers {
  /** This one. */
  readonly id: string
  /** Says where this server can be reached from now on. */
  announce(url: string): Promise<void>
  /** Where another one was last to be reached; undefined when it was never heard of. */
  urlOf(id: string): Promise<string | undefined>
  /** Reads anew where all of them are. */
  reload(): Promise<void>
  /** What this server shows the others, to be known as one of them. */
  pass(): string
  /** Whether a text is the pass that another server has made a short while ago. */
  isPass(text: unknown): boolean
}

const PURPOSE = 'server'
const PASS = /^([^.]+\.(\d+))\.([^.]+)$/
/** Clocks may differ by so much. */
const PASS_MS = 300_000

export function serversIn(state: State, id: string, secrets: Secrets): Servers {
  const known = new Map<string, string>()
  const sign = (text: string) => secrets.sign(text, PURPOSE).toString('base64url')
  return {
    id,
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
    announce: (url) => state.save(servers, { id, url, startedMs: Date.now() }),
    async urlOf(other) {
      const url = known.get(other) ?? (await state.find(servers, { _id: other }))?.url
      if (url !== undefined) known.set(other, url)
      return url
    },
    async reload() {
      for (const server of await state.list(servers)) known.set(server.id, server.url)
    },
  }
}
