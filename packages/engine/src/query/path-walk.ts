/**
 * How a dotted path leads to values: through documents by name; through arrays into
 * each document they hold and, where a part is a number, also to the element at that
 * position. An array at the end stands for each of its elements and for itself.
 */
import { BsonType, findElement, MISSING, type Path, skipCString, valueSize } from '@gantry/bson'
import type { DocumentPredicate, ValueTest } from './filter.js'

/** A test of the value that a document has under one name. */
export interface FieldTest {
  readonly name: Buffer
  /** Is handed the type MISSING when there is no such field. */
  readonly test: ValueTest
}

/** Whether any value that the path leads to passes, as a test of the path's first field. With `intoArrays` the elements of an array at the end are tried before the array. */
export function anyAtPath(path: Path, test: ValueTest, intoArrays: boolean): FieldTest {
  const name = path[0].bytes
  const last = intoArrays ? intoArray(test) : test
  if (path.length === 1) return { name, test: last }
  return {
    name,
    test: (buf, type, at) => {
      if (type === BsonType.object) return someInDocument(buf, at, path, 1, test, last)
      if (type === BsonType.array) return someInArray(buf, at, path, 1, test, last)
      return test(buf, MISSING, 0)
    },
  }
}

/** The test on an array's elements, then on the array; on anything else as it is. */
function intoArray(test: ValueTest): ValueTest {
  return (buf, type, at) =>
    (type === BsonType.array && someOfArray(buf, at, test)) || test(buf, type, at)
}

/** The predicate that one field decides. */
export function withField({ name, test }: FieldTest): DocumentPredicate {
  const toValue = name.length + 2
  return (buf, doc) => {
    const element = findElement(buf, doc, name)
    return element < 0 ? test(buf, MISSING, 0) : test(buf, buf[element], element + toValue)
  }
}

/**
 * The predicate that several fields of different names decide, in one pass over the
 * document. Of a name that stands twice the first counts, as when fields are looked up.
 */
export function withFields(fields: readonly FieldTest[]): DocumentPredicate {
  const names = fields.map(({ name }) => name)
  const tests = fields.map(({ test }) => test)
  const everyBit = 2 ** fields.length - 1
  return (buf, doc) => {
    let wanted = everyBit
    let at = doc + 4
    for (let type = buf[at]; type !== 0; type = buf[at]) {
      const field = fieldNamed(buf, at + 1, names, wanted)
      let value: number
      if (field >= 0) {
        value = at + names[field].length + 2
        if (!tests[field](buf, type, value)) return false
        wanted &= ~(1 << field)
        if (wanted === 0) return true
      } else {
        value = skipCString(buf, at + 1)
      }
      at = value + valueSize(buf, type, value)
    }
    for (let field = 0; field < tests.length; field++) {
      if ((wanted & (1 << field)) !== 0 && !tests[field](buf, MISSING, 0)) return false
    }
    return true
  }
}

/** As many fields as `withFields` takes: one for each bit of an int32 that it can shift to. */
export const MOST_FIELDS = 30

function fieldNamed(buf: Buffer, nameAt: number, names: readonly Buffer[], wanted: number): number {
  for (let field = 0; field < names.length; field++) {
    if ((wanted & (1 << field)) === 0) continue
    const name = names[field]
    const { length } = name
    let i = 0
    while (i < length && buf[nameAt + i] === name[i]) i++
    if (i === length && buf[nameAt + i] === 0) return field
  }
  return -1
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
