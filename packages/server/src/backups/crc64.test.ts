import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Crc64 } from './crc64.js'

function crcOf(...pieces: readonly string[]): string {
  const crc = new Crc64()
  for (const piece of pieces) crc.update(Buffer.from(piece))
  return BigInt.asUintN(64, crc.digest()).toString(16)
}

describe('CRC-64', () => {
  // The check value that catalogues give for this CRC (CRC-64/XZ).
  test('of the digits 1 to 9', () => assert.equal(crcOf('123456789'), '995dc9bbdf1939fa'))
  test('of nothing', () => assert.equal(crcOf(), '0'))
  test('does not depend on how the bytes are cut', () => {
    const text = 'A longer text, so that whole groups of eight bytes occur and a rest.'
    for (let cut = 0; cut <= text.length; cut++) {
      assert.equal(crcOf(text.slice(0, cut), text.slice(cut)), crcOf(text))
    }
  })
  test('is signed, as BSON has it', () => {
    const crc = new Crc64()
    crc.update(Buffer.from('123456789'))
    assert.equal(crc.digest(), -0x66a2364420e6c606n)
  })
})
