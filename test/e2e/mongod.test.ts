import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { MongoClient, MongoServerError } from 'mongodb'
import { gantryCommand, runGantry } from '../support/gantry-command.js'

describe('gantry mongod', () => {
  let folder: string
  let child: ChildProcess
  let port: number
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-mongod-'))
    const config = {
      net: { port: 0 },
      storage: { dbPath: join(folder, 'db') },
      security: { authorization: 'enabled' },
    }
    writeFileSync(join(folder, 'mongod.conf'), JSON.stringify(config))
    ;({ child, port } = await start())
  })
  after(() => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })

  /** Resolves at the line that MongoDB's tools wait for. */
  async function start(): Promise<{ child: ChildProcess; port: number }> {
    const args = [gantryCommand, 'mongod', '-f', join(folder, 'mongod.conf'), '--replSet', 'rs']
    args.push('--pidfilepath', join(folder, 'pid'))
    const started = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    for await (const line of createInterface({ input: started.stdout })) {
      const { msg, attr } = JSON.parse(line) as { msg: string; attr: { port: number } }
      if (msg === 'Waiting for connections') return { child: started, port: attr.port }
    }
    throw new Error('it has ended')
  }

  const client = (login = '') =>
    new MongoClient(`mongodb://${login}127.0.0.1:${port}/?directConnection=true`, {
      serverSelectionTimeoutMS: 5_000,
    })

  test('lets the first user be made from this machine, in admin, and nothing else', async () => {
    const nobody = client()
    try {
      const refused = (error: unknown) => error instanceof MongoServerError && error.code === 13
      const user = { createUser: 'root', pwd: 'secret', roles: ['root'] }
      await assert.rejects(nobody.db('admin').command({ listDatabases: 1 }), refused)
      await assert.rejects(nobody.db('d').command(user), refused)
      await nobody.db('admin').command(user)
      await assert.rejects(nobody.db('admin').command({ ...user, createUser: 'second' }), refused)
      await assert.rejects(nobody.db('d').collection('c').insertOne({ a: 1 }), refused)
    } finally {
      await nobody.close()
    }
  })

  test('is what its options say, and keeps its data over SIGTERM', async () => {
    assert.equal(readFileSync(join(folder, 'pid'), 'utf8').trim(), String(child.pid))
    const root = client('root:secret@')
    try {
      const hello = await root.db('admin').command({ hello: 1 })
      assert.equal(hello.setName, 'rs')
      await root.db('d').collection('c').insertOne({ a: 1 })
    } finally {
      await root.close()
    }
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'exit'), [0, null])
    ;({ child, port } = await start())
    const again = client('root:secret@')
    try {
      assert.equal(await again.db('d').collection('c').countDocuments(), 1)
    } finally {
      await again.close()
    }
  })

  test('refuses what it cannot do, and a folder in use', async () => {
    for (const [args, says] of [
      [['--shardsvr'], /shardsvr/],
      [['--port', 'x'], /port/],
      [['--dbpath', join(folder, 'db')], /in use by process/],
    ] as const) {
      const { code, stderr } = await runGantry(['mongod', ...args])
      assert.notEqual(code, 0)
      assert.match(stderr, says)
    }
    const file = join(folder, 'other.conf')
    writeFileSync(file, JSON.stringify({ sharding: { clusterRole: 'shardsvr' } }))
    const { stderr } = await runGantry(['mongod', '--config', file])
    assert.match(stderr, /sharding\.clusterRole is not a setting/)
  })
})
