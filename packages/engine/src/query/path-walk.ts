/**
 * How a dotted path leads to values: through documents by name; through arrays into
 * each document they hold and, where a part is a number, also to the element at that
 * position. An array at the end stands for each of its elements and for itself.
 */
import { BsonType, findElement, MISSING, type Path, skipCString, valueSize } from '@gantry/bson'
import type { DocumentPredicate, ValueTest } from './filter.js'

/** Whether any value that the path leads to passes. With `intoArrays` the elements of an array at the end are tried before the array. */
export function anyAtPath(path: Path, test: ValueTest, intoArrays: boolean): DocumentPredicate {
  if (path.length === 1) return atField(path[0].bytes, intoArrays ? intoArray(test) : test)
  const last = intoArrays ? intoArray(test) : test
  return (buf, doc) => someInDocument(buf, doc, path, 0, test, last)
}

/** The test on an array's elements, then on the array; on anything else as it is. */
export function intoArray(test: ValueTest): ValueTest {
  return (buf, type, at) =>
    (type === BsonType.array && someOfArray(buf, at, test)) || test(buf, type, at)
}

function atField(name: Buffer, test: ValueTest): DocumentPredicate {
  const toValue = name.length + 2
  return (buf, doc) => {
    const element = findElement(buf, doc, name)
    return element < 0 ? test(buf, MISSING, 0) : test(buf, buf[element], element + toValue)
  }
}

export function someOfArray(buf: Buffer, array: number, test: ValueTest): boolean {
  let at = array + 4
  for (let type = buf[at]; type !== 0; type = buf[at]) {
    const value = skipCString(buf, at + 1)
    if (test(buf, type, value)) return true
    at = value + valueSize(buf, type, value)
  }
  return false
}

/** `last` is the test where the path ends at a field, `test` where it ends at an array position, which is not looked into. */
function someInDocument(
  buf: Buffer,
  start: number,
  path: Path,
  from: number,
  test: ValueTest,
  last: ValueTest,
): boolean {
  let doc = start
  for (let i = from; ; ) {
    const { bytes } = path[i]
    const element = findElement(buf, doc, bytes)
    if (element < 0) return test(buf, MISSING, 0)
    const type = buf[element]
    const value = element + bytes.length + 2
    i++
    if (i === path.length) return last(buf, type, value)
    if (type === BsonType.array) return someInArray(buf, value, path, i, test, last)
    if (type !== BsonType.object) return test(buf, MISSING, 0)
    doc = value
  }
}

function someInArray(
  buf: Buffer,
  array: number,
  path: Path,
  from: number,
  test: ValueTest,
  last: ValueTest,
): boolean {
  const wanted = path[from].index
  let at = array + 4
  for (let index = 0, type = buf[at]; type !== 0; index++, type = buf[at]) {
    const value = skipCString(buf, at + 1)
    if (type === BsonType.object && someInDocument(buf, value, path, from, test, last)) return true
    if (index === wanted) {
      if (from + 1 === path.length) {
        if (test(buf, type, value)) return true
      } else if (type === BsonType.object) {
        if (someInDocument(buf, value, path, from + 1, test, last)) return true
      } else if (type === BsonType.array) {
        if (someInArray(buf, value, path, from + 1, test, last)) return true
      }
    }
    at = value + valueSize(buf, type, value)
  }
  return false
}
