import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { type Doc, decodeDocument } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { driversWith } from '../../services/drivers.js'
import { openEmbedded } from '../../services/mongodb/embedded.js'
import { openSecrets } from '../secrets.js'
import { type State, stateIn } from '../state.js'
import { API_KEY, type Instance, instances, USER_PASSWORD } from './instances.js'
import { type InstanceRegistry, openRegistry } from './registry.js'

describe('the registry of instances', () => {
  let folder: string
  let state: State
  let registry: InstanceRegistry
  const ids = { good: '0'.repeat(24), bad: '1'.repeat(24) }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-registry-'))
    state = stateIn(await openEmbedded(join(folder, 'system')))
    const secrets = await openSecrets(join(folder, 'key'), true)
    await state.prepare(instances)
    for (const [name, id] of Object.entries(ids)) {
      const record: Instance = {
        id,
        account: '2'.repeat(24),
        name,
        service: 'mongodb',
        mode: 'embedded',
        type: 'mongodb_replica_set',
        version: '3.0.5',
        zone: 'local',
        plan: 1,
        state: 'ACTIVE',
        settings: { journal: true, cache: 2, ratio: 0.5, policy: 'none' },
        apiKeyHash: secrets.lookupHash(`key of ${name}`),
        apiKeySealed: secrets.seal(`key of ${name}`, API_KEY),
        user: 'admin',
        passwordSealed: secrets.seal('x', USER_PASSWORD),
        databases: [],
        port: 0,
        isFirst: false,
        createdMs: 1350873424334,
      }
      await state.save(instances, record)
      assert.deepEqual((await state.list(instances)).at(-1), record)
    }
    const parts = {
      state,
      secrets,
      folder: join(folder, 'instances'),
      drivers: driversWith({ elasticsearch: { home: undefined, heapMb: 512 } }),
      server: 'here',
    }
    registry = await openRegistry(parts)
  })
  afterEach(async () => {
    await registry.close()
    await state.close()
    rmSync(folder, { recursive: true })
  })

  const byName = (name: string) => registry.byApiKey(`key of ${name}`) ?? assert.fail(name)

  test('finds an instance by its key alone, and again', () => {
    for (let time = 0; time < 2; time++) {
      assert.equal(byName('good').id, ids.good)
      assert.equal(registry.byApiKey('key of nobody'), undefined)
      assert.equal(registry.byApiKey(''), undefined)
    }
  })

  test('an instance has the user whom its connection string will name', async () => {
    const deployment = await registry.mongodb(byName('good'))
    const reply = decodeDocument(await deployment.command('admin', { usersInfo: 'admin' }))
    assert.equal((reply.get('users') as Doc[])[0].get('user'), 'admin')
  })

  test('an instance that fails is named, leaves the others alone and is tried again', async () => {
    mkdirSync(join(folder, 'instances'))
    writeFileSync(join(folder, 'instances', ids.bad), 'no folder')
    const failed = await registry.startAll()
    assert.deepEqual(
      failed.map(({ instance }) => instance.name),
      ['bad'],
    )
    await (await registry.mongodb(byName('good'))).command('d', { ping: 1 })
    await assert.rejects(registry.mongodb(byName('bad')), (error) => {
      return (
        error instanceof AppError && error.kind === 'unavailable' && /"bad"/.test(error.message)
      )
    })
    rmSync(join(folder, 'instances', ids.bad))
    await (await registry.mongodb(byName('bad'))).command('d', { ping: 1 })
  })

  test('remembers a database that was made by name', async () => {
    await registry.addDatabase(byName('good'), 'made')
    await registry.addDatabase(byName('good'), 'made')
    assert.deepEqual(byName('good').databases, ['made'])
    const [stored] = (await state.list(instances)).filter(({ id }) => id === ids.good)
    assert.deepEqual(stored.databases, ['made'])
  })
})
