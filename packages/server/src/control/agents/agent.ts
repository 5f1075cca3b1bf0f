import { createHash } from 'node:crypto'
import { DateTime, ObjectId } from '@gantry/bson'
import type { Kept } from '../records.js'
import {
  idIn,
  numberIn,
  optionalIdIn,
  optionalTextIn,
  type Table,
  textIn,
  timeIn,
} from '../state.js'

/** What agents do; nothing here needs one of the kind `BACKUP`. */
export const agentTypes = ['AUTOMATION', 'MONITORING', 'BACKUP'] as const

export type AgentType = (typeof agentTypes)[number]

/** Whose agent it is, and where. */
export interface AgentIdentity {
  readonly type: AgentType
  /** The project that it works for; undefined: it is part of a server, and works for all. */
  readonly project?: string
  /** The server that it is part of. */
  readonly server?: string
  readonly hostname: string
}

/** An agent, and what is remembered of when it was heard of. */
export interface Agent extends Kept, AgentIdentity {
  readonly version: string
  /** From where it was heard of last. */
  readonly address?: string
  /** Drawn by the agent for its folder, and so the same after it was started again. */
  readonly folderId?: string
  /** How often it asked for what it shall do. */
  readonly confCount: number
  readonly lastConfMs: number
  /** How often it was heard of. */
  readonly pingCount: number
  readonly lastPingMs: number
}

/** An agent that was not heard of for so long is taken to be gone. */
export const PRESENT_MS = 60_000

/** Whether an agent has been heard of lately. */
export function isPresent({ lastPingMs }: Pick<Agent, 'lastPingMs'>, nowMs: number): boolean {
  return nowMs - lastPingMs < PRESENT_MS
}

/** The same for the same agent, so that servers which share a state make one record of it. */
export function agentIdOf({ type, project, server, hostname }: AgentIdentity): string {
  const owner = project === undefined ? `server ${server}` : `project ${project} ${hostname}`
  return createHash('sha256').update(`${type} agent of ${owner}`).digest('hex').slice(0, 24)
}

export const agentTable: Table<Agent> = {
  collection: 'agents',
  write: ({ id, project, createdMs, lastConfMs, lastPingMs, ...rest }) => ({
    _id: new ObjectId(id),
    ...(project !== undefined && { project: new ObjectId(project) }),
    ...rest,
    lastConf: DateTime.fromMs(lastConfMs),
    lastPing: DateTime.fromMs(lastPingMs),
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => {
    const project = optionalIdIn(doc, 'project')
    const texts = ['server', 'address', 'folderId'].map((name) => [name, optionalTextIn(doc, name)])
    return {
      id: idIn(doc, '_id'),
      type: textIn(doc, 'type') as AgentType,
      hostname: textIn(doc, 'hostname'),
      version: textIn(doc, 'version'),
      confCount: numberIn(doc, 'confCount'),
      lastConfMs: timeIn(doc, 'lastConf'),
      pingCount: numberIn(doc, 'pingCount'),
      lastPingMs: timeIn(doc, 'lastPing'),
      createdMs: timeIn(doc, 'created'),
      ...(project !== undefined && { project }),
      ...Object.fromEntries(texts.filter(([, value]) => value !== undefined)),
    }
  },
}
