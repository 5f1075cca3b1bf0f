import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Doc, decodeDocument, encodeDocument } from '@gantry/bson'
import { listen, openEngine } from '@gantry/engine'

/** An engine behind a port, as `gantry mongod` has one. */
export interface EngineAt {
  readonly port: number
  /** Runs a command with all rights. */
  run(command: { readonly [field: string]: unknown }): Promise<Doc>
  /** The ids, which are numbers, in a collection. */
  ids(db: string, collection: string): Promise<number[]>
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
    const body = encodeDocument({ ...command, $db: command.$db ?? 'admin' } as never)
    return decodeDocument(encodeDocument(await engine.run(session, { body })))
  }
  if (user) await run({ createUser: user.name, pwd: user.password, roles: ['root'] })
  const listener = await listen(engine, { port: 0, ...(!user && { unrestricted: true }) })
  return {
    port: listener.port,
    run,
    async ids(db, collection) {
      const found = await run({ find: collection, sort: { _id: 1 }, $db: db })
      const batch = (found.get('cursor') as Doc).get('firstBatch') as Doc[]
      return batch.map((doc) => Number(doc.get('_id')))
    },
    async close() {
      await listener.close(0)
      await engine.close()
      rmSync(path, { recursive: true })
    },
  }
}
