// The engine in a process of its own, with a folder that goes when it ends.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeDocument } from '@gantry/bson'
import { listen, openEngine } from '@gantry/engine'

const path = mkdtempSync(join(tmpdir(), 'gantry-bench-driver-'))
const engine = await openEngine({ path })
const body = encodeDocument({ createUser: 'bench', pwd: 'bench', roles: ['root'], $db: 'admin' })
await engine.run(engine.connect({ internal: true }), { body })
const listener = await listen(engine, { port: 0 })
process.send({ port: listener.port })
process.on('message', (message) => {
  if (message === 'usage') process.send({ usage: process.cpuUsage() })
  if (message === 'memory') {
    globalThis.gc?.()
    process.send({ memory: process.memoryUsage() })
  }
})
process.on('disconnect', async () => {
  await listener.close(0)
  await engine.close()
  rmSync(path, { recursive: true, force: true })
  process.exit()
})
