import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const gantry = fileURLToPath(new URL('../../packages/cli/bin/gantry.js', import.meta.url))
export const floorServer = fileURLToPath(new URL('./floor-server.js', import.meta.url))

/**
 * Starts a process that prints a line with `ready URL` when it serves. Answers with the URL,
 * the milliseconds until then, and `stop`.
 */
export function startServer(command, args) {
  const started = performance.now()
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    void ended.then((code) => reject(new Error(`${command} ${args[0]} ended with ${code}`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = /\bready (http\S+)$/.exec(line)?.[1]
      if (!url) return
      resolve({
        url,
        pid: child.pid,
        started,
        readyMs: performance.now() - started,
        async stop() {
          child.kill('SIGTERM')
          await ended
        },
      })
    })
  })
}

/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10

/** Milliseconds of processor time of a process, with those of its children; undefined where there is no /proc. */
export function processorMs(pid) {
  const rows = statRows()
  if (!rows) return undefined
  const sum = (id) => {
    const own = rows.get(id)
    if (!own) return 0
    const children = [...rows].filter(([, { parent }]) => parent === id)
    return children.reduce((total, [child]) => total + sum(child), own.ticks)
  }
  return sum(pid) * TICK_MS
}

function statRows() {
  try {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    return new Map(pids.flatMap((pid) => statRow(pid)))
  } catch {
    return undefined
  }
}

function statRow(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the program stands in brackets and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const ticks = [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0)
    return [[Number(pid), { parent: Number(fields[1]), ticks }]]
  } catch {
    // It has ended meanwhile.
    return []
  }
}

/** Megabytes (10^6 bytes) of memory that are resident for a process; undefined where there is no /proc. */
export function residentMb(pid) {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    return (Number(kib) * 1024) / 1e6
  } catch {
    return undefined
  }
}
