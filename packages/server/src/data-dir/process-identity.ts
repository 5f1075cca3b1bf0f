import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Whether there is a process with this number that has not ended; one that nobody waited for has. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return fieldsOf(pid)?.[STATE] !== 'Z'
}

/**
 * When a process started, in a form to compare only, as its number is given again after a
 * while; undefined where neither /proc nor `ps` tells.
 */
export function startOf(pid: number): string | undefined {
  const started = fieldsOf(pid)?.[START]
  if (started === undefined) return startByPs(pid)
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${started}`
  } catch {
    return undefined
  }
}

/** Places in `fieldsOf`. */
const STATE = 0
const START = 19

/** The fields of `/proc/PID/stat` behind the command's name, which stands in brackets and may hold anything. */
function fieldsOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

function startByPs(pid: number): string | undefined {
  // Where there is /proc a process that it does not show is not there.
  if (fieldsOf(process.pid) !== undefined) return undefined
  const options = { encoding: 'utf8', env: { LC_ALL: 'C', TZ: 'UTC' } } as const
  const { status, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], options)
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined
}
