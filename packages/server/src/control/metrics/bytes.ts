/** Bytes that grow as they are written. */
export interface ByteWriter {
  byte(value: number): void
  /** A whole number from 0 to 2^53, in as few bytes as it needs. */
  number(value: number): void
  double(value: number): void
  /** What another has written, with its length before it, and leaves that one empty. */
  take(other: ByteWriter): void
  /** What has been written so far, as bytes of its own. */
  bytes(): Buffer
  clear(): void
}

/** Reads what a `ByteWriter` wrote; throws a `RangeError` behind the end. */
export interface ByteReader {
  readonly atEnd: boolean
  byte(): number
  number(): number
  double(): number
  skip(count: number): void
}

const FIRST_SIZE = 4096
const LONGEST = 9

export function byteWriter(): ByteWriter {
  let buffer = Buffer.allocUnsafe(FIRST_SIZE)
  let at = 0

  function makeRoom(count = LONGEST): void {
    if (at + count <= buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, at + count))
    buffer.copy(larger)
    buffer = larger
  }

  const writer: ByteWriter = {
    byte(value) {
      makeRoom()
      buffer[at++] = value
    },
    number(value) {
      makeRoom()
      let rest = value
      // Shifting would cut it to 32 bits.
      while (rest >= 0x80) {
        buffer[at++] = (rest % 0x80) | 0x80
        rest = Math.floor(rest / 0x80)
      }
      buffer[at++] = rest
    },
    double(value) {
      makeRoom()
      at = buffer.writeDoubleLE(value, at)
    },
    take(other) {
      const bytes = other.bytes()
      writer.number(bytes.length)
      makeRoom(bytes.length)
      at += bytes.copy(buffer, at)
      other.clear()
    },
    bytes: () => Buffer.from(buffer.subarray(0, at)),
    clear() {
      at = 0
    },
  }
  return writer
}

export function byteReader(bytes: Buffer): ByteReader {
  let at = 0
  return {
    get atEnd() {
      return at >= bytes.length
    },
    byte: () => bytes.readUInt8(at++),
    number() {
      let value = 0
      for (let weight = 1; ; weight *= 0x80) {
        const byte = bytes.readUInt8(at++)
        value += (byte & 0x7f) * weight
        if (byte < 0x80) return value
      }
    },
    double() {
      at += 8
      return bytes.readDoubleLE(at - 8)
    },
    skip(count) {
      at += count
    },
  }
}
