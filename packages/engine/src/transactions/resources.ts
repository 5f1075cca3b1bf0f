import type { Collection } from '../catalog/collection.js'
import type { Index } from '../catalog/index-definition.js'
import type { Key } from '../storage/entry.js'

/** What a write of a record takes hold of. */
export function recordResource(collection: Collection, recordId: number): string {
  return `r${collection.id}:${recordId}`
}

/** What making an entry in a unique index takes hold of. */
export function keyResource(index: Index, key: Key): string {
  const bytes = key instanceof Uint8Array ? key : key.buf
  return `k${index.id}:${Buffer.from(bytes.buffer, bytes.byteOffset, key.length).toString('latin1')}`
}
