import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { GantryProcess } from './gantry-process.js'

const HOW =
  'no redis-server or redis-cli on this machine; apt-get install redis-server enables this'

/** What a test that needs a Redis server says where there is none; false where there is. */
export function redisMissing(): string | false {
  try {
    for (const command of ['redis-server', 'redis-cli']) execFileSync(command, ['--version'])
    return false
  } catch {
    return HOW
  }
}

/** Calls of API v2 to a running server as the account of the first start. */
export async function signInV2(gantry: Pick<GantryProcess, 'url' | 'credentials'>) {
  const { login, password } = gantry.credentials()
  const authorization = `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`
  const signedIn = await fetch(`${gantry.url}/v2/tokens/`, { headers: { authorization } })
  const { data } = (await signedIn.json()) as { data: { token: string } }
  return async <T = unknown>(method: string, path: string, body?: object) => {
    const reply = await fetch(`${gantry.url}/v2${path}`, {
      method,
      headers: { 'x-auth-token': data.token },
      ...(body && { body: JSON.stringify(body) }),
    })
    const json = (await reply.json()) as { data: T; message?: string }
    return { status: reply.status, ...json }
  }
}

/** A Redis instance as API v2 shows it. */
export interface RedisInstance {
  readonly id: string
  readonly api_key: string
  readonly connect_string: string
  readonly password: string
  readonly state: string
  readonly plan: number
}

export const REDIS_ORDER = {
  plan: 500,
  service: 'redis',
  type: 'redis_ha_instance',
  version: '3.0.4',
  zone: 'local',
}

/** What a pair keeps of itself, and the numbers of its processes. */
export function pairIn(dataDir: string, id: string) {
  const folder = join(dataDir, 'instances', id)
  const record = JSON.parse(readFileSync(join(folder, 'pair.json'), 'utf8'))
  const pidOf = (node: string): number =>
    JSON.parse(readFileSync(join(folder, node, 'redis.pid.json'), 'utf8')).pid
  const { primary, inSync, term } = record as { primary: 'a' | 'b'; inSync: boolean; term: number }
  const replica = primary === 'a' ? 'b' : 'a'
  return {
    primary,
    inSync,
    term,
    primaryPid: () => pidOf(primary),
    replicaPid: () => pidOf(replica),
  }
}

const run = promisify(execFile)

/** Runs `redis-cli` with a password that its arguments do not show, and gives what it prints. */
export async function redisCli(
  port: number,
  password: string,
  args: readonly string[],
): Promise<string> {
  const env = { ...process.env, REDISCLI_AUTH: password }
  const { stdout } = await run('redis-cli', ['-p', String(port), ...args], { env })
  return stdout.trim()
}
