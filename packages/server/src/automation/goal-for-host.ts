import type { Goal, GoalProcess, JsonObject } from './goal.js'

/** What an agent has to know of processes that are not its own, to bring them together. */
const shared = [
  'name',
  'processType',
  'version',
  'hostname',
  'featureCompatibilityVersion',
  'authSchemaVersion',
  'cluster',
  'disabled',
  'manualMode',
  'alias',
] as const

/** What agents need that have nothing to run. */
const open = ['version', 'replicaSets', 'sharding', 'options'] as const

/**
 * A goal document as the agent of a host gets it: of other hosts' processes where they listen
 * and what they belong to, and passwords and keys only if it has a process to use them for.
 */
export function goalForHost(goal: Goal, hostname: string): Goal {
  const processes = goal.processes.map((process) =>
    process.hostname === hostname ? process : ofAnotherHost(process),
  )
  const hasOwn = goal.processes.some((process) => process.hostname === hostname)
  if (hasOwn) return { ...goal, processes }
  return { ...pick(goal, open), processes } as unknown as Goal
}

function ofAnotherHost(process: GoalProcess): GoalProcess {
  const { net, replication, sharding } = process.args2_6 as { readonly [name: string]: JsonObject }
  const mode = (field: 'tls' | 'ssl') => (net?.[field] as JsonObject | undefined)?.mode
  const tls = mode('tls') ?? mode('ssl')
  const args2_6 = {
    net: {
      ...pick(net ?? {}, ['port', 'bindIp', 'bindIpAll']),
      ...(tls !== undefined && { tls: { mode: tls } }),
    },
    ...(replication && { replication }),
    ...(sharding && { sharding }),
  }
  return { ...pick(process, shared), args2_6 } as unknown as GoalProcess
}

function pick(from: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)))
}
