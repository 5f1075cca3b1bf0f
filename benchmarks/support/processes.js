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
      const url = /\bready\b.*?(https?:\/\/\S+)/.exec(line)?.[1]
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

/** Milliseconds of processor time of a process and its children (Linux). */
export function processorMs(pid) {
  return family(pid).reduce((sum, { ticks }) => sum + ticks, 0) * TICK_MS
}

/** Megabytes (10^6 bytes) of memory that are resident for a process and its children (Linux). */
export function residentMb(pid) {
  return family(pid).reduce((sum, { id }) => sum + residentBytes(id), 0) / 1e6
}

function residentBytes(pid) {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
  return Number(kib ?? 0) * 1024
}

/** What is known of a process and of those below it. */
function family(pid) {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap(readStat)
  const below = (id) =>
    all.filter(({ parent }) => parent === id).flatMap((child) => [child, ...below(child.id)])
  return [...all.filter(({ id }) => id === pid), ...below(pid)]
}

function readStat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the program stands in brackets and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const ticks = [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0)
    return [{ id: Number(pid), parent: Number(fields[1]), ticks }]
  } catch {
    // It has ended meanwhile.
    return []
  }
}
