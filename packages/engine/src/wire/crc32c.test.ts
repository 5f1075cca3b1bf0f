import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { crc32c } from './crc32c.js'

describe('crc32c', () => {
  // From RFC 3720, appendix B.4, and the usual check value.
  const cases = [
    { name: 'the check string', bytes: Buffer.from('123456789'), crc: 0xe3069283 },
    { name: 'nothing', bytes: Buffer.alloc(0), crc: 0 },
    { name: '32 zeros', bytes: Buffer.alloc(32), crc: 0x8a9136aa },
    { name: '32 ones', bytes: Buffer.alloc(32, 0xff), crc: 0x62a8ab43 },
    {
      name: '0 to 31',
      bytes: Buffer.from(Array.from({ length: 32 }, (_, i) => i)),
      crc: 0x46dd794e,
    },
  ]
  for (const { name, bytes, crc } of cases) {
    test(name, () => assert.equal(crc32c(bytes), crc))
  }

  test('of a part', () => {
    assert.equal(crc32c(Buffer.from('x123456789yz'), 1, 10), 0xe3069283)
  })
})
