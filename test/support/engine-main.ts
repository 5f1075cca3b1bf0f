// An engine in a process of its own, so that tests can end it at any moment: `node engine-main.js
// FOLDER PORT`. Says its port when drivers can connect. Its user is `root` with `a password`.
import { encodeDocument } from '@gantry/bson'
import { CommandError, listen, openEngine } from '@gantry/engine'

const [path, port] = process.argv.slice(2)
const engine = await openEngine({ path })
const createUser = { createUser: 'root', pwd: 'a password', roles: ['root'], $db: 'admin' }
try {
  await engine.run(engine.connect({ internal: true }), { body: encodeDocument(createUser) })
} catch (error) {
  // 51003: the user is there since the first start.
  if (!(error instanceof CommandError) || error.code !== 51003) throw error
}
const listener = await listen(engine, { port: Number(port) })
console.log(listener.port)
// The test is gone, whatever happened to it.
process.stdin.resume().on('end', () => process.exit())
