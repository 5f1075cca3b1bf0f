import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeDocument, type Writable } from '@gantry/bson'
import { type Engine, type Listener, type ListenOptions, listen, openEngine } from '@gantry/engine'

/** An engine in a folder of its own that listens for drivers and has one user, `root`. */
export interface EngineServer {
  readonly engine: Engine
  readonly listener: Listener
  /** A connection string for a user; by default for `root`, with options behind it. */
  uri(options?: string, user?: string, password?: string, db?: string): string
  /** Runs a command with all rights, past the listener. */
  run(command: Record<string, Writable>): Promise<Record<string, Writable | undefined>>
  /** Closes listener and engine and removes the folder. */
  close(): Promise<void>
}

const ROOT = { user: 'root', password: 'a password' }

export async function startEngineServer(options: ListenOptions = {}): Promise<EngineServer> {
  const path = await mkdtemp(join(tmpdir(), 'gantry-engine-'))
  const engine = await openEngine({ path })
  const session = engine.connect({ internal: true })
  const run: EngineServer['run'] = async (command) => {
    const body = encodeDocument({ ...command, $db: command.$db ?? 'admin' })
    return { ...(await engine.run(session, { body })) }
  }
  await run({ createUser: ROOT.user, pwd: ROOT.password, roles: ['root'] })
  const listener = await listen(engine, { port: 0, ...options })
  return {
    engine,
    listener,
    uri: (extra = '', user = ROOT.user, password = ROOT.password, db = 'admin') =>
      `mongodb://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${listener.port}/?authSource=${db}${extra}`,
    run,
    async close() {
      await listener.close()
      await engine.close()
      await rm(path, { recursive: true, force: true })
    },
  }
}
