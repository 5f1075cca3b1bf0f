import { BsonType, findElement, indexName, RawValue, skipCString, valueSize } from '@gantry/bson'

/** How a document became another, as change streams tell it. Paths are dotted. */
export interface DocumentDiff {
  readonly updated: [path: string, value: RawValue][]
  readonly removed: string[]
  readonly truncated: [path: string, newSize: number][]
}

export function diffDocuments(before: Buffer, after: Buffer): DocumentDiff {
  const diff: DocumentDiff = { updated: [], removed: [], truncated: [] }
  compareFields(diff, '', before, 0, after, 0)
  return diff
}

function compareFields(
  diff: DocumentDiff,
  prefix: string,
  before: Buffer,
  beforeAt: number,
  after: Buffer,
  afterAt: number,
): void {
  forEach(after, afterAt, (type, at, size, nameAt, nameEnd) => {
    const name = after.subarray(nameAt, nameEnd)
    const old = findElement(before, beforeAt, name)
    const path = prefix + name.toString()
    if (old === -1) {
      diff.updated.push([path, new RawValue(after, type, at, size)])
      return
    }
    const oldAt = old + name.length + 2
    compareElements(diff, path, before, before[old], oldAt, after, type, at, size)
  })
  forEach(before, beforeAt, (_type, _at, _size, nameAt, nameEnd) => {
    const name = before.subarray(nameAt, nameEnd)
    if (findElement(after, afterAt, name) === -1) diff.removed.push(prefix + name.toString())
  })
}

function compareElements(
  diff: DocumentDiff,
  path: string,
  before: Buffer,
  oldType: number,
  oldAt: number,
  after: Buffer,
  type: number,
  at: number,
  size: number,
): void {
  const oldSize = valueSize(before, oldType, oldAt)
  if (type === oldType && size === oldSize && isSame(before, oldAt, after, at, size)) return
  if (type === BsonType.object && oldType === type) {
    compareFields(diff, `${path}.`, before, oldAt, after, at)
  } else if (type === BsonType.array && oldType === type) {
    compareArrays(diff, path, before, oldAt, after, at, size)
  } else {
    diff.updated.push([path, new RawValue(after, type, at, size)])
  }
}

function compareArrays(
  diff: DocumentDiff,
  path: string,
  before: Buffer,
  oldAt: number,
  after: Buffer,
  at: number,
  size: number,
): void {
  const old = elementsOf(before, oldAt)
  const now = elementsOf(after, at)
  if (now.length < old.length) {
    const kept = now.every((value, i) => isSameValue(value, old[i]))
    // Told as shortened when only the end is gone, else as a new array.
    if (kept) diff.truncated.push([path, now.length])
    else diff.updated.push([path, new RawValue(after, BsonType.array, at, size)])
    return
  }
  for (const [i, value] of now.entries()) {
    const was = old[i]
    const element = `${path}.${indexName(i)}`
    if (!was) diff.updated.push([element, value])
    else
      compareElements(
        diff,
        element,
        before,
        was.type,
        was.at,
        after,
        value.type,
        value.at,
        value.size,
      )
  }
}

function elementsOf(buf: Buffer, array: number): RawValue[] {
  const elements: RawValue[] = []
  forEach(buf, array, (type, at, size) => elements.push(new RawValue(buf, type, at, size)))
  return elements
}

function isSameValue(a: RawValue, b: RawValue): boolean {
  return a.type === b.type && a.size === b.size && isSame(a.buf, a.at, b.buf, b.at, a.size)
}

function isSame(a: Buffer, aAt: number, b: Buffer, bAt: number, size: number): boolean {
  return a.compare(b, bAt, bAt + size, aAt, aAt + size) === 0
}

function forEach(
  buf: Buffer,
  doc: number,
  visit: (type: number, at: number, size: number, nameAt: number, nameEnd: number) => void,
): void {
  let at = doc + 4
  for (let type = buf[at]; type !== 0; type = buf[at]) {
    const value = skipCString(buf, at + 1)
    const size = valueSize(buf, type, value)
    visit(type, value, size, at + 1, value - 1)
    at = value + size
  }
}
