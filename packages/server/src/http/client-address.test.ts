import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, test } from 'node:test'
import { addressSet, parseRanges } from '../addresses/address-range.js'
import { clientAddress } from './client-address.js'

const proxies = addressSet(parseRanges('10.0.0.1,192.168.0.0/16') ?? [])

const cases: [from: string, forwarded: string | undefined, seen: string][] = [
  ['10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['10.0.0.1', '203.0.113.9, 192.168.7.7', '203.0.113.9'],
  // What stands before somebody who is not trusted may be made up.
  ['10.0.0.1', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
  ['10.0.0.2', '203.0.113.9', '10.0.0.2'],
  ['10.0.0.1', undefined, '10.0.0.1'],
]

function request(remoteAddress: string, forwarded: string | undefined): IncomingMessage {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage
}

describe('the address of a caller', () => {
  for (const [remoteAddress, forwarded, seen] of cases) {
    test(`from ${remoteAddress}, forwarded for ${forwarded}`, () => {
      assert.equal(clientAddress(request(remoteAddress, forwarded), proxies), seen)
    })
  }

  test('is that of the socket when nobody is trusted', () => {
    assert.equal(clientAddress(request('10.0.0.1', '203.0.113.9'), undefined), '10.0.0.1')
  })
})
