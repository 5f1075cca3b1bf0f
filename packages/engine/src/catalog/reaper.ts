import type { Transaction, View } from '../storage/view.js'
import { prefixKey } from './entries.js'
import { droppedRange, parseDroppedKey } from './stored.js'

/** Keys removed in one go. */
const CHUNK = 2000

/** Whether anything that was dropped still takes space. */
export function hasDropped(view: View): boolean {
  let found = false
  view.scan('catalog', droppedRange, () => {
    found = true
    return false
  })
  return found
}

/** Removes some of the keys of dropped collections and indexes. Call it until `hasDropped` says no. */
export function removeDropped(transaction: Transaction): void {
  const dropped: Buffer[] = []
  transaction.scan('catalog', droppedRange, (entry) => {
    dropped.push(Buffer.from(entry.key.subarray(entry.keyStart, entry.keyEnd)))
    return false
  })
  for (const key of dropped) {
    const { tree, id } = parseDroppedKey(key.toString())
    const keys: Buffer[] = []
    transaction.scan(tree, { low: prefixKey(id), high: prefixKey(id + 1) }, (entry) => {
      keys.push(Buffer.from(entry.key.subarray(entry.keyStart, entry.keyEnd)))
      return keys.length < CHUNK
    })
    for (const old of keys) transaction.remove(tree, old)
    if (keys.length < CHUNK) transaction.remove('catalog', key)
  }
}
