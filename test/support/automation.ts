import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import type { GantryProcess } from './gantry-process.js'
import { freePort } from './ports.js'
import { publicClients } from './public-clients.js'

/** How far a process is, as `automationStatus` says. */
export interface ProcessStatus {
  readonly name: string
  readonly lastGoalVersionAchieved: number
  readonly plan: readonly string[]
  readonly errorCode: number
  readonly errorString: string
}

export interface AutomationStatus {
  readonly goalVersion: number
  readonly processes: readonly ProcessStatus[]
}

/** Far more than anything takes; who comes to it fails with what there is. */
const PATIENCE_MS = 120_000
const POLL_MS = 50

/** The automation of one group of a server, over the Public API. */
export function automationOf(gantry: () => GantryProcess, group: () => string) {
  const [client] = publicClients
    .filter(({ name }) => name.startsWith('Node.js'))
    .map((kind) => kind.open())

  async function call(method: string, path: string, body?: unknown) {
    const { url, credentials } = gantry()
    const base = `${url}/api/public/v1.0${path}`
    const { status, text } = await client.call(credentials(), method, base, body)
    assert.ok(status < 300, `${method} ${path}: ${status} ${text}`)
    return JSON.parse(text)
  }
  const status = (): Promise<AutomationStatus> => call('GET', `/groups/${group()}/automationStatus`)

  async function until(isSo: (status: AutomationStatus) => boolean): Promise<AutomationStatus> {
    const deadline = Date.now() + PATIENCE_MS
    for (;;) {
      const now = await status()
      if (isSo(now)) return now
      if (Date.now() > deadline) assert.fail(`it has come to ${JSON.stringify(now)} only`)
      await pause(POLL_MS)
    }
  }

  return {
    call,
    status,
    until,
    put: (processes: readonly object[], rest: object = {}) =>
      call('PUT', `/groups/${group()}/automationConfig`, {
        processes,
        replicaSets: [],
        ...rest,
      }),
    atGoal: () =>
      until(
        ({ goalVersion, processes }) =>
          goalVersion > 0 &&
          processes.every(
            (each) => each.lastGoalVersionAchieved === goalVersion && each.plan.length === 0,
          ),
      ),
  }
}

/** A process of the embedded engine as a goal document has it, on a free port. */
export async function goalProcess(folder: string, name: string, change: object = {}) {
  return {
    name,
    processType: 'mongod',
    version: '8.0.0',
    hostname: 'localhost',
    featureCompatibilityVersion: '8.0',
    authSchemaVersion: 5,
    args2_6: {
      net: { port: await freePort() },
      storage: { dbPath: join(folder, name) },
      systemLog: { destination: 'file', path: join(folder, `${name}.log`) },
    },
    ...change,
  }
}

/** Of the processes that agents have launched below a folder, and that run. */
export function launchedBelow(folder: string): number[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => name.endsWith('process.pid.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).pid as number | undefined)
    .filter((pid) => pid !== undefined && isRunning(pid)) as number[]
}

export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z'
  } catch {
    return false
  }
}

/** Ends processes and resolves when they are gone. */
export async function endAll(pids: readonly number[]): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  for (const pid of pids) while (isRunning(pid)) await pause(10)
}

/** Calls with a client of the process at a port. */
export async function asClient<T>(
  { args2_6 }: { readonly args2_6: { readonly net: { readonly port: number } } },
  work: (client: MongoClient) => Promise<T>,
  login = '',
): Promise<T> {
  const { port } = args2_6.net
  const options = 'directConnection=true&serverSelectionTimeoutMS=10000'
  const client = new MongoClient(`mongodb://${login}127.0.0.1:${port}/?${options}`)
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

/** The number of the process behind a port. */
export const pidBehind = (process: Parameters<typeof asClient>[0]) =>
  asClient(process, async (client) =>
    Number((await client.db('admin').command({ serverStatus: 1 })).pid),
  )
