import type { Entry, Key } from './entry.js'
import { type Range, type Transaction, type TreeName, treeNames, type View } from './view.js'

/** A value written over the base, or undefined for a removed key. */
type Written = Uint8Array | undefined

interface Layer {
  readonly values: Map<string, Written>
  /** All keys of `values`, sorted; keys are strings of bytes, which sort as the bytes do. */
  readonly keys: string[]
}

/** Writes that lie over a view and touch nothing below until they are applied. */
export interface Overlay extends Transaction {
  /** Bytes written so far. */
  readonly size: number
  /** Makes all writes in another transaction. */
  applyTo(transaction: Transaction): void
}

export function createOverlay(base: View): Overlay {
  const layers = Object.fromEntries(
    treeNames.map((tree) => [tree, { values: new Map(), keys: [] }]),
  ) as unknown as Record<TreeName, Layer>
  let size = 0

  function write(tree: TreeName, key: Key, value: Written): void {
    const layer = layers[tree]
    const text = textOf(key)
    if (!layer.values.has(text)) layer.keys.splice(positionOf(layer.keys, text), 0, text)
    layer.values.set(text, value)
    size += text.length + (value?.length ?? 0)
  }

  function get(tree: TreeName, key: Key): Entry | undefined {
    const { values } = layers[tree]
    const text = textOf(key)
    if (!values.has(text)) return base.get(tree, key)
    const value = values.get(text)
    return value && entryOf(text, value)
  }

  return {
    get,
    scan(tree, range, visit) {
      const { keys, values } = layers[tree]
      if (keys.length === 0) return base.scan(tree, range, visit)
      scanMerged(base, tree, range, keysIn(keys, range), values, visit)
    },
    put(tree, key, value) {
      write(tree, key, Buffer.from(value))
    },
    remove(tree, key) {
      const there = get(tree, key) !== undefined
      if (there) write(tree, key, undefined)
      return there
    },
    get size() {
      return size
    },
    applyTo(transaction) {
      for (const tree of treeNames) {
        for (const [text, value] of layers[tree].values) {
          const key = Buffer.from(text, 'latin1')
          if (value) transaction.put(tree, key, value)
          else transaction.remove(tree, key)
        }
      }
    },
  }
}

function scanMerged(
  base: View,
  tree: TreeName,
  range: Range,
  own: readonly string[],
  values: ReadonlyMap<string, Written>,
  visit: (entry: Entry) => boolean,
): void {
  let next = 0
  let stopped = false

  /** Visits own entries that come before a key of the base; all that are left without one. */
  function visitOwnBefore(limit: string | undefined): boolean {
    while (next < own.length) {
      const key = own[next]
      if (limit !== undefined && (range.reverse ? key <= limit : key >= limit)) return true
      next++
      const value = values.get(key)
      if (value && !visit(entryOf(key, value))) return false
    }
    return true
  }

  base.scan(tree, range, (entry) => {
    const key = entry.key.toString('latin1', entry.keyStart, entry.keyEnd)
    // The visitor and the own entries may read, so the base's entry is kept.
    const kept = next < own.length ? copyOf(entry) : entry
    if (!visitOwnBefore(key)) {
      stopped = true
    } else if (own[next] === key) {
      next++
      const value = values.get(key)
      stopped = value !== undefined && !visit(entryOf(key, value))
    } else {
      stopped = !visit(kept)
    }
    return !stopped
  })
  if (!stopped) visitOwnBefore(undefined)
}

function keysIn(keys: readonly string[], range: Range): string[] {
  const low = textOf(range.low)
  const high = textOf(range.high)
  let from = positionOf(keys, low)
  if (range.lowExclusive && keys[from] === low) from++
  let to = positionOf(keys, high)
  if (range.highInclusive && keys[to] === high) to++
  const inside = keys.slice(from, to)
  return range.reverse ? inside.reverse() : inside
}

/** Where a key stands, or would stand, in sorted keys. */
function positionOf(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (keys[middle] < key) low = middle + 1
    else high = middle
  }
  return low
}

function textOf(key: Key): string {
  const bytes = key instanceof Uint8Array ? key : key.buf
  return Buffer.from(bytes.buffer, bytes.byteOffset, key.length).toString('latin1')
}

function entryOf(text: string, value: Uint8Array): Entry {
  const key = Buffer.from(text, 'latin1')
  const buffer = Buffer.from(value.buffer, value.byteOffset, value.length)
  return { key, keyStart: 0, keyEnd: key.length, value: buffer, size: value.length }
}

function copyOf({ key, keyStart, keyEnd, value, size }: Entry): Entry {
  return {
    key: Buffer.from(key.subarray(keyStart, keyEnd)),
    keyStart: 0,
    keyEnd: keyEnd - keyStart,
    value: Buffer.from(value.subarray(0, size)),
    size,
  }
}
