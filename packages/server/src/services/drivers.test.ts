import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Doc, decodeDocument, encodeDocument, RawValue } from '@gantry/bson'
import { listen, openEngine } from '@gantry/engine'
import { AppError, isDatabaseError } from '../errors.js'
import type { Command, Deployment } from './deployment.js'
import type { RunningMongodb, ServiceDriver, ServiceSpec } from './driver.js'
import { driversWith } from './drivers.js'
import { shownUri } from './mongodb/remote-errors.js'

const spec: ServiceSpec = {
  type: 'mongodb_replica_set',
  version: '3.0.5',
  plan: 1,
  settings: {},
  user: 'admin',
  password: 'secret',
}

/** What a test ends, the last one first. */
type Ends = (() => Promise<void>)[]

/** A subject of the suite: a driver, and what it needs to be there. */
interface Subject {
  readonly name: string
  readonly driver: ServiceDriver<RunningMongodb>
  /** Sees to what the driver needs, which ends with the test; resolves with what to ask for. */
  prepare(folder: string, ends: Ends): Promise<ServiceSpec>
}

/** The engine as a process, unless there is MongoDB's own to be had. */
const engineProgram = fileURLToPath(new URL('../../../cli/bin/gantry-mongod.js', import.meta.url))
const mongod = process.env.GANTRY_TEST_MONGOD ?? engineProgram

const drivers = driversWith({
  mongodb: { mongod },
  elasticsearch: { home: undefined, heapMb: 512 },
})

const realMongodb = process.env.GANTRY_TEST_MONGODB_URI

const subjects: Subject[] = Object.values(drivers.mongodb).flatMap((driver) => {
  const name = `the ${driver.mode} driver of MongoDB`
  if (driver.mode === 'embedded') return { name, driver, prepare: async () => spec }
  if (driver.mode === 'managed') {
    const alone = { ...spec, type: 'mongodb_singledb' }
    return [
      { name: `${name}, of one server`, driver, prepare: async () => alone },
      { name: `${name}, of a replica set`, driver, prepare: async () => spec },
    ]
  }
  const attached = { name: `${name}, to an embedded engine`, driver, prepare: listenForDrivers }
  if (realMongodb === undefined) return attached
  const uri = realMongodb
  return [attached, { name: `${name}, to ${shownUri(uri)}`, driver, prepare: () => real(uri) }]
})

async function listenForDrivers(folder: string, ends: Ends): Promise<ServiceSpec> {
  const engine = await openEngine({ path: join(folder, 'engine') })
  const { user, password } = spec
  const body = encodeDocument({ createUser: user, pwd: password, roles: ['root'], $db: 'admin' })
  await engine.run(engine.connect({ internal: true }), { body })
  const listener = await listen(engine, { port: 0 })
  ends.push(
    () => engine.close(),
    () => listener.close(),
  )
  return { ...spec, uri: `mongodb://${user}:${password}@127.0.0.1:${listener.port}/` }
}

async function real(uri: string): Promise<ServiceSpec> {
  const { username } = new URL(uri)
  return { ...spec, uri, user: decodeURIComponent(username) }
}

test('managed MongoDB is tested with a mongod of MongoDB', (t) => {
  if (mongod === engineProgram)
    t.skip('set GANTRY_TEST_MONGOD to its path; the embedded engine stands in for it')
})

test('the drivers are tested against a MongoDB too', (t) => {
  if (realMongodb === undefined)
    t.skip('set GANTRY_TEST_MONGODB_URI to a MongoDB that may be written to')
})

