import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { encodeDocument, RawValue } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { openTestApp, type TestApp } from '../../testing/test-app.js'
import type { Instance } from '../instances/instances.js'
import { type QuotaLevel, quotasOf } from './quotas.js'

const CAPACITY = 200_000

describe('the quota of an instance', () => {
  let app: TestApp
  before(async () => {
    app = await openTestApp()
  })
  after(() => app.close())

  test('is warned of, then enforced over every way in, and lifted when there is room', async () => {
    const { instances, documents } = app.control
    const [instance] = instances.all()
    const levels: QuotaLevel[] = []
    const said: string[] = []
    const say = (_fields: object, message: string) => void said.push(message)
    let capacity = CAPACITY
    const quotas = quotasOf({
      registry: instances,
      log: { info: say, warn: say, error: say },
      refuses: () => true,
      capacityBytes: () => capacity,
    })
    quotas.onChange((_instance, { level }) => levels.push(level))
    const namespace = { db: 'd', collection: 'c' }
    const filler = (n: number, bytes: number) =>
      RawValue.document(encodeDocument({ _id: n, text: 'x'.repeat(bytes) }))
    const add = (n: number, bytes: number) => documents.save(instance, namespace, filler(n, bytes))
    const deployment = await instances.mongodb(instance)

    await quotas.measure()
    assert.equal(quotas.usage(instance)?.level, 'ok')
    const free = CAPACITY - (quotas.usage(instance)?.usedBytes ?? 0)
    await add(1, Math.round(free * 0.93))
    await quotas.measure()
    assert.deepEqual([levels, quotas.usage(instance)?.level], [['warning'], 'warning'])
    await add(2, free)
    await quotas.measure()
    assert.deepEqual(levels, ['warning', 'full'])
    assert.match(said.at(-1) ?? '', /has used \d+\.\d % of its plan.*refused/)

    const isRefused = (error: unknown) => {
      assert.ok(error instanceof AppError)
      assert.deepEqual([error.kind, error.details.codeName], ['database', 'OutOfDiskSpace'])
      assert.match(error.message, /"default" has used .* delete data, or give it a larger plan/)
      return true
    }
    await assert.rejects(add(3, 1), isRefused)
    await assert.rejects(deployment.insert('d', 'c', { _id: 3 }), isRefused)
    const { payload } = await app.inject({
      method: 'POST',
      url: '/db/d/collection/c/add',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: `api_key=${app.credentials.apiKey}&doc={"a":1}`,
    })
    assert.match(JSON.parse(payload).msg, /larger plan/)

    // A larger plan ends it, and so does room.
    capacity = 4 * CAPACITY
    await quotas.measure()
    await add(3, 1)
    capacity = CAPACITY
    await quotas.measure()
    await assert.rejects(add(4, 1), isRefused)
    assert.equal(await documents.delete(instance, namespace, filterOf({ _id: 2 })), 1)
    await quotas.measure()
    await add(4, 1)
    assert.deepEqual(levels, ['warning', 'full', 'ok', 'full', 'warning'])
  })

  test('is what the plan says, and the one of the first start is only measured', async () => {
    const { instances, quotas } = app.control
    const [instance] = instances.all()
    const of = (fields: Partial<Instance>) => quotas.capacityBytes({ ...instance, ...fields })
    assert.equal(of({ plan: 5 }), 5 * 2 ** 30)
    assert.equal(of({ service: 'redis', plan: 500 }), 500 * 2 ** 20)
    assert.equal(of({ service: 'elasticsearch', plan: 2 }), 2 * 2 ** 30)
    await quotas.measure()
    assert.ok((quotas.usage(instance)?.usedBytes ?? 0) > 0)
  })
})

function filterOf(filter: { readonly [field: string]: number }): RawValue {
  return RawValue.document(encodeDocument(filter))
}
