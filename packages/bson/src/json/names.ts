/** Up to this many names of an object are compared one by one; beyond that a table is kept. */
const FEW = 32
const KEPT_NAMES = 1 << 16

// An odd multiplier of the process's own, so that nobody can choose names that all fall on one slot.
const multiplier = (Math.floor(Math.random() * 0x7fff_ffff) & ~1) | 0x0100_0193

/** The hash of the zero-terminated name at an offset. */
function hashName(buf: Buffer, at: number): number {
  let hash = multiplier
  for (let byte = buf[at]; byte !== 0; byte = buf[++at]) {
    hash = Math.imul(hash ^ byte, multiplier)
    hash ^= hash >>> 15
  }
  return hash
}

/**
 * The names of the objects being parsed: a stack, as an object inside another one
 * begins and ends while its parent is open. Tells a repeated name in constant time.
 */
export class Names {
  private hashes = new Int32Array(256)
  private elements = new Int32Array(256)
  count = 0

  /**
   * Adds the element at an offset to the object whose names begin at index `first`.
   * Returns the index of the earlier element of that name, or -1.
   */
  add(object: ObjectNames, buf: Buffer, element: number): number {
    const index = this.count++
    if (index === this.hashes.length) this.grow()
    const hash = hashName(buf, element + 1)
    this.hashes[index] = hash
    this.elements[index] = element
    if (index - object.first >= FEW) return this.addToTable(object, buf, index)
    for (let i = object.first; i < index; i++) {
      if (this.hashes[i] === hash && this.equal(buf, i, index)) return i
    }
    return -1
  }

  /** The offset of an element, its type byte. */
  element(index: number): number {
    return this.elements[index]
  }

  /** Lets go of memory that only one large text needed. */
  shrink(): void {
    this.count = 0
    if (this.hashes.length <= KEPT_NAMES) return
    this.hashes = new Int32Array(KEPT_NAMES)
    this.elements = new Int32Array(KEPT_NAMES)
  }

  private addToTable(object: ObjectNames, buf: Buffer, index: number): number {
    const count = index - object.first + 1
    if (count * 2 > object.table.length) {
      object.table = new Int32Array(Math.max(256, object.table.length * 4)).fill(-1)
      for (let i = object.first; i < index; i++) this.enter(object.table, buf, i)
    }
    return this.enter(object.table, buf, index)
  }

  /** Open addressing; the table is at most half full, so a free slot is always near. */
  private enter(table: Int32Array, buf: Buffer, index: number): number {
    const mask = table.length - 1
    const hash = this.hashes[index]
    let slot = hash & mask
    while (table[slot] !== -1) {
      const other = table[slot]
      if (this.hashes[other] === hash && this.equal(buf, other, index)) return other
      slot = (slot + 1) & mask
    }
    table[slot] = index
    return -1
  }

  private equal(buf: Buffer, one: number, other: number): boolean {
    let a = this.elements[one] + 1
    let b = this.elements[other] + 1
    while (buf[a] === buf[b]) {
      if (buf[a] === 0) return true
      a++
      b++
    }
    return false
  }

  private grow(): void {
    const hashes = new Int32Array(this.hashes.length * 2)
    const elements = new Int32Array(this.hashes.length * 2)
    hashes.set(this.hashes)
    elements.set(this.elements)
    this.hashes = hashes
    this.elements = elements
  }
}

const NO_TABLE = new Int32Array(0)

/** What is known of the names of one open object. */
export class ObjectNames {
  table = NO_TABLE
  /** Pairs of indexes: the first element of a name, and a later one that replaces its value. */
  repeats: number[] | undefined

  constructor(readonly first: number) {}
}

/**
 * Rewrites the elements of an object in which names repeat: each name stands once,
 * where it stood first, with the value given last. Returns the new end.
 */
export function mergeRepeats(names: Names, object: ObjectNames, buf: Buffer, end: number): number {
  const { first } = object
  const count = names.count - first
  const start = names.element(first)
  const source = Int32Array.from({ length: count }, (_, i) => i)
  const repeats = object.repeats ?? []
  for (let i = 0; i < repeats.length; i += 2) {
    source[repeats[i] - first] = repeats[i + 1] - first
    source[repeats[i + 1] - first] = -1
  }
  const copy = Buffer.from(buf.subarray(start, end))
  let at = start
  for (const index of source) {
    if (index === -1) continue
    const from = names.element(first + index)
    const to = index + 1 === count ? end : names.element(first + index + 1)
    buf.set(copy.subarray(from - start, to - start), at)
    at += to - from
  }
  return at
}
