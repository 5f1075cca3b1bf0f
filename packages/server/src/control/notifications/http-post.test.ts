import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type HttpReceiver, openHttpReceiver } from '../../testing/http-receiver.js'
import { type Post, post } from './http-post.js'
import { Undelivered } from './undelivered.js'

describe('a notification over HTTP', () => {
  let receiver: HttpReceiver
  before(async () => {
    receiver = await openHttpReceiver()
  })
  after(() => receiver.close())

  const send = (more: Partial<Post> = {}) =>
    post({
      url: receiver.url,
      headers: {},
      body: '{}',
      signal: new AbortController().signal,
      mayReach: () => true,
      ...more,
    })

  test('to a receiver that says nothing comes to an end', async () => {
    receiver.answers = ['silent']
    await assert.rejects(send({ timeoutMs: 50 }), (error: Undelivered) => {
      assert.ok(error instanceof Undelivered)
      assert.match(error.message, /^127\.0\.0\.1:\d+ has not answered in time$/)
      assert.equal(error.isFinal, false)
      return true
    })
  })

  test('ends when the server stops', async () => {
    receiver.answers = ['silent']
    const stop = new AbortController()
    const before = receiver.received.length
    const sent = send({ signal: stop.signal })
    await receiver.until(before + 1)
    stop.abort()
    await assert.rejects(sent, Undelivered)
  })

  test('is told of the date until which the receiver wants to be left alone', async () => {
    const date = new Date(Date.now() + 120_000).toUTCString()
    for (const [said, least, most] of [
      [date, 60_000, 120_000],
      ['30', 30_000, 30_000],
      ['soon', 0, 0],
    ] as const) {
      receiver.answers = [{ status: 503, headers: { 'retry-after': said } }]
      await assert.rejects(send(), ({ pauseMs }: Undelivered) => {
        assert.ok(pauseMs >= least && pauseMs <= most, `${said}: ${pauseMs}`)
        return true
      })
    }
  })

  test('to where nobody is says so without the path, which may hold a secret', async () => {
    const other = await openHttpReceiver()
    await other.close()
    await assert.rejects(send({ url: `${other.url}/secret?token=secret` }), (error: Error) => {
      assert.equal(error.message, `${new URL(other.url).host} cannot be asked: ECONNREFUSED`)
      return true
    })
  })

  test('an address that may not be reached is not connected to, whatever stands for it', async () => {
    const { port } = new URL(receiver.url)
    const before = receiver.received.length
    for (const host of ['127.0.0.1', 'localhost', '127.1', '0x7f000001', '[::ffff:127.0.0.1]']) {
      const asked: string[] = []
      const mayReach = (address: string) => {
        asked.push(address)
        return false
      }
      await assert.rejects(send({ url: `http://${host}:${port}/`, mayReach }), { isFinal: true })
      assert.ok(asked.length > 0, host)
    }
    assert.equal(receiver.received.length, before)
  })
})
