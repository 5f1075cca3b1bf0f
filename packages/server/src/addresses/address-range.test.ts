import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { addressSet, LOOPBACK, parseRange, parseRanges } from './address-range.js'

const contained: [ranges: string, address: string | undefined, has: boolean][] = [
  ['1.2.3.4', '1.2.3.4', true],
  ['1.2.3.4', '1.2.3.5', false],
  ['1.2.3.4/32', '1.2.3.4', true],
  ['5.6.7.8/24', '5.6.7.1', true],
  ['5.6.7.8/24', '5.6.8.8', false],
  ['5.6.7.8/24', '::ffff:5.6.7.1', true],
  ['0.0.0.0/0', '255.255.255.255', true],
  ['0.0.0.0/0', '::1', false],
  ['0.0.0.0/1', '128.0.0.1', false],
  ['10.0.0.0/8, 192.168.0.1', '192.168.0.1', true],
  ['fd00::/8', 'fd12::1', true],
  ['::/0', 'fe80::1', true],
  ['0.0.0.0/0', undefined, false],
  ['0.0.0.0/0', 'nonsense', false],
]

describe('ranges of addresses', () => {
  for (const [ranges, address, has] of contained) {
    test(`${ranges} ${has ? 'has' : 'has not'} ${address}`, () => {
      assert.equal(addressSet(parseRanges(ranges) ?? []).has(address), has)
    })
  }

  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4/33',
    '1.2.3.4/',
    '1.2.3.4/01',
    '::1/129',
    'a.b.c.d',
    '1.2.3.4 ',
  ]) {
    test(`"${text}" is none`, () => assert.equal(parseRange(text), undefined))
  }

  test('the loopback is the whole of 127.0.0.0/8 and ::1', () => {
    const has = ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'].map(LOOPBACK.has)
    assert.deepEqual(has, [true, true, true, true])
    assert.deepEqual(['126.0.0.1', '::2', '10.0.0.1'].map(LOOPBACK.has), [false, false, false])
  })
})
