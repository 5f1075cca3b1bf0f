import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { encodeDocument } from '@gantry/bson'
import { type Engine, type Listener, listen, openEngine } from '@gantry/engine'
import { openRemote } from '../../services/mongodb/remote.js'
import type { Log } from '../log.js'
import { type State, stateIn } from '../state.js'
import { taskTable } from '../tasks/task.js'
import { openTasks } from '../tasks/tasks.js'
import { serversIn } from './servers.js'

const silent: Log = { info() {}, warn() {}, error() {} }

let folder: string
let engine: Engine
let listener: Listener
const states: State[] = []

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-shared-tasks-'))
  engine = await openEngine({ path: folder })
  const createUser = { createUser: 'root', pwd: 'x', roles: ['root'], $db: 'admin' }
  await engine.run(engine.connect({ internal: true }), { body: encodeDocument(createUser) })
  listener = await listen(engine, { port: 0 })
  for (let server = 0; server < 2; server++) {
    states.push(stateIn(await openRemote(`mongodb://root:x@127.0.0.1:${listener.port}/`)))
  }
})
after(async () => {
  for (const state of states) await state.close()
  await listener?.close()
  await engine?.close()
  rmSync(folder, { recursive: true })
})

test('of two servers that reach one state over the network, one runs each task', async () => {
  const runs = new Map<string, number>()
  const servers = states.map((state, i) => {
    const tasks = openTasks({ state, log: silent, server: `${i}`.repeat(24), pollMs: 20 })
    tasks.handle('work', {
      async run({ id }) {
        runs.set(id, (runs.get(id) ?? 0) + 1)
      },
    })
    return tasks
  })
  await states[0].prepare(taskTable)
  try {
    for (const tasks of servers) await tasks.start()
    const instance = '1'.repeat(24)
    const made = Array.from({ length: 30 }, (_, i) =>
      servers[i % 2].create({ kind: 'work', instance }),
    )
    const ids = (await Promise.all(made)).map(({ id }) => id)
    const done = await Promise.all(ids.map((id, i) => servers[(i + 1) % 2].finished(id)))
    assert.ok(done.every(({ state }) => state === 'succeeded'))
    assert.deepEqual([...runs].sort(), ids.map((id) => [id, 1] as const).sort())
  } finally {
    await Promise.all(servers.map((tasks) => tasks.stop()))
  }
})

test('a server knows the pass of another by the key that they share', () => {
  const secretsOf = (key: string) => ({ sign: (text: string) => Buffer.from(`${key}${text}`) })
  const serverWith = (id: string, key: string) => serversIn(states[0], id, secretsOf(key) as never)
  const pass = serverWith('a', 'one').pass()
  assert.equal(serverWith('b', 'one').isPass(pass), true)
  assert.equal(serverWith('b', 'two').isPass(pass), false)
  for (const wrong of [undefined, '', 'a.1.x', pass.replace('a.', 'c.'), `${pass}x`]) {
    assert.equal(serverWith('b', 'one').isPass(wrong), false)
  }
})
