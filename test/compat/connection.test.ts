import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import {
  MongoClient,
  type MongoClientOptions,
  MongoServerError,
  MongoServerSelectionError,
  ObjectId,
} from 'mongodb'
import { type EngineServer, startEngineServer } from '../support/engine-server.js'

let server: EngineServer

before(async () => {
  server = await startEngineServer()
})
after(() => server.close())

async function withClient<T>(
  uri: string,
  use: (client: MongoClient) => Promise<T>,
  options: MongoClientOptions = {},
): Promise<T> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000, ...options })
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

const isError = (code: number) => (error: unknown) =>
  error instanceof MongoServerError && error.code === code

describe('a driver', () => {
  for (const options of [
    '',
    '&replicaSet=gantry',
    '&directConnection=true',
    '&authMechanism=SCRAM-SHA-1',
    '&authMechanism=SCRAM-SHA-256',
    '&serverMonitoringMode=poll',
    '&compressors=zlib',
    '&compressors=snappy,zlib',
  ]) {
    test(`connects and gets what it has stored${options && ` with ${options.slice(1)}`}`, async () => {
      await withClient(server.uri(options), async (client) => {
        const name = `c${options.replaceAll(/\W/g, '')}`
        const collection = client.db('connection').collection<{ _id: number; text: string }>(name)
        const text = 'text '.repeat(500)
        await collection.insertMany([
          { _id: 1, text },
          { _id: 2, text: '' },
        ])
        assert.deepEqual(await collection.find().sort({ _id: 1 }).toArray(), [
          { _id: 1, text },
          { _id: 2, text: '' },
        ])
      })
    })
  }

  test('sees the primary of a replica set of one', async () => {
    await withClient(server.uri('&replicaSet=gantry'), async (client) => {
      const described = once(client, 'topologyDescriptionChanged')
      await client.connect()
      await described
      const hello = await client.db('admin').command({ hello: 1 })
      assert.equal(hello.isWritablePrimary, true)
      assert.equal(hello.setName, 'gantry')
      assert.deepEqual(hello.hosts, [`127.0.0.1:${server.listener.port}`])
      assert.equal(hello.me, hello.primary)
      assert.equal(hello.maxWireVersion, 25)
    })
  })

  test('is told the time of what it does', async () => {
    await withClient(server.uri(), async (client) => {
      const session = client.startSession()
      const collection = client.db('connection').collection('times')
      await collection.insertOne({ _id: 1 as never }, { session })
      const before = session.operationTime
      await collection.insertOne({ _id: 2 as never }, { session })
      assert.ok(before && session.operationTime?.greaterThan(before))
      assert.equal((await collection.find({}, { session }).toArray()).length, 2)
      await session.endSession()
    })
  })

  test('that awaits a change of the topology waits for just so long', async () => {
    await withClient(`mongodb://127.0.0.1:${server.listener.port}/`, async (client) => {
      const admin = client.db('admin')
      const { topologyVersion } = await admin.command({ hello: 1 })
      let answered = false
      const waiting = admin.command({ hello: 1, topologyVersion, maxAwaitTimeMS: 300 })
      void waiting.then(() => {
        answered = true
      })
      await admin.command({ ping: 1 })
      assert.equal(answered, false)
      assert.deepEqual((await waiting).topologyVersion, topologyVersion)
      const stale = { ...topologyVersion, processId: new ObjectId() }
      const reply = await admin.command({ hello: 1, topologyVersion: stale, maxAwaitTimeMS: 1e9 })
      assert.deepEqual(reply.topologyVersion, topologyVersion)
      await assert.rejects(admin.command({ hello: 1, topologyVersion }), isError(31368))
      await assert.rejects(admin.command({ hello: 1, client: {} }), isError(186))
    })
  })

  test('is refused another replica set', async () => {
    await assert.rejects(
      withClient(server.uri('&replicaSet=other'), (client) => client.connect(), {
        serverSelectionTimeoutMS: 300,
      }),
      (error) => error instanceof MongoServerSelectionError,
    )
  })

  test('reads a cursor over many batches on several connections', async () => {
    await withClient(server.uri('&maxPoolSize=8'), async (client) => {
      const collection = client.db('connection').collection('many')
      await collection.insertMany(Array.from({ length: 1_000 }, (_, i) => ({ i })))
      const counts = await Promise.all(
        Array.from({ length: 8 }, async () => {
          let count = 0
          for await (const _ of collection.find({}, { batchSize: 37 })) count++
          return count
        }),
      )
      assert.deepEqual(counts, new Array(8).fill(1_000))
    })
  })

  test('gets a message of several megabytes through', async () => {
    await withClient(server.uri(), async (client) => {
      const collection = client.db('connection').collection('large')
      const text = 'x'.repeat(4_000_000)
      await collection.insertMany(Array.from({ length: 5 }, () => ({ text })))
      const sizes = (await collection.find().toArray()).map((doc) => doc.text.length)
      assert.deepEqual(sizes, new Array(5).fill(4_000_000))
    })
  })
})

