import type { HostLog } from '../../services/driver.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { ask, numberOf } from '../reply.js'
import { hostOf } from '../shards/shards.js'
import { type LogLine, readLogLine } from './log-line.js'

/** The log of a process that serves an instance. */
export interface ServerLog {
  /** The machine's name. */
  readonly host: string
  /** What the process is called, with the port of the instance where it has one. */
  readonly process: string
  readonly pid: number
  /** The latest lines, oldest first. */
  readonly lines: readonly LogLine[]
}

export interface Logs {
  /** At most so many lines of each process of an instance. */
  latest(instance: Instance, most: number): Promise<ServerLog[]>
  /** The same of each process of a cluster, whichever they are, by the names that it has for them. */
  ofCluster(instance: Instance, most: number): Promise<ProcessLog[]>
}

/** The log of a process of a cluster. */
export interface ProcessLog {
  /** `host:port`. */
  readonly host: string
  readonly kind: 'mongod' | 'mongos' | 'config'
  readonly lines: readonly LogLine[]
  /** How many lines it has written since it was started, as far as it says. */
  readonly total: number
}

/** Sections of `serverStatus` that take work and are not needed here. */
const ONLY_HEAD = { metrics: 0, locks: 0, repl: 0, catalogStats: 0 }

function serverLog({ host, process, pid, lines }: HostLog): ServerLog {
  const [name, port] = host.split(':')
  const of = port === undefined ? process : `${process}.${port}`
  return { host: name, process: of, pid, lines: lines.map(readLogLine) }
}

export function logsOf({ running, addressOf }: InstanceRegistry): Logs {
  return {
    async latest(instance, most) {
      const service = await running(instance, 'mongodb')
      const told = await service.logs?.(most)
      if (told) return told.map(serverLog)
      const { deployment } = service
      const { log } = Object.fromEntries(await ask(deployment, 'admin', { getLog: 'global' }))
      const server = await ask(deployment, 'admin', { serverStatus: 1, ...ONLY_HEAD })
      const [host, ownPort] = String(server.get('host')).split(':')
      const port = addressOf(instance)?.port ?? ownPort
      const name = String(server.get('process'))
      const lines = (Array.isArray(log) ? log : []).slice(-most)
      return [
        {
          host,
          process: port === undefined ? name : `${name}.${port}`,
          pid: numberOf(server.get('pid')),
          lines: lines.map((line) => readLogLine(String(line))),
        },
      ]
    },
    async ofCluster(instance, most) {
      const service = await running(instance, 'mongodb')
      const told = await service.logs?.(most)
      if (told) {
        return told.map(({ host, process, lines }) => ({
          host,
          kind: process === 'mongos' || process === 'config' ? process : 'mongod',
          lines: lines.map(readLogLine),
          total: lines.length,
        }))
      }
      const reply = await ask(service.deployment, 'admin', { getLog: 'global' })
      const log = reply.get('log')
      const lines = (Array.isArray(log) ? log : []).slice(-most)
      return [
        {
          host: hostOf(instance, addressOf(instance)),
          kind: 'mongod',
          lines: lines.map((line) => readLogLine(String(line))),
          total: numberOf(reply.get('totalLinesWritten')),
        },
      ]
    },
  }
}
