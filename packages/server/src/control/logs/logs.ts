import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { ask, numberOf } from '../reply.js'
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
}

/** Sections of `serverStatus` that take work and are not needed here. */
const ONLY_HEAD = { metrics: 0, locks: 0, repl: 0, catalogStats: 0 }

export function logsOf({ mongodb, addressOf }: InstanceRegistry): Logs {
  return {
    async latest(instance, most) {
      const deployment = await mongodb(instance)
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
  }
}
