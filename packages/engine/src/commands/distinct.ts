import {
  BsonType,
  findElement,
  KeyWriter,
  type Path,
  parsePath,
  RawValue,
  someElement,
  type Timestamp,
  valueSize,
} from '@gantry/bson'
import { CommandError } from '../errors.js'
import { startQuery } from '../plan/execution.js'
import { findHint } from '../plan/hint.js'
import { arg, optional } from './args.js'
import { collationArg } from './collation.js'
import { type CommandContext, command } from './command.js'
import { eachMatch } from './each-match.js'
import { hintArg } from './hint.js'
import { readFilter } from './query-request.js'
import { isView } from './view-definition.js'
import { eachOfView } from './view-query.js'

/** The different values of a field over the documents that match; of an array its elements. */
export const distinct = command({
  name: 'distinct',
  help: 'The different values of a field',
  access: { action: 'find', on: 'collection' },
  inTransaction: true,
  takesReadConcern: true,
  takesSnapshot: true,
  args: {
    distinct: arg.collectionName,
    key: arg.string,
    query: optional(arg.document),
    hint: hintArg,
    collation: collationArg,
  },
  async run(context, { distinct: name, key, query, hint }) {
    if (key === '' || key.split('.').includes('')) {
      throw new CommandError(40353, "FieldPath must not end with a '.' or have empty parts.")
    }
    if (key.includes('\0')) {
      throw new CommandError(31032, 'Key field cannot contain an embedded null byte')
    }
    const filter = readFilter(context, query)
    const collection = context.catalog.find(context.db, name)
    if (!collection) return { values: [], ...timeOf(context) }
    const path = parsePath(key)
    const found: FoundValues = { values: new Map(), size: 0 }
    const visit = (doc: Buffer) => {
      visitValues(doc, BsonType.object, 0, path, 0, (type, at) => add(found, doc, type, at))
      return true
    }
    const letGo = context.past?.hold()
    try {
      if (isView(collection)) {
        await eachOfView(context, collection, { filter: query, hint }, visit)
      } else {
        const hinted = findHint(collection, hint)
        const execution = startQuery(context.view, collection, { filter, hint: hinted })
        await eachMatch(context, collection, execution, visit)
      }
    } finally {
      letGo?.()
    }
    return { values: inOrder(found), ...timeOf(context) }
  },
})

const writer = new KeyWriter()

/** A reply from a point in time names it. */
function timeOf({ past }: CommandContext): { atClusterTime?: Timestamp } {
  return past ? { atClusterTime: past.time } : {}
}

interface FoundValues {
  /** By their keys: equal values have the same. */
  readonly values: Map<string, RawValue>
  size: number
}

/** The values go into one reply, which may not be larger than a document. */
const MOST_BYTES = 16 * 1024 * 1024
/** What an array's element takes beside its value: type and position, at least. */
const ELEMENT_OVERHEAD = 8

/** Values up to this many are put in their order; sorting more would hold others up, and MongoDB promises no order. */
const MOST_SORTED = 10_000

function inOrder({ values }: FoundValues): RawValue[] {
  if (values.size > MOST_SORTED) return [...values.values()]
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
}

function add(found: FoundValues, doc: Buffer, type: number, at: number): void {
  writer.reset().append(doc, type, at)
  const key = writer.bytes().toString('latin1')
  if (found.values.has(key)) return
  const size = valueSize(doc, type, at)
  found.size += size + ELEMENT_OVERHEAD
  if (found.size > MOST_BYTES) throw new CommandError(17217, 'distinct too big, 16mb cap')
  found.values.set(key, new RawValue(Buffer.from(doc.subarray(at, at + size)), type, 0, size))
}

function visitValues(
  buf: Buffer,
  type: number,
  at: number,
  path: Path,
  depth: number,
  visit: (type: number, at: number) => void,
): void {
  if (type === BsonType.array) {
    const part = path[depth]
    const indexed = part && part.index !== -1 ? findElement(buf, at, part.bytes) : -1
    if (indexed !== -1) {
      return visitValues(buf, buf[indexed], indexed + part.bytes.length + 2, path, depth + 1, visit)
    }
    someElement(buf, at, (elementType, element) => {
      if (depth === path.length) visit(elementType, element)
      else if (elementType === BsonType.object)
        visitValues(buf, elementType, element, path, depth, visit)
      return false
    })
    return
  }
  if (depth === path.length) return visit(type, at)
  if (type !== BsonType.object) return
  const { bytes } = path[depth]
  const found = findElement(buf, at, bytes)
  if (found !== -1) {
    visitValues(buf, buf[found], found + bytes.length + 2, path, depth + 1, visit)
  }
}
