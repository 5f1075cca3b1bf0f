import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import type { DigestKey } from './public-clients.js'

const program = process.env.GANTRY_TEST_MONGOCLI ?? 'mongocli'

/** Why `mongocli` cannot be tested here; false: it can. */
export const withoutMongocli: string | false =
  spawnSync(program, ['ops-manager', '--help']).status === 0
    ? false
    : 'needs mongocli 2 on PATH, or its file in GANTRY_TEST_MONGOCLI'

/** The command line of Cloud Manager and Ops Manager, with a key and a server to call. */
export interface Mongocli {
  /** What the command prints; rejects with what it says when it fails. */
  run(...args: string[]): Promise<string>
  /** The same command with `-o json`, parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: what commands print has no type
  json(...args: string[]): Promise<any>
}

const execute = promisify(execFile)

export function mongocli(
  { publicKey, privateKey }: DigestKey,
  options: {
    readonly url: string
    readonly home: string
    readonly org: string
    readonly project: string
  },
): Mongocli {
  const env = {
    PATH: process.env.PATH,
    HOME: options.home,
    MCLI_SERVICE: 'ops-manager',
    MCLI_OPS_MANAGER_URL: `${options.url}/`,
    MCLI_PUBLIC_API_KEY: publicKey,
    MCLI_PRIVATE_API_KEY: privateKey,
    MCLI_ORG_ID: options.org,
    MCLI_PROJECT_ID: options.project,
    MCLI_SKIP_UPDATE_CHECK: 'yes',
  }
  const run = async (...args: string[]) => (await execute(program, args, { env })).stdout
  return {
    run,
    json: async (...args) => JSON.parse(await run(...args, '-o', 'json')),
  }
}
