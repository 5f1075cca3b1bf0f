import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, afterEach, before, describe, test } from 'node:test'
import { MongoClient, MongoServerError } from 'mongodb'
import { gantryCommand, runGantry } from '../support/gantry-command.js'
import { startGantry } from '../support/gantry-process.js'
import { freePort } from '../support/ports.js'

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
    const wrong = {
      sharding: { clusterRole: 'shardsvr' },
      auditLog: { destination: 'file' },
      net: { port: 'x' },
      storage: { engine: 'inMemory', wiredTiger: { engineConfig: { cacheSizeGB: 1 } } },
    }
    writeFileSync(file, JSON.stringify(wrong))
    const { code, stderr } = await runGantry(['mongod', '--config', file, '--check'])
    assert.equal(code, 1)
    for (const says of [
      /sharding\.clusterRole is not a setting/,
      /auditLog\.destination is not a setting/,
      /net\.port must be a whole number/,
      /storage\.engine can only be wiredTiger/,
    ]) {
      assert.match(stderr, says)
    }
    assert.doesNotMatch(stderr, /wiredTiger\.engineConfig/)
    const parameter = { setParameter: { noSuchThing: 1 }, storage: { dbPath: join(folder, 'p') } }
    writeFileSync(file, JSON.stringify(parameter))
    const unknown = await runGantry(['mongod', '--config', file, '--port', '0'])
    assert.match(unknown.stderr, /unrecognized parameter \[noSuchThing\]/)
  })

  describe('with other settings', () => {
    let other: ChildProcess | undefined
    let at = 0
    afterEach(async () => {
      if (other?.exitCode !== null) return
      const exit = once(other, 'exit')
      other.kill('SIGTERM')
      await exit
    })
    before(async () => {
      // A server makes itself a certificate at its first start.
      const gantry = await startGantry(['--tls-port', '0'])
      for (const name of ['self-signed.pem', 'ca.pem']) {
        cpSync(join(gantry.dataDir, 'tls', name), join(folder, name))
      }
      await gantry.stop()
    })
    const log = () => join(folder, 'other.log')
    const hasSaid = (text: string) => readFileSync(log(), 'utf8').includes(text)

    /** Resolves when the log file says that it serves. */
    async function serve(config: { net?: object; [name: string]: unknown }): Promise<void> {
      const file = join(folder, 'own.conf')
      const base = { storage: { dbPath: join(folder, 'other') }, systemLog: { path: log() } }
      at = await freePort()
      writeFileSync(file, JSON.stringify({ ...base, ...config, net: { port: at, ...config.net } }))
      rmSync(log(), { force: true })
      other = spawn(process.execPath, [gantryCommand, 'mongod', '-f', file], { stdio: 'inherit' })
      while (!existsSync(log()) || !hasSaid('Waiting for connections')) {
        assert.equal(other.exitCode, null)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }

    test('without access control everybody may do everything', async () => {
      await serve({
        security: { authorization: 'disabled' },
        setParameter: { cursorTimeoutMillis: 1234 },
        systemLog: { path: log(), verbosity: 1 },
      })
      const anybody = new MongoClient(`mongodb://127.0.0.1:${at}/?directConnection=true`)
      try {
        await anybody.db('d').collection('c').insertOne({ a: 1 })
        const user = { createUser: 'me', pwd: 'secret', roles: ['root'] }
        await anybody.db('admin').command(user)
        await anybody.db('admin').command({ ...user, createUser: 'you' })
        const parameters = { getParameter: 1, cursorTimeoutMillis: 1, logLevel: 1 }
        const set = await anybody.db('admin').command(parameters)
        assert.equal(set.cursorTimeoutMillis, 1234)
        assert.equal(set.logLevel, 1)
        const { parsed } = await anybody.db('admin').command({ getCmdLineOpts: 1 })
        assert.equal(parsed.security.authorization, 'disabled')
        // Begins another file, with the old one beside it.
        await anybody.db('admin').command({ logRotate: 1 })
        assert.ok(readdirSync(folder).some((name) => name.startsWith('other.log.')))
        assert.ok(!hasSaid('Waiting for connections'))
      } finally {
        await anybody.close()
      }
    })

    for (const mode of ['requireTLS', 'preferTLS'] as const) {
      test(`${mode}: over TLS, ${mode === 'requireTLS' ? 'and not' : 'or'} plainly`, async () => {
        const tls = { mode, certificateKeyFile: join(folder, 'self-signed.pem') }
        await serve({ net: { tls }, security: { authorization: 'disabled' } })
        const uri = `mongodb://127.0.0.1:${at}/?directConnection=true&serverSelectionTimeoutMS=1000`
        const secure = new MongoClient(`${uri}&tls=true&tlsCAFile=${join(folder, 'ca.pem')}`)
        const plain = new MongoClient(uri)
        try {
          assert.equal((await secure.db('admin').command({ ping: 1 })).ok, 1)
          const ping = plain.db('admin').command({ ping: 1 })
          if (mode === 'requireTLS') await assert.rejects(ping)
          else assert.equal((await ping).ok, 1)
        } finally {
          await secure.close()
          await plain.close()
        }
      })
    }
  })
})
