import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublicAddress } from './public-addresses.js'

const cases: [string, boolean][] = [
  ['8.8.8.8', true],
  ['172.15.0.1', true],
  ['2606:4700::1111', true],
  ['127.0.0.1', false],
  ['10.1.2.3', false],
  ['172.31.255.255', false],
  ['192.168.0.1', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['0.0.0.0', false],
  ['255.255.255.255', false],
  ['::', false],
  ['::1', false],
  ['::ffff:10.0.0.1', false],
  ['::ffff:7f00:1', false],
  ['::ffff:8.8.8.8', true],
  ['::7f00:1', false],
  ['64:ff9b::7f00:1', false],
  ['2002:7f00:1::', false],
  ['fd00::1', false],
  ['fe80::1%eth0', false],
  ['example.com', false],
]
for (const [address, expected] of cases) {
  test(`${address} is ${expected ? 'a' : 'no'} public address`, () => {
    assert.equal(isPublicAddress(address), expected)
  })
}
