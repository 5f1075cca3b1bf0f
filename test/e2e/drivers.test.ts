import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Long, MongoClient, type MongoClientOptions, MongoServerError } from 'mongodb'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'
import { listenAt, portWithTls } from '../support/ports.js'
import { callV1 } from '../support/v1.js'

async function withClient<T>(
  uri: string,
  use: (client: MongoClient) => Promise<T>,
  options: MongoClientOptions = {},
): Promise<T> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 10_000, ...options })
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

const portOf = (gantry: GantryProcess) => Number(new URL(gantry.credentials().connectString).port)

describe('a MongoDB driver', () => {
  let gantry: GantryProcess
  before(async () => {
    gantry = await startGantry()
  })
  after(() => gantry.stop())

  test('shares its documents with API v1', async () => {
    await withClient(gantry.credentials().connectString, async (client) => {
      const things = client.db('shared').collection<{ _id: string; n: unknown }>('things')
      await things.insertOne({ _id: 'by driver', n: Long.fromString('9007199254740993') })
      const path = '/db/shared/collection/things'
      const { text } = await callV1(gantry, `${path}/get`)
      assert.match(text, /"_id":"by driver","n":9007199254740993/)
      await callV1(gantry, `${path}/add`, { doc: '{"_id":"by v1","n":7}' })
      assert.deepEqual(await things.findOne({ _id: 'by v1' }), { _id: 'by v1', n: 7 })
    })
  })

  test('finds the instance where API v1 says it is', async () => {
    const { hostname, port } = new URL(gantry.credentials().connectString)
    const { json } = await callV1(gantry, '/instance')
    const data = json.data as { host: string; port: number }
    assert.deepEqual({ host: data.host, port: data.port }, { host: hostname, port: Number(port) })
  })

  test('connects to the replica set as well as directly', async () => {
    const uri = gantry.credentials().connectString
    for (const options of ['&replicaSet=gantry', '']) {
      await withClient(uri.replace('&directConnection=true', options), async (client) => {
        assert.equal((await client.db('d').command({ ping: 1 })).ok, 1)
      })
    }
  })

  test('is refused with a wrong password, and without one', async () => {
    const { connectString } = gantry.credentials()
    const wrong = new URL(connectString)
    wrong.password = 'wrong'
    await withClient(wrong.href, async (client) => {
      await assert.rejects(client.db('d').command({ ping: 1 }), (error) => {
        return error instanceof MongoServerError && error.code === 18
      })
    })
    const { host } = new URL(connectString)
    await withClient(`mongodb://${host}/?directConnection=true`, async (client) => {
      await assert.rejects(client.db('d').collection('c').findOne(), (error) => {
        return error instanceof MongoServerError && error.codeName === 'Unauthorized'
      })
    })
  })

  test('talks through TLS 10000 ports above, with the certificate of the APIs', async () => {
    const port = await portWithTls()
    const args = ['--tls-port', '0', '--mongo-port', String(port)]
    const secure = await startGantry(args)
    try {
      assert.equal(portOf(secure), port)
      const uri = secure.credentials().connectString.replace(`:${port}/`, `:${port + 10_000}/`)
      const ca = join(secure.dataDir, 'tls', 'ca.pem')
      await withClient(`${uri}&tls=true&tlsCAFile=${encodeURIComponent(ca)}`, async (client) => {
        await client
          .db('d')
          .collection('c')
          .insertOne({ text: 'x'.repeat(1 << 20) })
        assert.equal(await client.db('d').collection('c').countDocuments(), 1)
      })
      await withClient(
        `${uri}&tls=true`,
        (client) => assert.rejects(client.db('d').command({ ping: 1 }), /certificate/),
        { serverSelectionTimeoutMS: 500 },
      )
    } finally {
      await secure.stop()
    }
  })
})

