// How long a start takes on existing data: from the start of the process to the first answer, on the
// wall clock and in processor time, and what the idle process then holds in memory (Linux). Beside
// `gantry serve`: `npm start` with everything in place, and a bare Fastify server.
// `node benchmarks/start.js [--runs 10] [--command packages/cli/bin/gantry.js]`
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { floorServer, gantry, processorMs, residentMb, startServer } from './support/processes.js'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    command: { type: 'string', default: gantry },
  },
})
const IDLE_MS = 2_000
const PATH = '/db/test/collection/things/get'
const dataDir = mkdtempSync(join(tmpdir(), 'start-benchmark-'))
const options = ['--port', '0', '--mongo-port', '0', '--data-dir', dataDir]
const serve = [process.execPath, [values.command, 'serve', ...options]]
const ways = {
  'gantry serve': serve,
  'npm start': ['npm', ['start', '--', ...options]],
  'bare Fastify': [process.execPath, [floorServer, '{"get":"{\\"data\\":[],\\"rc\\":0}"}']],
}

try {
  await startOnce(serve) // makes the data
  const results = Object.keys(ways).map((name) => ({ name, runs: [] }))
  for (let run = 0; run < Number(values.runs); run++) {
    for (const { name, runs } of results) runs.push(await startOnce(ways[name]))
  }
  const load = loadavg()[0].toFixed(1)
  console.log(`${values.runs} starts on existing data, Node.js ${process.version}, load ${load}\n`)
  row('median (least to most)', 'first answer ms', 'processor ms', 'idle MB')
  for (const { name, runs } of results) {
    row(name, ...['wall', 'cpu', 'resident'].map((figure) => summary(runs, figure)))
  }
} finally {
  rmSync(dataDir, { recursive: true, force: true })
}

/** Starts, asks once, waits a bit for the memory to settle, and stops. */
async function startOnce([command, args]) {
  const server = await startServer(command, args)
  try {
    const response = await fetch(server.url + PATH, { method: 'POST', body: body() })
    const { rc } = await response.json()
    if (rc !== 0) throw new Error(`answered rc ${rc}`)
    const wall = performance.now() - server.started
    const cpu = processorMs(server.pid)
    await sleep(IDLE_MS)
    return { wall, cpu, resident: residentMb(server.pid) }
  } finally {
    await server.stop()
  }
}

function body() {
  const { apiKey } = JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8'))
  return new URLSearchParams({ api_key: apiKey, doc: '{"_id":1}' })
}

function summary(runs, figure) {
  const sorted = runs.map((run) => Math.round(run[figure])).sort((a, b) => a - b)
  return `${sorted[sorted.length >> 1]} (${sorted[0]} to ${sorted.at(-1)})`
}

function row(first, ...rest) {
  console.log(first.padEnd(24) + rest.map((text) => text.padStart(22)).join(''))
}
