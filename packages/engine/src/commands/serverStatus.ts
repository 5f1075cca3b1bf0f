import { hostname } from 'node:os'
import { DateTime, Double, RawValue, readName, someElement, valueSize } from '@gantry/bson'
import type { Reply } from '../engine.js'
import { arg, isTrue } from './args.js'
import { type CommandContext, command } from './command.js'
import { SERVER_VERSION } from './server-identity.js'
import * as data from './server-status/data.js'
import * as processes from './server-status/process.js'
import * as work from './server-status/work.js'

/** The sections in their order; those that say nothing come only when asked for. */
const sections: Readonly<Record<string, (context: CommandContext) => Reply>> = {
  asserts: work.asserts,
  catalogStats: data.catalogStats,
  connections: processes.connections,
  extra_info: processes.extraInfo,
  globalLock: work.globalLock,
  locks: work.locks,
  logicalSessionRecordCache: data.logicalSessionRecordCache,
  mirroredReads: data.mirroredReads,
  network: processes.network,
  opLatencies: work.opLatencies,
  opcounters: work.opcounters,
  opcountersRepl: work.opcountersRepl,
  repl: data.repl,
  security: processes.security,
  storageEngine: data.storageEngine,
  transactions: work.transactions,
  mem: processes.mem,
  metrics: work.metrics,
}

const onlyWhenAsked: ReadonlySet<string> = new Set(['mirroredReads'])

/** What the server is, does and has done. Each section can be left out, or asked for, by its name. */
export const serverStatus = command({
  name: 'serverStatus',
  help: 'What the server is, does and has done',
  access: { action: 'serverStatus', on: 'cluster' },
  takesAnything: true,
  args: { serverStatus: arg.any },
  run(context) {
    const asked = readChoices(context.message.body)
    const chosen = Object.entries(sections).filter(
      ([name]) => asked.get(name) ?? !onlyWhenAsked.has(name),
    )
    return {
      ...head(context),
      ...Object.fromEntries(chosen.map(([name, section]) => [name, section(context)])),
    }
  },
})

function head({ identity, session, now }: CommandContext): Reply {
  const uptimeMs = Math.max(0, now() - identity.startedMs)
  const port = session.serverAddress && /:(\d+)$/.exec(session.serverAddress)?.[1]
  return {
    host: port ? `${hostname()}:${port}` : hostname(),
    version: SERVER_VERSION,
    process: 'mongod',
    service: ['shard'],
    pid: BigInt(process.pid),
    uptime: new Double(Math.floor(uptimeMs / 1000)),
    uptimeMillis: BigInt(uptimeMs),
    uptimeEstimate: BigInt(Math.floor(uptimeMs / 1000)),
    localTime: DateTime.fromMs(now()),
  }
}

/** The sections that a command names, with whether it wants them. */
function readChoices(body: Buffer): ReadonlyMap<string, boolean> {
  const choices = new Map<string, boolean>()
  someElement(body, 0, (type, at, nameAt) => {
    choices.set(
      readName(body, nameAt),
      isTrue(new RawValue(body, type, at, valueSize(body, type, at))),
    )
    return false
  })
  return choices
}
