import { mkdir } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { basename } from 'node:path'
import { AppError } from '../../errors.js'
import {
  type DriverConnection,
  type HostLog,
  PLAIN_AND_TLS,
  type RedisNodeStatus,
  type RunningRedis,
  type ServiceDriver,
  type ServiceSpec,
} from '../driver.js'
import { freePort } from '../free-port.js'
import { pipeTo } from '../pipe.js'
import { backUpNode, keyCounts, layBackup } from './backup.js'
import { infoNumber, infoNumbers } from './info.js'
import { openNode, type RedisNode } from './node.js'
import { openPair, type Pair } from './pair.js'
import type { PairSettings } from './pair-context.js'
import { newPairRecord, readPairRecord, writePairRecord } from './pair-record.js'
import { findRedisProgram } from './program.js'
import { isPrimary } from './replication.js'
import { readSlowLog } from './slow-log.js'

export interface ManagedRedisOptions {
  /** The program to run; undefined: `redis-server` or `valkey-server` of the PATH. */
  readonly program?: string
  /** Told of what happens without anybody asking for it, such as a failover. */
  readonly warn?: (message: string) => void
  /** How long a process may be silent before it is ended. Default: 15 seconds. */
  readonly silenceMs?: number
}

const SILENCE_MS = 15_000
/** How long a new instance may take until its replica follows; it serves without, too. */
const FIRST_SYNC_MS = 10_000

/** Redis as processes of ours: a primary and a replica that takes over when the primary ends. */
export function managedRedis({
  program: named,
  warn = () => {},
  silenceMs = SILENCE_MS,
}: ManagedRedisOptions = {}): ServiceDriver<RunningRedis> {
  return {
    service: 'redis',
    mode: 'managed',
    ports: PLAIN_AND_TLS,
    async check() {
      await findRedisProgram(named)
    },
    async start(spec, { folder }) {
      const program = await findRedisProgram(named)
      await mkdir(folder, { recursive: true, mode: 0o700 })
      let record = await readPairRecord(folder)
      const isNew = record === undefined
      if (!record) {
        record = newPairRecord({ a: await freePort(), b: await freePort() })
        await writePairRecord(folder, record)
      }
      const nodes = {
        a: await openNode({ name: 'a', folder, program }),
        b: await openNode({ name: 'b', folder, program }),
      }
      const settings = settingsOf(spec)
      const pair = await openPair({
        folder,
        nodes,
        record,
        settings,
        // The folder is named by the instance's id.
        warn: (message) => warn(`Redis instance ${basename(folder)}: ${message}`),
        silenceMs,
      })
      if (isNew) await untilInSync(pair)
      return runningOver(pair, spec)
    },
  }
}

function settingsOf({ plan, password, user }: ServiceSpec): PairSettings {
  return { maxMemoryMb: plan, password, user }
}

async function untilInSync(pair: Pair): Promise<void> {
  const deadline = Date.now() + FIRST_SYNC_MS
  while (!pair.inSync && Date.now() < deadline) {
    pair.wake()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function runningOver(pair: Pair, first: ServiceSpec): RunningRedis {
  let spec = first

  async function primary(): Promise<RedisNode> {
    if (!pair.serving) throw new AppError('unavailable', 'Redis has no primary at this moment')
    return pair.primary()
  }

  async function statusOf(node: RedisNode): Promise<RedisNodeStatus[]> {
    if (!node.run) return []
    const info = await node.info(['everything']).catch(() => undefined)
    return info ? [{ host: hostOf(node), isPrimary: isPrimary(info), info }] : []
  }

  async function nodes(): Promise<RedisNodeStatus[]> {
    return (await Promise.all(Object.values(pair.nodes).map(statusOf))).flat()
  }

  return {
    async health() {
      await (await primary()).command(['PING'])
    },
    stop: () => pair.stop(),
    accept: (socket) => acceptOver(pair, socket),
    nodes,
    async statistics() {
      return (await nodes()).map(({ host, info }) => ({ host, values: infoNumbers(info) }))
    },
    logs: (count) => Promise.all(Object.values(pair.nodes).map((node) => logOf(node, count))),
    async setting(name) {
      const reply = await (await primary()).command(['CONFIG', 'GET', name])
      return Array.isArray(reply) && reply.length > 1 ? String(reply[1]) : undefined
    },
    async slowLog(count) {
      return readSlowLog(await (await primary()).command(['SLOWLOG', 'GET', String(count)]))
    },
    async usedBytes() {
      return infoNumber(await (await primary()).info(['memory']), 'memory', 'used_memory')
    },
    async resize(next) {
      if (next.plan < spec.plan) {
        throw new AppError('invalid', `Redis can only grow: ${spec.plan} MB is its size now`)
      }
      await pair.change(settingsOf(next))
      spec = next
    },
    async backup(files, options) {
      // The replica can write snapshots without slowing anybody down, if it has everything.
      const source = pair.inSync ? await caughtUp(pair) : await primary()
      return backUpNode(source, files, options)
    },
    async restore(files, options) {
      await pair.replaceData((data) => layBackup(files, data, options))
      return { counts: keyCounts(await (await primary()).info(['keyspace'])), warnings: [] }
    },
  }
}

const CATCH_UP_MS = 10_000

/** The replica with all that the primary has answered until now; the primary where that takes long. */
async function caughtUp(pair: Pair): Promise<RedisNode> {
  const node = pair.replica()
  const offset = async (of: RedisNode, field: string) =>
    infoNumber(await of.info(['replication']), 'replication', field)
  const wanted = await offset(pair.primary(), 'master_repl_offset')
  const deadline = Date.now() + CATCH_UP_MS
  while (pair.inSync && node.run && Date.now() < deadline) {
    if ((await offset(node, 'slave_repl_offset')) >= wanted) return node
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return pair.primary()
}

async function logOf(node: RedisNode, count: number): Promise<HostLog> {
  const lines = await node.log(count)
  return { host: hostOf(node), process: 'redis-server', pid: node.run?.identity.pid ?? 0, lines }
}

function hostOf({ port }: RedisNode): string {
  return `127.0.0.1:${port}`
}

/** A client that comes while nobody serves waits until somebody does. */
function acceptOver(pair: Pair, socket: Socket): DriverConnection {
  const { serving } = pair
  if (serving) return pipeTo(socket, serving)
  let piped: DriverConnection | undefined
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  pair.whenServing().then(
    (address) => {
      if (!socket.destroyed) piped = pipeTo(socket, address)
    },
    () => socket.destroy(),
  )
  return {
    end: () => (piped ? piped.end() : void socket.destroy()),
    destroy: () => (piped ? piped.destroy() : void socket.destroy()),
    closed,
  }
}
