import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { v1 as endpoints } from '@gantry/api'
import { inject } from 'light-my-request'
import type { Control } from '../../control/control.js'
import type { Instance } from '../../control/instances/instances.js'
import { openV1App, type V1App } from '../../testing/v1-app.js'
import { type App, buildApp } from '../app.js'

/** Paths with something in place of their parameters. */
const paths = Object.values(endpoints).map((endpoint) => ({
  ...endpoint,
  path: endpoint.path.replace('{db}', 'd').replace('{collection}', 'c'),
}))

describe('API v1 with the key of an instance that is no MongoDB', () => {
  let v1: V1App
  let app: App
  before(async () => {
    v1 = await openV1App()
    const [mongodb] = v1.control.instances.all()
    const redis: Instance = { ...mongodb, name: 'cache', service: 'redis' }
    const instances = { ...v1.control.instances, byApiKey: () => redis }
    app = await buildApp({
      control: { ...v1.control, instances },
      logLevel: 'silent',
      resultLimit: 0,
    })
  })
  after(async () => {
    await app.close()
    await v1.close()
  })

  for (const { path, services } of paths) {
    test(path, async () => {
      const { statusCode, payload } = await inject(app.handle, { url: `${path}?api_key=redis` })
      assert.equal(statusCode, 200)
      const text = 'not supported for service redis'
      if (services.includes('redis')) assert.doesNotMatch(payload, /not supported/)
      else assert.deepEqual(JSON.parse(payload), { rc: 1, data: text, msg: text })
    })
  }
})

describe('a fault of our own over API v1', () => {
  for (const { path } of paths) {
    test(`is an internal error at ${path}`, async () => {
      const instances = {
        byApiKey() {
          throw new TypeError('secret detail')
        },
      }
      const control = { instances } as unknown as Control
      const app = await buildApp({ control, logLevel: 'silent', resultLimit: 0 })
      const { statusCode, payload } = await inject(app.handle, { url: `${path}?api_key=any` })
      assert.equal(statusCode, 500)
      const text = 'internal error'
      assert.deepEqual(JSON.parse(payload), { rc: 1, data: text, msg: text })
      await app.close()
    })
  }
})
