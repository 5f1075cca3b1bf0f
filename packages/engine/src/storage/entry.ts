/**
 * Where lmdb put what was read last. It lies in lmdb's own buffers and is valid until the
 * next read on this thread, so it costs no copy and must not be kept.
 */
export interface Entry {
  key: Buffer
  keyStart: number
  keyEnd: number
  value: Buffer
  size: number
}

export const entry: Entry = {
  key: Buffer.alloc(0),
  keyStart: 0,
  keyEnd: 0,
  value: Buffer.alloc(0),
  size: 0,
}

// lmdb hands out one buffer for all values whose `length` it shortens to the value's, which
// breaks copying out of it; `whole` is the same memory seen through its true length.
let shared: Buffer | undefined
let whole: Buffer

function readable(bytes: Buffer): Buffer {
  if (bytes === shared) return whole
  if (bytes.length === bytes.byteLength) return bytes
  shared = bytes
  whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return whole
}

/** A value that lmdb shall store as it is and show in `entry` when read. */
export const entryEncoder = {
  encode: (value: Uint8Array) => value,
  decode(bytes: Buffer): true {
    entry.value = readable(bytes)
    entry.size = bytes.length
    return true
  },
}

/** A key is bytes: a plain array of them, or a KeyWriter that was just filled. */
export type Key = Uint8Array | { readonly buf: Uint8Array; readonly length: number }

export const entryKeyEncoder = {
  writeKey(key: Key, target: Uint8Array, at: number): number {
    const bytes = key instanceof Uint8Array ? key : key.buf
    const { length } = key
    for (let i = 0; i < length; i++) target[at + i] = bytes[i]
    return at + length
  },
  readKey(buffer: Buffer, start: number, end: number): true {
    entry.key = buffer
    entry.keyStart = start
    entry.keyEnd = end
    return true
  },
}
