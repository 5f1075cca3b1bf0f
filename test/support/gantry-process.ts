import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../../../packages/cli/bin/gantry.js', import.meta.url))

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** What the first start wrote for the user. */
export interface Credentials {
  readonly url: string
  readonly tlsUrl?: string
  readonly login: string
  readonly password: string
  readonly uid: string
  readonly instance: string
  readonly apiKey: string
  readonly connectString: string
  readonly publicKey: string
  readonly privateKey: string
}

/** `gantry serve` in a process of its own. */
export interface GantryProcess {
  readonly url: string
  readonly pid: number
  readonly dataDir: string
  readonly exit: Promise<Exit>
  /** Lines on stdout so far. */
  readonly lines: readonly string[]
  /** Everything said on stderr so far. */
  stderr(): string
  credentials(): Credentials
  signal(name: NodeJS.Signals): void
  /** Ends the process in order, and removes its data directory when `startGantry` made it. */
  stop(): Promise<void>
}

/**
 * Starts on free ports, with a data directory of its own unless one is given. Resolves at
 * the ready line; rejects with status and stderr when the process ends before it.
 */
export async function startGantry(
  args: readonly string[] = [],
  givenDataDir?: string,
): Promise<GantryProcess> {
  const dataDir = givenDataDir ?? mkdtempSync(join(tmpdir(), 'gantry-e2e-'))
  const { child, exit, stderr } = spawnGantry(['--data-dir', dataDir, ...args])
  const lines: string[] = []
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      const url = /^gantry ready.*?(https?:\/\/\S+)/.exec(line)?.[1]
      if (url) resolve(url)
    })
  })
  const discard = () => {
    if (!givenDataDir) rmSync(dataDir, { recursive: true, force: true })
  }
  const ended = exit.then(({ code, signal }) => {
    throw new Error(`gantry ended before it was ready: status ${code ?? signal}\n${stderr()}`)
  })
  let url: string
  try {
    url = await Promise.race([ready, ended])
  } catch (error) {
    discard()
    throw error
  }
  ended.catch(() => {})
  return {
    url,
    pid: child.pid as number,
    dataDir,
    exit,
    lines,
    stderr,
    credentials: () => JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8')),
    signal: (name) => void child.kill(name),
    async stop() {
      child.kill('SIGTERM')
      await exit
      discard()
    },
  }
}

/** `gantry serve` on free ports without waiting for it, for starts that are to be cut off. */
export function spawnGantry(args: readonly string[]) {
  const ports = ['--port', '0', '--mongo-port', '0']
  const child = spawn(process.execPath, [command, 'serve', ...ports, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const exit = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  return { child, exit, stderr: () => text }
}
