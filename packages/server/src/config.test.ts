import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConfigError, readConfig } from './config.js'

describe('readConfig', () => {
  const cases = [
    { name: 'defaults', args: [], env: {}, host: '127.0.0.1', port: 8080 },
    { name: 'variables', args: [], env: { GANTRY_PORT: '0' }, host: '127.0.0.1', port: 0 },
    {
      name: 'a flag before a variable',
      args: ['--port=1', '--host', '::1'],
      env: { GANTRY_PORT: '2' },
      host: '::1',
      port: 1,
    },
  ]
  for (const { name, args, env, host, port } of cases) {
    test(name, () => assert.deepEqual({ ...readConfig(args, env) }, { host, port }))
  }

  test('reports all mistakes at once', () => {
    assert.throws(
      () => readConfig(['--port', '65536', '--host', ''], {}),
      (error) => error instanceof ConfigError && /host.*port/s.test(error.message),
    )
  })

  test('refuses an option that it does not know', () => {
    assert.throws(() => readConfig(['--prot', '1'], {}), ConfigError)
  })
})
