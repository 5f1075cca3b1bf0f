import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeDocument } from '@gantry/bson'
import { listen, openEngine } from '@gantry/engine'

/** An engine behind a port, as `gantry mongod` has one. */
export interface EngineAt {
  readonly port: number
  /** Runs a command with all rights. */
  run(command: { readonly [field: string]: unknown }): Promise<void>
  close(): Promise<void>
}

/** Without `user` it asks nobody who they are. */
export async function startEngineAt(options: {
  readonly setName?: string
  readonly user?: { readonly name: string; readonly password: string }
}): Promise<EngineAt> {
  const { setName, user } = options
  const path = mkdtempSync(join(tmpdir(), 'gantry-engine-at-'))
  const engine = await openEngine({ path, ...(setName !== undefined && { setName }) })
  const session = engine.connect({ internal: true })
  const run = async (command: { readonly [field: string]: unknown }) => {
    await engine.run(session, {
      body: encodeDocument({ ...command, $db: command.$db ?? 'admin' } as never),
    })
  }
  if (user) await run({ createUser: user.name, pwd: user.password, roles: ['root'] })
  const listener = await listen(engine, { port: 0, ...(!user && { unrestricted: true }) })
  return {
    port: listener.port,
    run,
    async close() {
      await listener.close(0)
      await engine.close()
      rmSync(path, { recursive: true })
    },
  }
}