describe('without credentials', () => {
  test('only the handshake and the like are answered', async () => {
    const uri = `mongodb://127.0.0.1:${server.listener.port}/`
    await withClient(uri, async (client) => {
      const admin = client.db('admin')
      assert.equal((await admin.command({ hello: 1 })).ok, 1)
      assert.equal((await admin.command({ ping: 1 })).ok, 1)
      assert.equal((await admin.command({ buildInfo: 1 })).version, '8.0.0')
      const { authInfo } = await admin.command({ connectionStatus: 1, showPrivileges: true })
      assert.deepEqual(authInfo, {
        authenticatedUsers: [],
        authenticatedUserRoles: [],
        authenticatedUserPrivileges: [],
      })
      for (const command of [
        { find: 'c' },
        { insert: 'c', documents: [{}] },
        { listDatabases: 1 },
        { usersInfo: 1 },
        { createUser: 'x', pwd: 'x', roles: [] },
        { getParameter: '*' },
        { replSetGetStatus: 1 },
      ]) {
        await assert.rejects(admin.command(command), isError(13), JSON.stringify(command))
      }
      await assert.rejects(admin.command({ atlasVersion: 1 }), isError(59))
    })
  })

  test('finds the one mechanism that a user has', async () => {
    await withClient(server.uri(), async (client) => {
      for (const mechanism of ['SCRAM-SHA-1', 'SCRAM-SHA-256']) {
        const user = { createUser: mechanism, pwd: 'word', roles: [], mechanisms: [mechanism] }
        await client.db('admin').command(user)
        const ping = (other: MongoClient) => other.db('admin').command({ ping: 1 })
        assert.equal((await withClient(server.uri('', mechanism, 'word'), ping)).ok, 1)
      }
    })
  })

  for (const mechanism of ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'DEFAULT'] as const) {
    test(`${mechanism} refuses a wrong password and an unknown user alike`, async () => {
      const messages: unknown[] = []
      for (const [user, password] of [
        ['root', 'wrong'],
        ['nobody', 'wrong'],
      ]) {
        const uri = server.uri(`&authMechanism=${mechanism}`, user, password)
        await assert.rejects(
          withClient(uri, (client) => client.connect()),
          (error) => {
            messages.push((error as Error).message)
            return isError(18)(error)
          },
        )
      }
      assert.equal(messages[0], messages[1])
    })
  }
})

