import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { type Doc, decodeDocument, encodeDocument, RawValue } from '@gantry/bson'
import { AppError, isDatabaseError } from '../errors.js'
import type { Command, Deployment } from './deployment.js'
import type { RunningMongodb, ServiceSpec } from './driver.js'
import { drivers } from './drivers.js'

const spec: ServiceSpec = {
  type: 'mongodb_replica_set',
  version: '3.0.5',
  plan: 1,
  settings: {},
  user: 'admin',
  password: 'secret',
}

/** What every driver of MongoDB must do, and its deployment. */
for (const [mode, driver] of Object.entries(drivers.mongodb)) {
  describe(`the ${mode} driver of MongoDB`, () => {
    let folder: string
    let service: RunningMongodb
    let deployment: Deployment
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'gantry-driver-'))
    })
    beforeEach(async () => {
      service = await driver.start(spec, { folder: join(folder, 'a') })
      deployment = service.deployment
    })
    afterEach(() => service.stop())
    after(() => rmSync(folder, { recursive: true }))

    async function idsOf(command: Command): Promise<unknown[]> {
      const ids: unknown[] = []
      for await (const batch of deployment.batches('d', command)) {
        for (const { buf, at } of batch) ids.push(decodeDocument(buf, at).get('_id'))
      }
      return ids
    }

    test('says which service it is, and answers', async () => {
      assert.equal(driver.service, 'mongodb')
      assert.equal(driver.mode, mode)
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
