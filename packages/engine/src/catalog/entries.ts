/** How records and index entries are laid out as keys and values of the store. */
import { createHash } from 'node:crypto'
import { KeyWriter } from '@gantry/bson'
import type { Entry, Key } from '../storage/entry.js'

/** LMDB takes keys of 1978 bytes; an entry's key may still get a record id behind it. */
export const LONGEST_KEY = 1960
const HASH_SIZE = 16
/** What stays of a key that is too long; then comes a hash, so that different keys stay different. */
export const CUT_KEY = LONGEST_KEY - HASH_SIZE

const record = new KeyWriter()

/** The key of a record, valid until the next call. */
export function recordKey(collectionId: number, recordId: number): Key {
  record.reset().uint32(collectionId)
  record.uint53(recordId)
  return record
}

/** A prefix of keys: a collection's of its records, an index's of its entries. */
export function prefixKey(id: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(id)
  return bytes
}

/** The record id in the last eight bytes of a key. */
export function recordIdOfKey({ key, keyEnd }: Entry): number {
  return readUint53(key, keyEnd - 8)
}

export function readUint53(buf: Buffer, at: number): number {
  return buf.readUInt32BE(at) * 0x1_0000_0000 + buf.readUInt32BE(at + 4)
}

export function uint53(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeUInt32BE(Math.floor(value / 0x1_0000_0000), 0)
  bytes.writeUInt32BE(value >>> 0, 4)
  return bytes
}

/** Shortens a key that is too long for the store; says whether it did. */
export function cutKey(key: KeyWriter): boolean {
  if (key.length <= LONGEST_KEY) return false
  const hash = createHash('sha256').update(key.bytes()).digest()
  key.length = CUT_KEY
  key.raw(hash, 0, HASH_SIZE)
  return true
}
