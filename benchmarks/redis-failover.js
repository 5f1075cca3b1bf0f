// What failover of a Redis instance loses: kills the primary again and again (`kill -9`) while clients
// write through the instance's address, and then looks for every write that was acknowledged. Half of
// the clients wait for the replica (`WAIT 1 1000`) before they count a write as acknowledged.
//
//   node benchmarks/redis-failover.js [KILLS=20]
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createClient } from '@redis/client'

const KILLS = Number(process.argv[2] ?? 20)
const WRITERS = 4
/** How long there is load before each kill. */
const LOAD_MS = 700

const command = fileURLToPath(new URL('../packages/cli/bin/gantry.js', import.meta.url))
const dataDir = mkdtempSync(join(tmpdir(), 'gantry-failover-'))
const gantry = spawn(
  process.execPath,
  [command, 'serve', '--port', '0', '--mongo-port', '0', '--data-dir', dataDir],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
try {
  await measure(await readyUrl())
} finally {
  gantry.kill('SIGTERM')
  await new Promise((resolve) => gantry.once('close', resolve))
  rmSync(dataDir, { recursive: true, force: true })
}

async function measure(url) {
  const { id, port, password } = await makeInstance(url)
  const told = { alone: new Map(), waited: new Map() }
  const outages = []
  let writes = 0
  for (let round = 0; round < KILLS; round++) {
    await until(() => pair(id).inSync)
    const load = { isOver: false, killedAt: Infinity, servedAt: undefined }
    const writers = Array.from({ length: 2 * WRITERS }, (_, index) =>
      write({ load, port, password, name: `${round}:${index}`, told, waits: index >= WRITERS }),
    )
    await pause(LOAD_MS)
    const { term, primaryPid } = pair(id)
    load.killedAt = performance.now()
    process.kill(primaryPid, 'SIGKILL')
    await until(() => load.servedAt !== undefined)
    outages.push(load.servedAt - load.killedAt)
    load.isOver = true
    for (const count of await Promise.all(writers)) writes += count
    if (pair(id).term !== term + 1)
      console.log(`kill ${round + 1}: the same primary was started again`)
  }
  await until(() => pair(id).inSync)
  const client = await connect(port, password)
  for (const [name, keys] of Object.entries(told)) {
    const lost = await lostOf(client, keys)
    const how = name === 'waited' ? 'acknowledged by the replica too (WAIT 1)' : 'acknowledged'
    console.log(`${how}: ${keys.size} writes, ${lost.length} lost`)
  }
  client.destroy()
  outages.sort((a, b) => a - b)
  const ms = (at) => Math.round(outages[Math.floor(at * (outages.length - 1))])
  console.log(
    `${KILLS} kills, ${writes} writes; until a client was served again: median ${ms(0.5)} ms, longest ${ms(1)} ms`,
  )
}

/** Writes until the load is over, connecting anew as clients do; resolves with how many times. */
async function write({ load, port, password, name, told, waits }) {
  let count = 0
  while (!load.isOver) {
    let client
    try {
      client = await connect(port, password)
      while (!load.isOver) {
        const key = `${name}:${count++}`
        const began = performance.now()
        await client.set(key, key)
        if (waits) {
          if ((await client.sendCommand(['WAIT', '1', '1000'])) >= 1) told.waited.set(key, key)
        } else {
          told.alone.set(key, key)
        }
        if (began > load.killedAt) load.servedAt ??= performance.now()
      }
    } catch {
      await pause(5)
    } finally {
      if (client?.isOpen) client.destroy()
    }
  }
  return count
}

async function lostOf(client, keys) {
  const lost = []
  const all = [...keys.keys()]
  for (let at = 0; at < all.length; at += 1000) {
    const some = all.slice(at, at + 1000)
    const values = await client.mGet(some)
    for (const [index, key] of some.entries()) if (values[index] !== key) lost.push(key)
  }
  return lost
}

async function connect(port, password) {
  const socket = { host: '127.0.0.1', port, reconnectStrategy: false }
  const client = createClient({ password, socket }).on('error', () => {})
  await client.connect()
  return client
}

async function makeInstance(url) {
  const { login, password } = JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8'))
  const authorization = `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`
  const call = async (path, init) => (await (await fetch(`${url}/v2${path}`, init)).json()).data
  const { token } = await call('/tokens/', { headers: { authorization } })
  const headers = { 'x-auth-token': token }
  const order = {
    name: 'cache',
    plan: 500,
    service: 'redis',
    type: 'redis_ha_instance',
    version: '3.0.4',
    zone: 'local',
  }
  const body = JSON.stringify(order)
  const made = await call('/instances/', { method: 'POST', headers, body })
  if (!made) throw new Error('the instance could not be made')
  await until(async () => (await call('/instances/cache/', { headers })).state === 'ACTIVE')
  const port = Number(made.connect_string.split(':').at(-1))
  return { id: made.id, port, password: made.password }
}

function pair(id) {
  const folder = join(dataDir, 'instances', id)
  const { primary, inSync, term } = JSON.parse(readFileSync(join(folder, 'pair.json'), 'utf8'))
  const record = JSON.parse(readFileSync(join(folder, primary, 'redis.pid.json'), 'utf8'))
  return { inSync, term, primaryPid: record.pid }
}

async function until(what) {
  const deadline = Date.now() + 30_000
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error('took longer than 30 s')
    await pause(2)
  }
}

async function readyUrl() {
  for await (const line of createInterface({ input: gantry.stdout })) {
    const url = /^gantry ready.*?(http:\/\/\S+)/.exec(line)?.[1]
    if (url) return url
  }
  throw new Error('gantry ended before it was ready')
}
