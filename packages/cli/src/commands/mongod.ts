import { writeFile } from 'node:fs/promises'
import {
  type EngineOptions,
  type FolderEngine,
  type Listener,
  type LogEntry,
  listen,
  openEngine,
} from '@gantry/engine'
import { AppError, lockDataDir } from '@gantry/server'
import { CommandFailure, type Option } from '../command.js'
import { openMongodLog } from './mongod-log.js'
import { type MongodOptions, mongodOptions, readMongodOptions } from './mongod-options.js'
import { tlsArrival } from './mongod-tls.js'

/** What the version begins with where a program looks which MongoDB it has. */
const VERSION = 'db version v8.0.0 (Gantry)\n'

/** Serves an engine as `mongod` would, until SIGTERM or SIGINT. */
export async function run(args: readonly string[]): Promise<void> {
  const read = readMongodOptions(args)
  if (read === 'version') process.stdout.write(VERSION)
  else if (read === 'help') process.stdout.write(`${HELP}\n`)
  else if (read !== 'checked') await serve(read)
}

export function options(): readonly Option[] {
  return mongodOptions
}

const HELP = `gantry mongod: the embedded engine as a process of its own, called like MongoDB's server

${mongodOptions.map(({ name, value, help }) => `  --${name}${value ? ` ${value}` : ''}\n      ${help}`).join('\n')}`

async function serve(options: MongodOptions): Promise<void> {
  const { dbPath, setName, pidFile } = options
  const lock = await lockDataDir(dbPath).catch((error: unknown) => {
    throw error instanceof AppError ? new CommandFailure(error.message) : error
  })
  const output = openMongodLog(options.log)
  const log = ({ id }: LogEntry, line: string) => {
    output.write(line)
    if (id === ROTATION) output.rotate()
  }
  const named = setName !== undefined && { setName }
  const undo = [() => lock.release()]
  const close = async () => {
    for (const step of undo.reverse()) await step()
  }
  const listeners: Listener[] = []
  try {
    const first = firstCommands(options)
    const engine = await openEngine({ path: dbPath, log, first, ...named })
    undo.push(() => engine.close())
    undo.push(async () => void (await Promise.all(listeners.map((listener) => listener.close()))))
    for (const host of options.hosts) {
      // A port that was any is the same at all addresses.
      const port = listeners[0]?.port ?? options.port
      listeners.push(await listenAt(engine, { ...options, port }, host))
    }
    if (pidFile !== undefined) await writeFile(pidFile, `${process.pid}\n`)
  } catch (error) {
    output.write(failure((error as Error).message))
    await close()
    throw new CommandFailure((error as Error).message)
  }
  process.on('SIGUSR1', output.rotate)
  output.write(ready(listeners[0].port, options))
  await ending()
  await close()
}

/** The engine's log says so when somebody asks for a new file. */
const ROTATION = 23166

function listenAt(engine: FolderEngine, options: MongodOptions, host: string): Promise<Listener> {
  const { port, tls, auth, maxConnections } = options
  return listen(engine, {
    host,
    port,
    ...(auth ? { localhostException: true } : { unrestricted: true }),
    ...(tls && { arrive: tlsArrival(tls) }),
    ...(maxConnections !== undefined && { maxConnections }),
  })
}

/** What a client would set of the server once it runs. */
function firstCommands({ parameters, slowMs }: MongodOptions): NonNullable<EngineOptions['first']> {
  return [
    ...(Object.keys(parameters).length > 0 ? [{ setParameter: 1, ...parameters }] : []),
    ...(slowMs === undefined ? [] : [{ profile: -1, slowms: slowMs }]),
  ]
}

/** The line for which scripts wait, in MongoDB's form. */
function ready(port: number, { tls }: MongodOptions): string {
  const attr = { port, ssl: tls ? 'on' : 'off' }
  const where = { s: 'I', c: 'NETWORK', id: 23016, ctx: 'listener' }
  return JSON.stringify({ t: now(), ...where, msg: 'Waiting for connections', attr })
}

/** Whoever looks into the log finds why there is nobody at the port. */
function failure(error: string): string {
  const where = { s: 'F', c: 'CONTROL', id: 20557, ctx: 'initandlisten' }
  return JSON.stringify({
    t: now(),
    ...where,
    msg: 'DBException in initAndListen',
    attr: { error },
  })
}

const now = () => ({ $date: new Date().toISOString() })

function ending(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
}
