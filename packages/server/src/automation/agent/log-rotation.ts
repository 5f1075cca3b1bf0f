/** Log files of processes: begun anew when they are large or old, the old ones packed and removed. */
import { stat } from 'node:fs/promises'
import type { GoalProcess, JsonObject, LogRotation } from '../goal.js'
import { type KeptLog, listOldLogs, tidyOldLogs } from './old-logs.js'
import { asAgent, uriOfProcess } from './reach.js'
import type { Task } from './task.js'

/** How often it is looked whether there is something to do. */
const CHECK_MS = 60_000
const HOUR_MS = 3_600_000
const MIB = 1024 * 1024

interface WantedRotation {
  /** As the command `logRotate` calls the log. */
  readonly log: 'server' | 'audit'
  readonly path: string
  readonly rotation: LogRotation
}

/**
 * Sees to the logs of a process that is at its goal. Resolves with how long to wait until the
 * next time; undefined: nothing of the kind is wanted.
 */
export async function rotateLogs(task: Task): Promise<number | undefined> {
  const { ground, process } = task
  const wanted = rotationsOf(process)
  if (process.disabled || process.manualMode || wanted.length === 0) return undefined
  for (const each of wanted) {
    try {
      await rotateLog(task, each)
    } catch (error) {
      // The process is as it is wanted all the same, and the next check tries again.
      ground.warn(`${process.name}: its log was not rotated: ${(error as Error).message}`)
    }
  }
  return CHECK_MS
}

async function rotateLog(task: Task, { log, path, rotation }: WantedRotation): Promise<void> {
  const { ground, goal, process } = task
  const old = await listOldLogs(path)
  if (await isToRotate(path, rotation, old, ground.now())) {
    await asAgent(
      goal,
      (login) => uriOfProcess(goal, process, login),
      (deployment) => deployment.command('admin', { logRotate: log }),
    )
  }
  await tidyOldLogs(path, rotation)
}

function rotationsOf({ args2_6, logRotate, auditLogRotate }: GoalProcess): WantedRotation[] {
  const pathIn = (name: string) => {
    const { path, logRotate: how } = (args2_6[name] ?? {}) as JsonObject
    // With `reopen` somebody else puts the file aside.
    return typeof path === 'string' && how !== 'reopen' ? path : undefined
  }
  const [server, audit] = [pathIn('systemLog'), pathIn('auditLog')]
  return [
    ...(logRotate && server ? [{ log: 'server' as const, path: server, rotation: logRotate }] : []),
    ...(auditLogRotate && audit
      ? [{ log: 'audit' as const, path: audit, rotation: auditLogRotate }]
      : []),
  ]
}

/** Whether a log is as large or as old as it may become; 0 is no limit. */
async function isToRotate(
  path: string,
  { sizeThresholdMB, timeThresholdHrs }: LogRotation,
  old: readonly KeptLog[],
  now: number,
): Promise<boolean> {
  const file = await stat(path).catch(() => undefined)
  if (!file || file.size === 0) return false
  if (sizeThresholdMB > 0 && file.size >= sizeThresholdMB * MIB) return true
  const since = Math.max(file.birthtimeMs, ...old.map(({ rotatedMs }) => rotatedMs))
  return timeThresholdHrs > 0 && now - since >= timeThresholdHrs * HOUR_MS
}
