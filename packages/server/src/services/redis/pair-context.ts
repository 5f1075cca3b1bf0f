import { setTimeout as pause } from 'node:timers/promises'
import { freePort, isPortFree } from '../free-port.js'
import { createDoor, type Door } from './door.js'
import type { RedisNode } from './node.js'
import type { NodeConfig } from './node-config.js'
import { type NodeName, otherNode, type PairRecord, writePairRecord } from './pair-record.js'

/** What both processes are to be, whichever role they have. */
export type PairSettings = Pick<NodeConfig, 'maxMemoryMb' | 'password' | 'user'>

export interface PairOptions {
  /** Of the instance. */
  readonly folder: string
  readonly nodes: { readonly [N in NodeName]: RedisNode }
  readonly record: PairRecord
  readonly settings: PairSettings
  /** Told what happened by itself. */
  readonly warn: (message: string) => void
  /** How long a process may be silent before it is ended. */
  readonly silenceMs: number
}

/** What those who look after a pair share. */
export interface PairContext extends Omit<PairOptions, 'folder'> {
  /** As it is on disk. */
  readonly record: PairRecord
  settings: PairSettings
  /** How far the replica had come when the primary was last asked. */
  confirmed: number
  readonly door: Door
  primary(): RedisNode
  replica(): RedisNode
  /** The change is on disk when this resolves. */
  save(change: Partial<PairRecord>): Promise<void>
  /** What to start a node with; it gets another port when somebody has taken its own. */
  configOf(node: RedisNode, replicaOf?: number): Promise<NodeConfig>
  /** What a node that runs was started with. */
  configNow(node: RedisNode): NodeConfig
  readonly isStopping: () => boolean
  /** From now on everything comes to its end. */
  beginToStop(): void
  /** Resolves at once when the pair is being stopped. */
  waitFor(ms: number): Promise<void>
}

/** How long Redis may take to answer us. */
export const ASK_MS = 2_000

/** Grows with each failure in a row. */
export function retryMs(failures: number): number {
  return Math.min(100 * 2 ** failures, 10_000)
}

export function createContext({ folder, record: first, ...options }: PairOptions): PairContext {
  let record = first
  const stopping = new AbortController()
  const { nodes } = options

  async function save(change: Partial<PairRecord>): Promise<void> {
    const next = { ...record, ...change }
    await writePairRecord(folder, next)
    record = next
  }

  return {
    ...options,
    get record() {
      return record
    },
    confirmed: 0,
    door: createDoor(),
    primary: () => nodes[record.primary],
    replica: () => nodes[otherNode(record.primary)],
    save,
    async configOf(node, replicaOf) {
      const wanted = record.ports[node.name]
      const port = (await isPortFree(wanted)) ? wanted : await freePort()
      if (port !== wanted) await save({ ports: { ...record.ports, [node.name]: port } })
      return { ...this.settings, port, replicaOf, ownPassword: record.ownPassword }
    },
    configNow({ name }) {
      const { ports, ownPassword } = record
      return { ...this.settings, port: ports[name], replicaOf: undefined, ownPassword }
    },
    isStopping: () => stopping.signal.aborted,
    beginToStop: () => stopping.abort(),
    async waitFor(ms) {
      await pause(ms, undefined, { signal: stopping.signal }).catch(() => {})
    },
  }
}