describe('a user', () => {
  test('may do what the roles allow, from the next command on', async () => {
    await server.run({ createUser: 'ann', pwd: 'one', roles: ['read'], $db: 'shop' })
    await withClient(server.uri('', 'ann', 'one', 'shop'), async (client) => {
      const goods = client.db('shop').collection('goods')
      assert.deepEqual(await goods.find().toArray(), [])
      await assert.rejects(goods.insertOne({ a: 1 }), isError(13))
      await assert.rejects(client.db('other').collection('c').findOne(), isError(13))

      await server.run({ grantRolesToUser: 'ann', roles: ['readWrite'], $db: 'shop' })
      await goods.insertOne({ a: 1 })
      const { databases } = await client.db('admin').command({ listDatabases: 1, nameOnly: true })
      assert.deepEqual(databases, [{ name: 'shop' }])

      await server.run({ revokeRolesFromUser: 'ann', roles: ['readWrite'], $db: 'shop' })
      await assert.rejects(goods.insertOne({ a: 2 }), isError(13))
      assert.equal((await goods.find().toArray()).length, 1)

      await server.run({ dropUser: 'ann', $db: 'shop' })
      await assert.rejects(goods.findOne(), isError(13))
    })
    await assert.rejects(
      withClient(server.uri('', 'ann', 'one', 'shop'), (client) => client.connect()),
      isError(18),
    )
  })

  test('logs in with a new password after the old one was changed', async () => {
    await server.run({ createUser: 'bob', pwd: 'öld', roles: [] })
    await withClient(server.uri('', 'bob', 'öld'), (client) => client.connect())
    await server.run({ updateUser: 'bob', pwd: 'new' })
    await withClient(server.uri('', 'bob', 'new'), (client) => client.connect())
    await assert.rejects(
      withClient(server.uri('', 'bob', 'öld'), (client) => client.connect()),
      isError(18),
    )
  })

  test('with a role of its own reaches just that', async () => {
    await server.run({
      createRole: 'counter',
      privileges: [{ resource: { db: 'shop', collection: 'visits' }, actions: ['find', 'insert'] }],
      roles: [],
      $db: 'shop',
    })
    await server.run({ createUser: 'eve', pwd: 'e', roles: ['counter'], $db: 'shop' })
    await withClient(server.uri('', 'eve', 'e', 'shop'), async (client) => {
      const shop = client.db('shop')
      await shop.collection('visits').insertOne({ n: 1 })
      await assert.rejects(shop.collection('goods').findOne(), isError(13))
      await assert.rejects(shop.command({ usersInfo: 1 }), isError(13))
      const { users } = await shop.command({ usersInfo: 'eve', showPrivileges: true })
      assert.deepEqual(users[0].inheritedPrivileges, [
        { resource: { db: 'shop', collection: 'visits' }, actions: ['find', 'insert'] },
      ])
      await server.run({ dropRole: 'counter', $db: 'shop' })
      await assert.rejects(shop.collection('visits').findOne(), isError(13))
    })
  })

  test('needs each right that a command with options asks for', async () => {
    const actions = ['find', 'update']
    const resource = { db: 'shop', collection: 'stock' }
    await server.run({
      createRole: 'keeper',
      privileges: [{ resource, actions }],
      roles: [],
      $db: 'shop',
    })
    await server.run({ createUser: 'kim', pwd: 'k', roles: ['keeper'], $db: 'shop' })
    await server.run({ insert: 'stock', documents: [{ _id: 1 }], $db: 'shop' })
    await withClient(server.uri('', 'kim', 'k', 'shop'), async (client) => {
      const stock = client.db('shop').collection<{ _id: number }>('stock')
      const set = { $set: { n: 1 } }
      await stock.updateOne({ _id: 1 }, set)
      await stock.findOneAndUpdate({ _id: 1 }, set)
      await assert.rejects(stock.updateOne({ _id: 2 }, set, { upsert: true }), isError(13))
      await assert.rejects(stock.findOneAndUpdate({ _id: 2 }, set, { upsert: true }), isError(13))
      await assert.rejects(stock.findOneAndDelete({ _id: 1 }), isError(13))
      await assert.rejects(client.db('shop').collection('goods').find().explain(), isError(13))
    })
  })

  test('from elsewhere than the restrictions say is not let in', async () => {
    const restrictions = [{ clientSource: ['10.0.0.0/8'] }]
    await server.run({
      createUser: 'far',
      pwd: 'f',
      roles: [],
      authenticationRestrictions: restrictions,
    })
    await assert.rejects(
      withClient(server.uri('', 'far', 'f'), (client) => client.connect()),
      isError(18),
    )
    await server.run({
      updateUser: 'far',
      authenticationRestrictions: [{ clientSource: ['127.0.0.0/8'], serverAddress: ['127.0.0.1'] }],
    })
    await withClient(server.uri('', 'far', 'f'), (client) => client.connect())
  })

  test('cannot go on with the cursor of another user', async () => {
    await server.run({ createUser: 'reader', pwd: 'r', roles: ['readAnyDatabase'] })
    await withClient(server.uri(), async (root) => {
      await root.db('shop').collection('list').insertMany([{}, {}, {}])
      const { cursor } = await root.db('shop').command({ find: 'list', batchSize: 1 })
      const more = { getMore: cursor.id, collection: 'list', batchSize: 1 }
      await withClient(server.uri('', 'reader', 'r'), async (reader) => {
        await assert.rejects(reader.db('shop').command(more), isError(13))
        await assert.rejects(
          reader.db('shop').command({ killCursors: 'list', cursors: [cursor.id] }),
          isError(13),
        )
      })
      assert.equal((await root.db('shop').command(more)).cursor.nextBatch.length, 1)
    })
  })
})

