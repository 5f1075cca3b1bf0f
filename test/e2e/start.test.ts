import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startGantry } from '../support/gantry-process.js'

describe('gantry serve', () => {
  test('gets ready, answers, and leaves on SIGTERM', async () => {
    const gantry = await startGantry(['--port', '0'])
    try {
      const response = await fetch(`${gantry.url}/healthz`)
      assert.equal(response.status, 200)
      assert.equal((await fetch(`${gantry.url}/no-such-path`)).status, 404)
    } finally {
      gantry.signal('SIGTERM')
    }
    assert.deepEqual(await gantry.exit, { code: 0, signal: null })
  })

  test('refuses an unknown option with status 2', async () => {
    await assert.rejects(startGantry(['--no-such-option']), /status 2.*no-such-option/s)
  })
})
