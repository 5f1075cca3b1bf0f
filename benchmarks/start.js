// How long a start takes on existing data: from the start of the process to the first answer, on the
// wall clock and in processor time, and what the idle process then holds in memory (Linux).
// `node benchmarks/start.js [--runs 10] [--command packages/cli/bin/gantry.js]`
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    command: {
      type: 'string',
      default: fileURLToPath(new URL('../packages/cli/bin/gantry.js', import.meta.url)),
    },
  },
})
const IDLE_MS = 2_000
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
const dataDir = mkdtempSync(join(tmpdir(), 'gantry-bench-start-'))
try {
  await startOnce() // makes the data
  const runs = []
  for (let run = 0; run < Number(values.runs); run++) runs.push(await startOnce())
  const load = loadavg()[0].toFixed(1)
  console.log(`${runs.length} starts on existing data, node ${process.version}, load ${load}`)
  for (const [name, unit] of Object.entries({ wall: 'ms', cpu: 'ms', resident: 'MB' })) {
    const sorted = runs.map((run) => run[name]).sort((a, b) => a - b)
    const median = sorted[sorted.length >> 1]
    console.log(`${name}: median ${median} ${unit}, from ${sorted[0]} to ${sorted.at(-1)}`)
  }
} finally {
  rmSync(dataDir, { recursive: true, force: true })
}

/** Starts, asks once, waits a bit for the memory to settle, and stops. */
async function startOnce() {
  const started = performance.now()
  const args = ['serve', '--port', '0', '--mongo-port', '0', '--data-dir', dataDir]
  const child = spawn(process.execPath, [values.command, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  try {
    const url = await readyUrl(child, ended)
    const { apiKey } = JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8'))
    const body = new URLSearchParams({ api_key: apiKey, doc: '{"_id":1}' })
    const response = await fetch(`${url}/db/test/collection/things/get`, { method: 'POST', body })
    await response.text()
    const wall = Math.round(performance.now() - started)
    const cpu = processorMs(child.pid)
    await sleep(IDLE_MS)
    return { wall, cpu, resident: residentMb(child.pid) }
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

function readyUrl(child, ended) {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = /^gantry ready.*?(https?:\/\/\S+)/.exec(line)?.[1]
      if (url) resolve(url)
    })
    void ended.then((code) => reject(new Error(`the server ended with status ${code}`)))
  })
}

/** User and system time so far, of all threads. */
function processorMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond
}

function residentMb(pid) {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]
  return Math.round(Number(kilobytes) / 1024)
}
