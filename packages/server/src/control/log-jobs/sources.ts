import type { InstanceRegistry } from '../instances/registry.js'
import { ask } from '../reply.js'
import type { Host } from '../topology/host.js'
import type { LogType } from './log-job.js'

/** As many as a process is asked for, of which those are taken that are wanted. */
const MOST_LINES = 200_000

/** The log of a process as it wrote it, the oldest line first. Rejects when it cannot be had. */
export async function linesOf(registry: InstanceRegistry, host: Host): Promise<readonly string[]> {
  const { instance, port, hostname } = host
  if (instance) {
    const service = await registry.running(instance, 'mongodb')
    const told = await service.logs?.(MOST_LINES)
    const names = [`${hostname}:${port}`, ...(told?.length === 1 ? [told[0].host] : [])]
    const own = told?.find((log) => names.includes(log.host) || log.host.endsWith(`:${port}`))
    if (own) return own.lines
  }
  const reply = await ask(await host.open(), 'admin', { getLog: 'global' })
  const log = reply.get('log')
  return Array.isArray(log) ? log.map(String) : []
}

/** Why there is no log of a kind; undefined when there is one. */
export const absent: { readonly [Type in LogType]?: string } = {
  AUTOMATION_AGENT:
    'Gantry keeps no log of its agents: it writes to the standard error of gantry serve and gantry agent.',
  MONITORING_AGENT:
    'There is no monitoring agent here: gantry serve monitors, and writes to its standard error.',
  BACKUP_AGENT:
    'There is no backup agent here: gantry serve makes backups, and writes to its standard error.',
  FTDC: 'Diagnostic data (FTDC) is not collected here.',
}
