import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { encodeDocument } from '@gantry/bson'
import { type Engine, type Listener, listen, openEngine } from '@gantry/engine'
import type { Deployment } from '../deployment.js'
import { clusterStatistics } from './cluster-statistics.js'
import { openRemote, type RemoteDeployment } from './remote.js'

const USER = { createUser: 'root', pwd: 'secret', roles: ['root'], $db: 'admin' }

/** Two servers that listen; each believes to be alone, so who belongs together is told here. */
describe('the statistics of a cluster', () => {
  let folder: string
  const engines: Engine[] = []
  const listeners: Listener[] = []
  let remote: RemoteDeployment
  let hosts: string[]

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-cluster-'))
    for (const name of ['one', 'two']) {
      const engine = await openEngine({ path: join(folder, name) })
      engines.push(engine)
      await engine.run(engine.connect({ internal: true }), { body: encodeDocument(USER) })
      listeners.push(await listen(engine, { port: 0 }))
    }
    hosts = listeners.map(({ port }) => `127.0.0.1:${port}`)
    const quick = 'directConnection=true&serverSelectionTimeoutMS=500'
    remote = await openRemote(`mongodb://root:secret@${hosts[0]}/?${quick}`)
  })
  after(async () => {
    await remote?.close()
    for (const listener of listeners) await listener.close()
    for (const engine of engines) await engine.close()
    rmSync(folder, { recursive: true })
  })

  const saying = (members: readonly string[]): Deployment => ({
    ...remote,
    command: async (db, command) =>
      command.hello === undefined
        ? remote.command(db, command)
        : encodeDocument({ hosts: members, ok: 1 }),
  })

  test('are those of each member', async () => {
    const second = await remote.host(hosts[1])
    await second.insert('d', 'c', { _id: 1 })
    const read = clusterStatistics({ deployment: saying(hosts), member: remote.host })
    const statistics = await read()
    assert.deepEqual(
      statistics.map(({ host }) => host),
      hosts,
    )
    const [first, other] = statistics.map(({ values }) => values)
    assert.deepEqual([first['db/d/objects'], other['db/d/objects']], [undefined, 1])
    assert.equal(other['opcounters.insert'] - first['opcounters.insert'], 1)
    assert.ok(first['mem.resident'] > 0)
  })

  test('leave out the member that does not answer', async () => {
    const deployment = saying([hosts[0], '127.0.0.1:1'])
    const statistics = await clusterStatistics({ deployment, member: remote.host })()
    assert.deepEqual(
      statistics.map(({ host }) => host),
      [hosts[0]],
    )
  })

  test('are refused when nobody answers', async () => {
    const deployment = saying(['127.0.0.1:1', '127.0.0.1:2'])
    await assert.rejects(clusterStatistics({ deployment, member: remote.host })())
  })

  test('of a server that is alone are asked of it, whatever it calls itself', async () => {
    const deployment = saying(['nowhere.example.com:1'])
    const statistics = await clusterStatistics({ deployment, member: remote.host })()
    assert.equal(statistics[0].host, 'nowhere.example.com:1')
    assert.ok(statistics[0].values.uptimeMs > 0)
  })
})
