/** The polynomial of ECMA-182, reflected, in two halves: whole, it would be a BigInt, and those are slow. */
const POLYNOMIAL_HIGH = 0xc96c5795
const POLYNOMIAL_LOW = 0xd7870f42

/** One table per byte of eight that are taken at a time. */
const SLICES = 8
const high = new Int32Array(256 * SLICES)
const low = new Int32Array(256 * SLICES)
fillTables()

function fillTables(): void {
  for (let byte = 0; byte < 256; byte++) {
    let h = 0
    let l = byte
    for (let bit = 0; bit < 8; bit++) {
      const odd = l & 1
      l = (l >>> 1) | (h << 31)
      h >>>= 1
      if (odd) {
        h ^= POLYNOMIAL_HIGH
        l ^= POLYNOMIAL_LOW
      }
    }
    high[byte] = h
    low[byte] = l
  }
  for (let at = 256; at < 256 * SLICES; at++) {
    const h = high[at - 256]
    const l = low[at - 256]
    const row = l & 0xff
    low[at] = ((l >>> 8) | (h << 24)) ^ low[row]
    high[at] = (h >>> 8) ^ high[row]
  }
}

/**
 * A CRC-64 under way, with which an archive closes each collection: that of ECMA-182,
 * reflected, as Go's `hash/crc64` computes it.
 */
export class Crc64 {
  private high = -1
  private low = -1

  update(bytes: Uint8Array): void {
    let h = this.high
    let l = this.low
    let at = 0
    for (const end = bytes.length - 7; at < end; at += 8) {
      const a =
        l ^ (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24))
      const b =
        h ^ (bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16) | (bytes[at + 7] << 24))
      const i0 = 1792 + (a & 0xff)
      const i1 = 1536 + ((a >>> 8) & 0xff)
      const i2 = 1280 + ((a >>> 16) & 0xff)
      const i3 = 1024 + (a >>> 24)
      const i4 = 768 + (b & 0xff)
      const i5 = 512 + ((b >>> 8) & 0xff)
      const i6 = 256 + ((b >>> 16) & 0xff)
      const i7 = b >>> 24
      h = high[i0] ^ high[i1] ^ high[i2] ^ high[i3] ^ high[i4] ^ high[i5] ^ high[i6] ^ high[i7]
      l = low[i0] ^ low[i1] ^ low[i2] ^ low[i3] ^ low[i4] ^ low[i5] ^ low[i6] ^ low[i7]
    }
    for (; at < bytes.length; at++) {
      const row = (l ^ bytes[at]) & 0xff
      l = ((l >>> 8) | (h << 24)) ^ low[row]
      h = (h >>> 8) ^ high[row]
    }
    this.high = h
    this.low = l
  }

  /** As the signed 64-bit number that BSON holds. */
  digest(): bigint {
    const unsigned = (BigInt(~this.high >>> 0) << 32n) | BigInt(~this.low >>> 0)
    return BigInt.asIntN(64, unsigned)
  }
}