describe('commands on users and roles', () => {
  const failures: { command: Record<string, unknown>; code: number }[] = [
    { command: { createUser: 'root', pwd: 'x', roles: [] }, code: 51003 },
    { command: { createUser: 'x', roles: [] }, code: 2 },
    { command: { createUser: 'x', pwd: 'x', roles: ['none'] }, code: 31 },
    { command: { createUser: 'x', pwd: 'x', roles: [7] }, code: 2 },
    { command: { createUser: 'x', pwd: 'x' }, code: 40414 },
    { command: { createUser: 'x', pwd: 'x', roles: [], mechanisms: ['PLAIN'] }, code: 2 },
    { command: { createUser: 'x', pwd: 'x', roles: [], surprise: 1 }, code: 40415 },
    { command: { updateUser: 'nobody', pwd: 'x' }, code: 11 },
    { command: { updateUser: 'root' }, code: 2 },
    { command: { dropUser: 'nobody' }, code: 11 },
    { command: { grantRolesToUser: 'nobody', roles: ['read'] }, code: 11 },
    { command: { createRole: 'root', privileges: [], roles: [] }, code: 2 },
    { command: { updateRole: 'root', roles: [] }, code: 36 },
    { command: { dropRole: 'none' }, code: 31 },
    {
      command: {
        createRole: 'x',
        privileges: [{ resource: { cluster: true }, actions: ['fly'] }],
        roles: [],
      },
      code: 2,
    },
    { command: { usersInfo: { forAllDBs: true }, showPrivileges: true }, code: 20 },
    { command: { getParameter: 1 }, code: 72 },
    { command: { getLog: 'none' }, code: 96 },
  ]
  for (const { command, code } of failures) {
    test(`${JSON.stringify(command)} fails with ${code}`, async () => {
      await withClient(server.uri(), async (client) => {
        await assert.rejects(client.db('admin').command(command), isError(code))
      })
    })
  }

  test('show users without and with their credentials', async () => {
    await withClient(server.uri(), async (client) => {
      const admin = client.db('admin')
      const { users } = await admin.command({ usersInfo: 'root' })
      assert.deepEqual(Object.keys(users[0]), [
        '_id',
        'userId',
        'user',
        'db',
        'roles',
        'mechanisms',
      ])
      const shown = await admin.command({ usersInfo: 'root', showCredentials: true })
      assert.equal(shown.users[0].credentials['SCRAM-SHA-256'].iterationCount, 15_000)
      const stored = await admin.collection('system.users').findOne({ user: 'root' })
      assert.deepEqual(stored?.roles, [{ role: 'root', db: 'admin' }])
    })
  })

  test('make, change and show roles', async () => {
    await withClient(server.uri(), async (client) => {
      const db = client.db('roles')
      await db.command({ createRole: 'a', privileges: [], roles: ['read'] })
      await db.command({ createRole: 'b', privileges: [], roles: ['a'] })
      await assert.rejects(db.command({ grantRolesToRole: 'a', roles: ['b'] }), isError(36))
      const find = { resource: { db: 'roles', collection: 'c' }, actions: ['find', 'insert'] }
      await db.command({ grantPrivilegesToRole: 'a', privileges: [find] })
      await db.command({
        revokePrivilegesFromRole: 'a',
        privileges: [{ ...find, actions: ['find'] }],
      })
      const { roles } = await db.command({ rolesInfo: 'b', showPrivileges: true })
      assert.deepEqual(roles[0].inheritedRoles, [
        { role: 'a', db: 'roles' },
        { role: 'read', db: 'roles' },
      ])
      const onC = roles[0].inheritedPrivileges.filter(
        ({ resource }: { resource: { collection: string } }) => resource.collection === 'c',
      )
      assert.deepEqual(onC, [{ ...find, actions: ['insert'] }])
      assert.equal((await db.command({ dropAllRolesFromDatabase: 1 })).n, 2)
    })
  })
})
