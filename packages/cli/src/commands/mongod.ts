import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { type Listener, listen, openEngine } from '@gantry/engine'
import { AppError, lockDataDir } from '@gantry/server'
import { CommandFailure, type Option } from '../command.js'
import { type MongodOptions, mongodOptions, readMongodOptions } from './mongod-options.js'

/** What the version begins with where a program looks which MongoDB it has. */
const VERSION = 'db version v8.0.0 (Gantry)\n'

/** Serves an engine as `mongod` would, until SIGTERM or SIGINT. */
export async function run(args: readonly string[]): Promise<void> {
  const read = readMongodOptions(args)
  if (read === 'version') process.stdout.write(VERSION)
  else if (read === 'help') process.stdout.write(`${HELP}\n`)
  else await serve(read)
}

export function options(): readonly Option[] {
  return mongodOptions
}

const HELP = `gantry mongod: the embedded engine as a process of its own, called like MongoDB's server

${mongodOptions.map(({ name, value, help }) => `  --${name}${value ? ` ${value}` : ''}\n      ${help}`).join('\n')}`

async function serve({ port, dbPath, hosts, setName, logPath, pidFile }: MongodOptions) {
  const lock = await lockDataDir(dbPath).catch((error: unknown) => {
    throw error instanceof AppError ? new CommandFailure(error.message) : error
  })
  const output = logPath === undefined ? process.stdout : createWriteStream(logPath, LOG_FILE)
  const log = (_entry: unknown, line: string) => void output.write(`${line}\n`)
  const engine = await openEngine({ path: dbPath, log, ...(setName !== undefined && { setName }) })
  const listeners: Listener[] = []
  async function close(): Promise<void> {
    await Promise.all(listeners.map((listener) => listener.close()))
    await engine.close()
    await lock.release()
  }
  try {
    for (const host of hosts) {
      // A port that was any is the same at all addresses.
      const wanted = listeners[0]?.port ?? port
      listeners.push(await listen(engine, { host, port: wanted, localhostException: true }))
    }
    if (pidFile !== undefined) await writeFile(pidFile, `${process.pid}\n`)
  } catch (error) {
    await close()
    throw new CommandFailure((error as Error).message)
  }
  output.write(`${ready(listeners[0].port)}\n`)
  await ending()
  await close()
}

const LOG_FILE = { flags: 'a', mode: 0o600 } as const

/** The line for which scripts wait, in MongoDB's form. */
function ready(port: number): string {
  const t = { $date: new Date().toISOString() }
  const attr = { port, ssl: 'off' }
  return JSON.stringify({
    t,
    s: 'I',
    c: 'NETWORK',
    id: 23016,
    ctx: 'listener',
    msg: 'Waiting for connections',
    attr,
  })
}

function ending(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
}