describe('the port for MongoDB drivers', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-ports-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  test('stays, as do user and password and data', async () => {
    const dataDir = join(folder, 'kept')
    const first = await startGantry([], dataDir)
    const { connectString } = first.credentials()
    await withClient(connectString, (client) => client.db('d').collection('c').insertOne({ a: 1 }))
    await first.stop()
    // Without the option, as most would start it again.
    const again = await startGantry([], dataDir)
    try {
      assert.equal(again.credentials().connectString, connectString)
      await withClient(connectString, async (client) => {
        assert.equal(await client.db('d').collection('c').countDocuments(), 1)
      })
    } finally {
      await again.stop()
    }
  })

  test('moves when somebody else has it, and the connection string with it', async () => {
    const dataDir = join(folder, 'moved')
    const first = await startGantry([], dataDir)
    const { connectString } = first.credentials()
    const port = portOf(first)
    await first.stop()
    const other = (await listenAt(port)) ?? assert.fail(`port ${port} is taken`)
    const again = await startGantry([], dataDir)
    try {
      const moved = portOf(again)
      assert.notEqual(moved, port)
      assert.match(again.stderr(), new RegExp(`port ${port} is taken.*"?default.* ${moved}`))
      const uri = again.credentials().connectString
      assert.equal(uri, connectString.replace(`:${port}/`, `:${moved}/`))
      await withClient(uri, (client) => client.db('d').command({ ping: 1 }))
    } finally {
      other.close()
      await again.stop()
    }
  })

  test('is no other than the one that was asked for', async () => {
    const other = (await listenAt(0)) ?? assert.fail('no port is free')
    const port = String((other.address() as AddressInfo).port)
    try {
      const refused = new RegExp(`status 1.*cannot listen.*port ${port}`, 's')
      await assert.rejects(startGantry(['--mongo-port', port]), refused)
    } finally {
      other.close()
    }
  })

  test('is closed at SIGTERM, and drivers that are connected do not hold it up', async () => {
    const gantry = await startGantry()
    const { connectString } = gantry.credentials()
    const { hostname, port } = new URL(connectString)
    const silent = connect(Number(port), hostname).on('error', () => {})
    await once(silent, 'connect')
    const ended = once(silent.resume(), 'close')
    await withClient(connectString, async (client) => {
      await client.db('d').collection('things').insertOne({ a: 1 })
      gantry.signal('SIGTERM')
      assert.deepEqual(await gantry.exit, { code: 0, signal: null })
    })
    await ended
    await gantry.stop()
  })
})

/** Programs in other languages, as far as their drivers are installed: the test says how. */
const programs = [
  {
    name: 'PyMongo',
    probe: ['/usr/bin/python3', '-c', 'import pymongo'],
    run: ['/usr/bin/python3', 'pymongo_program.py'],
    install: 'apt-get install python3-pymongo',
  },
  {
    name: "PHP's extension",
    probe: ['php', '-r', "exit(extension_loaded('mongodb') ? 0 : 1);"],
    run: ['php', 'php_program.php'],
    install: 'apt-get install php-cli php-mongodb',
  },
  {
    name: 'mongosh',
    probe: ['mongosh', '--version'],
    run: ['mongosh', 'mongosh_program.js'],
    install: 'npm install --global --ignore-scripts mongosh',
  },
]

describe('a program with', () => {
  let gantry: GantryProcess
  before(async () => {
    gantry = await startGantry()
  })
  after(() => gantry.stop())

  for (const { name, probe, run, install } of programs) {
    const [probeCommand, ...probeArgs] = probe
    const isThere = spawnSync(probeCommand, probeArgs).status === 0
    const skip = !isThere && `NOT TESTED, as ${name} is not installed. To have it: ${install}`
    if (skip) process.stderr.write(`${skip}\n`)
    test(`${name} connects, writes, finds, indexes, aggregates, uses transactions`, {
      skip,
    }, () => {
      const [command, file] = run
      const path = fileURLToPath(new URL(`../../drivers/${file}`, import.meta.url))
      const { connectString } = gantry.credentials()
      const args = command === 'mongosh' ? [connectString, '--quiet', path] : [path, connectString]
      assert.match(execFileSync(command, args, { encoding: 'utf8' }), /^done$/m)
    })
  }
})