/** What every driver of MongoDB must do, and its deployment. */
for (const { name, driver, prepare } of subjects) {
  describe(name, () => {
    let folder: string
    let spec: ServiceSpec
    let service: RunningMongodb
    let deployment: Deployment
    const ends: Ends = []
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'gantry-driver-'))
      spec = await prepare(folder, ends)
    })
    beforeEach(async () => {
      service = await driver.start(spec, { folder: join(folder, 'a') })
      deployment = service.deployment
      await deployment.command('d', { dropDatabase: 1 })
    })
    afterEach(() => service.stop())
    after(async () => {
      for (const end of ends.reverse()) await end()
      rmSync(folder, { recursive: true })
    })

    async function idsOf(command: Command): Promise<unknown[]> {
      const ids: unknown[] = []
      for await (const batch of deployment.batches('d', command)) {
        for (const { buf, at } of batch) ids.push(decodeDocument(buf, at).get('_id'))
      }
      return ids
    }

    test('says which service it is, and answers', async () => {
      assert.equal(driver.service, 'mongodb')
      await service.health()
      const reply = decodeDocument(await deployment.command('d', { ping: 1 }))
      assert.ok(reply.has('ok'))
    })

    test('starts again with its data', async () => {
      await deployment.insert('d', 'kept', { _id: 1 })
      await service.stop()
      service = await driver.start(spec, { folder: join(folder, 'a') })
      deployment = service.deployment
      assert.deepEqual(await idsOf({ find: 'kept' }), [1])
    })

    test('has the user with full rights who is asked for', async () => {
      const reply = decodeDocument(await deployment.command('admin', { usersInfo: spec.user }))
      assert.equal((reply.get('users') as Doc[])[0].get('user'), spec.user)
    })

    test('writes, and counts what it wrote to', async () => {
      const raw = RawValue.document(encodeDocument({ _id: 2, n: 0 }))
      await deployment.insert('d', 'written', { _id: 1, n: 0 })
      await deployment.insert('d', 'written', raw)
      const inc = { $inc: { n: 1 } }
      assert.equal(await deployment.update('d', 'written', { n: 0 }, inc), 1)
      assert.equal(await deployment.update('d', 'written', {}, inc, { multi: true }), 2)
      assert.equal(await deployment.update('d', 'written', { _id: 9 }, inc), 0)
      await deployment.update('d', 'written', { _id: 3 }, { n: 7 }, { upsert: true })
      assert.deepEqual(await idsOf({ find: 'written', filter: { n: 7 } }), [3])
      assert.equal(await deployment.delete('d', 'written', { _id: { $lt: 3 } }), 2)
      assert.deepEqual(await idsOf({ find: 'written' }), [3])
    })

    test('inserts many, and leaves out what is there already if told to', async () => {
      const raw = (id: number) => RawValue.document(encodeDocument({ _id: id }))
      assert.equal(await deployment.insertMany('d', 'bulk', [raw(2), raw(1)]), 2)
      const again = deployment.insertMany('d', 'bulk', [raw(3), raw(1), raw(4)])
      await assert.rejects(again, (error) => isDatabaseError(error, 'DuplicateKey'))
      const rest = [raw(1), raw(4), raw(5)]
      assert.equal(await deployment.insertMany('d', 'bulk', rest, { skipExisting: true }), 2)
      assert.deepEqual(await idsOf({ find: 'bulk', sort: { _id: 1 } }), [1, 2, 3, 4, 5])
      await deployment.command('d', { create: 'checked', validator: { a: 1 } })
      await assert.rejects(deployment.insertMany('d', 'checked', [raw(1)]), (error) =>
        isDatabaseError(error, 'DocumentValidationFailure'),
      )
      const bypassDocumentValidation = true
      const options = { bypassDocumentValidation }
      assert.equal(await deployment.insertMany('d', 'checked', [raw(1)], options), 1)
    })

    test("refuses with the database's own error", async () => {
      await deployment.insert('d', 'unique', { _id: 1 })
      const again = deployment.insert('d', 'unique', { _id: 1 })
      await assert.rejects(again, (error) => isDatabaseError(error, 'DuplicateKey'))
      const unknown = deployment.command('d', { noSuchCommand: 1 })
      await assert.rejects(unknown, (error) => {
        assert.ok(error instanceof AppError)
        assert.equal(error.kind, 'database')
        return isDatabaseError(error, 'CommandNotFound')
      })
      await assert.rejects(idsOf({ find: 'unique', filter: { $no: 1 } }), /\$no/)
    })

    test('asks one member', async () => {
      const hello = decodeDocument(await deployment.command('admin', { hello: 1 }))
      const member = await service.member(String(hello.get('me')))
      const reply = decodeDocument(await member.command('admin', { hello: 1 }))
      assert.equal(reply.get('setName'), hello.get('setName'))
    })

    test('hands over many results in batches, and none of what is not there', async () => {
      const count = 2000
      for (let id = 0; id < count; id++) await deployment.insert('d', 'many', { _id: id })
      assert.deepEqual(
        await idsOf({ find: 'many' }),
        Array.from({ length: count }, (_, id) => id),
      )
      assert.deepEqual(await idsOf({ find: 'nowhere' }), [])
      for await (const batch of deployment.batches('d', { find: 'many' })) {
        assert.ok(batch.length < count)
        break
      }
    })
  })
}
