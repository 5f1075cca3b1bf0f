import {
  BsonType,
  BsonWriter,
  decodeValue,
  encodeValue,
  findElement,
  type Path,
  type RawValue,
  readInt32,
  someElement,
  typeAlias,
  valueSize,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { parseFieldPath } from '../field-path.js'
import { fieldsOf, isDocument } from '../raw-fields.js'
import type { StageParser } from '../stage.js'
import { Pause } from '../stream.js'
import { setPath } from '../write-path.js'

interface Specification {
  readonly path: Path
  readonly preserve: boolean
  readonly index: Path | undefined
}

/** A document for each element of an array. */
export const unwind: StageParser = (argument) => {
  const specification = parse(argument)
  const changes = new Set([specification.path[0].name])
  if (specification.index) changes.add(specification.index[0].name)
  return {
    name: '$unwind',
    changes,
    open: (input) => {
      let current: Iterator<Buffer> | undefined
      return {
        next: () => {
          for (;;) {
            const step = current?.next()
            if (step && !step.done) return step.value
            const doc = input.next()
            if (doc === undefined || doc instanceof Pause) return doc
            current = unwindDocument(doc, specification)
          }
        },
        close: () => input.close?.(),
      }
    },
  }
}

function parse(argument: RawValue): Specification {
  if (argument.type === BsonType.string) {
    return { path: parsePath(argument), preserve: false, index: undefined }
  }
  if (!isDocument(argument)) {
    throw new CommandError(
      15981,
      `expected either a string or an object as specification for $unwind stage, got ${typeAlias(argument.type)}`,
    )
  }
  let path: Path | undefined
  let preserve = false
  let index: Path | undefined
  for (const [name, value] of fieldsOf(argument)) {
    if (name === 'path') path = parsePath(value)
    else if (name === 'preserveNullAndEmptyArrays') preserve = parseFlag(value)
    else if (name === 'includeArrayIndex') index = parseIndexPath(value)
    else throw new CommandError(28811, `unrecognized option to $unwind stage: ${name}`)
  }
  if (!path) throw new CommandError(28812, 'no path specified to $unwind stage')
  return { path, preserve, index }
}

function parsePath(value: RawValue): Path {
  const text = decodeValue(value.buf, value.type, value.at)
  if (typeof text !== 'string') {
    throw new CommandError(
      28808,
      `expected a string as the path for $unwind stage, got ${typeAlias(value.type)}`,
    )
  }
  if (!text.startsWith('$')) {
    throw new CommandError(
      28818,
      `path option to $unwind stage should be prefixed with a '$': ${text}`,
    )
  }
  if (text.includes('\0')) {
    throw new CommandError(16419, 'field path must not contain embedded null bytes')
  }
  return parseFieldPath(text.slice(1))
}

function parseFlag(value: RawValue): boolean {
  if (value.type === BsonType.bool) return value.buf[value.at] !== 0
  throw new CommandError(
    28809,
    `expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage, got ${typeAlias(value.type)}`,
  )
}

function parseIndexPath(value: RawValue): Path {
  const text = decodeValue(value.buf, value.type, value.at)
  if (typeof text !== 'string' || text === '') {
    throw new CommandError(
      28810,
      `expected a non-empty string for the includeArrayIndex  option to $unwind stage, got ${typeAlias(value.type)}`,
    )
  }
  if (text.startsWith('$')) {
    throw new CommandError(
      28822,
      `includeArrayIndex option to $unwind stage should not be prefixed with a '$': ${text}`,
    )
  }
  return parseFieldPath(text)
}

interface Found {
  readonly type: number
  readonly at: number
}

function* unwindDocument(doc: Buffer, { path, preserve, index }: Specification): Generator<Buffer> {
  const found = find(doc, path)
  if (!found || found.type === BsonType.null || found.type === BsonType.undefined) {
    if (preserve) yield withIndex(doc, index, null)
    return
  }
  if (found.type !== BsonType.array) {
    yield withIndex(doc, index, null)
    return
  }
  const end = found.at + readInt32(doc, found.at) - 1
  if (found.at + 4 === end) {
    if (preserve) yield withIndex(replaceAt(doc, path, undefined), index, null)
    return
  }
  let position = 0n
  for (const element of elements(doc, found.at)) {
    yield withIndex(replaceAt(doc, path, element), index, position++)
  }
}

function elements(doc: Buffer, array: number): Found[] {
  const list: Found[] = []
  someElement(doc, array, (type, at) => {
    list.push({ type, at })
    return false
  })
  return list
}

/** What stands at a path of documents; arrays on the way lead nowhere. */
function find(doc: Buffer, path: Path): Found | undefined {
  let at = 0
  for (let step = 0; step < path.length; step++) {
    const { bytes } = path[step]
    const element = findElement(doc, at, bytes)
    if (element === -1) return undefined
    const type = doc[element]
    at = element + bytes.length + 2
    if (step === path.length - 1) return { type, at }
    if (type !== BsonType.object) return undefined
  }
  return undefined
}

const writer = new BsonWriter(16 * 1024)

/** The document with one of its own values, or none, in place of what stands at the path. */
function replaceAt(doc: Buffer, path: Path, value: Found | undefined): Buffer {
  const mark = writer.length
  writeReplaced(doc, 0, path, 0, value)
  return writer.take(mark)
}

function writeReplaced(
  doc: Buffer,
  at: number,
  path: Path,
  step: number,
  value: Found | undefined,
): void {
  const start = writer.beginDocument()
  const { bytes, name } = path[step]
  const target = findElement(doc, at, bytes)
  const after = target + bytes.length + 2
  const end = at + readInt32(doc, at) - 1
  writer.bytes(doc, at + 4, target - at - 4)
  if (step < path.length - 1) {
    writer.name(BsonType.object, name)
    writeReplaced(doc, after, path, step + 1, value)
  } else if (value) {
    writer.rawElement(name, value.type, doc, value.at, valueSize(doc, value.type, value.at))
  }
  const rest = after + valueSize(doc, doc[target], after)
  writer.bytes(doc, rest, end - rest)
  writer.end(start)
}

/** The document with the index at a path, which is made where it is not. */
function withIndex(doc: Buffer, index: Path | undefined, position: bigint | null): Buffer {
  return index ? setPath(doc, index, encodeValue(position)) : doc
}
