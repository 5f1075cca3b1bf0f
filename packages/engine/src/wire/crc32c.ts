/** Four tables for four bytes per step, of the reflected Castagnoli polynomial. */
const tables = makeTables()

function makeTables(): readonly Uint32Array[] {
  const made = Array.from({ length: 4 }, () => new Uint32Array(256))
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    made[0][byte] = crc
  }
  for (let k = 1; k < 4; k++) {
    for (let byte = 0; byte < 256; byte++) {
      const previous = made[k - 1][byte]
      made[k][byte] = (previous >>> 8) ^ made[0][previous & 0xff]
    }
  }
  return made
}

/** The CRC-32C of the bytes from `start` up to `end`, as an unsigned number. */
export function crc32c(buf: Buffer, start = 0, end = buf.length): number {
  const [t0, t1, t2, t3] = tables
  let crc = 0xffffffff
  let at = start
  for (; at + 4 <= end; at += 4) {
    const word = crc ^ (buf[at] | (buf[at + 1] << 8) | (buf[at + 2] << 16) | (buf[at + 3] << 24))
    crc =
      t3[word & 0xff] ^
      t2[(word >>> 8) & 0xff] ^
      t1[(word >>> 16) & 0xff] ^
      t0[(word >>> 24) & 0xff]
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t0[(crc ^ buf[at]) & 0xff]
  return ~crc >>> 0
}
