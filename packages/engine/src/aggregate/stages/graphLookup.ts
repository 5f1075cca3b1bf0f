import {
  BsonType,
  BsonWriter,
  decodeValue,
  encodeValue,
  type Path,
  parsePath,
  type RawValue,
  typeAlias,
  type Value,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { conjunction, type Filter } from '../../query/filter.js'
import { parseFilter } from '../../query/parse.js'
import { MEMORY_LIMIT } from '../../spill/working-memory.js'
import { parseFieldPath, readPath } from '../field-path.js'
import { emptyPipeline, equalityFilter } from '../join.js'
import { exactInteger } from '../numeric.js'
import { openPipeline } from '../open.js'
import { fieldsOf, isDocument } from '../raw-fields.js'
import type { PipelineServices, Target } from '../services.js'
import {
  checkDocumentSize,
  compileValue,
  type DocumentValue,
  filterContext,
  type StageContext,
  type StageParser,
} from '../stage.js'
import { Pause } from '../stream.js'
import { equalityKey } from '../value-set.js'
import { isNullish, isNumeric } from '../values.js'
import { setPath } from '../write-path.js'

interface Specification {
  readonly target: Target
  readonly startWith: DocumentValue
  readonly connectFromField: Path
  readonly connectToField: string
  readonly as: Path
  readonly maxDepth: number
  readonly depthField: Path | undefined
  readonly restrict: Filter
}

/** For each document, the documents that can be reached from it by following a field. */
export const graphLookup: StageParser = (argument, context) => {
  const specification = parse(argument, context)
  return {
    name: '$graphLookup',
    changes: new Set([specification.as[0].name]),
    targets: [specification.target],
    open: (input, services) => {
      let search: { doc: Buffer; run: Iterator<Pause | Buffer[]> } | undefined
      return {
        next: () => {
          for (;;) {
            if (!search) {
              const doc = input.next()
              if (doc === undefined || doc instanceof Pause) return doc
              search = { doc, run: breadthFirst(doc, specification, services) }
            }
            const step = search.run.next()
            if (step.value instanceof Pause) return step.value
            const joined = setPath(search.doc, specification.as, arrayOf(step.value))
            search = undefined
            return checkDocumentSize(joined)
          }
        },
        close: () => input.close?.(),
      }
    },
  }
}

/** Goes from depth to depth; ends with all the documents found. */
function* breadthFirst(
  doc: Buffer,
  specification: Specification,
  services: PipelineServices,
): Generator<Pause | Buffer[]> {
  const found = new Map<string | number, Buffer>()
  const asked = new Set<string | number>()
  let frontier = newValues(asList(specification.startWith(doc, 0)), asked)
  let bytes = 0
  for (let depth = 0; frontier.length > 0 && depth <= specification.maxDepth; depth++) {
    const next: Value[] = []
    const filter = conjunction([
      equalityFilter(specification.connectToField, frontier),
      specification.restrict,
    ])
    const pipeline = { ...emptyPipeline(), leading: { filter } }
    const stream = openPipeline(pipeline, specification.target, services)
    for (let other = stream.next(); other !== undefined; other = stream.next()) {
      if (other instanceof Pause) {
        yield other
        continue
      }
      const id = equalityKey(readPath(other, 0, parsePath('_id')))
      if (found.has(id)) continue
      found.set(id, withDepth(other, specification.depthField, depth))
      bytes += other.length + 128
      if (bytes > MEMORY_LIMIT)
        throw new CommandError(40099, '$graphLookup reached maximum memory consumption')
      next.push(...asList(readPath(other, 0, specification.connectFromField)))
    }
    frontier = newValues(next, asked)
  }
  yield [...found.values()]
}

function asList(value: Value | undefined): Value[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

/** The values that have not been asked for. A missing field leads nowhere, null to documents with null. */
function newValues(values: readonly Value[], asked: Set<string | number>): Value[] {
  return values.filter((value) => {
    const key = equalityKey(isNullish(value) ? null : value)
    if (asked.has(key)) return false
    asked.add(key)
    return true
  })
}

function withDepth(doc: Buffer, path: Path | undefined, depth: number): Buffer {
  return path ? setPath(doc, path, encodeValue(BigInt(depth))) : doc
}

const writer = new BsonWriter(64 * 1024)

function arrayOf(docs: readonly Buffer[]): RawValue {
  const mark = writer.beginDocument()
  docs.forEach((doc, i) => {
    writer.rawElement(String(i), BsonType.object, doc, 0, doc.length)
  })
  writer.end(mark)
  const buf = writer.take(mark)
  return { buf, type: BsonType.array, at: 0, size: buf.length }
}

const TEXTS = ['from', 'as', 'connectFromField', 'connectToField', 'depthField'] as const

function parse(argument: RawValue, context: StageContext): Specification {
  if (!isDocument(argument)) {
    throw new CommandError(
      'FailedToParse',
      `the $graphLookup stage specification must be an object, but found ${typeAlias(argument.type)}`,
    )
  }
  const texts: Partial<Record<(typeof TEXTS)[number], string>> = {}
  let startWith: DocumentValue | undefined
  let maxDepth = Infinity
  let restrict: Filter = { kind: 'alwaysTrue' }
  for (const [name, value] of fieldsOf(argument)) {
    const option = TEXTS.find((known) => known === name)
    if (option) texts[option] = text(name, value)
    else if (name === 'startWith') startWith = compileValue(value, context)
    else if (name === 'maxDepth') maxDepth = parseDepth(value)
    else if (name === 'restrictSearchWithMatch') restrict = parseRestriction(value, context)
    else throw new CommandError(40104, `Unknown argument to $graphLookup: ${name}`)
  }
  const { from, as, connectFromField, connectToField, depthField } = texts
  if (!from || !as || !startWith || !connectFromField || !connectToField) {
    throw new CommandError(
      40105,
      "$graphLookup requires 'from', 'as', 'startWith', 'connectFromField', and 'connectToField' to be specified.",
    )
  }
  parseFieldPath(connectToField)
  return {
    target: { db: context.db, collection: from },
    startWith,
    connectFromField: parseFieldPath(connectFromField),
    connectToField,
    as: parseFieldPath(as),
    maxDepth,
    depthField: depthField === undefined ? undefined : parseFieldPath(depthField),
    restrict,
  }
}

function text(name: string, value: RawValue): string {
  const decoded = decodeValue(value.buf, value.type, value.at)
  if (typeof decoded !== 'string') {
    throw new CommandError(
      40103,
      `expected string as argument for ${name}, found: ${typeAlias(value.type)}`,
    )
  }
  return decoded
}

function parseDepth(raw: RawValue): number {
  const value = decodeValue(raw.buf, raw.type, raw.at)
  if (!isNumeric(value)) {
    throw new CommandError(
      40100,
      `maxDepth requires numeric argument, found type: ${typeAlias(raw.type)}`,
    )
  }
  const depth = exactInteger(value)
  if (depth === undefined)
    throw new CommandError(40102, 'maxDepth could not be represented as a long long')
  if (depth < 0n)
    throw new CommandError(40101, `maxDepth requires a nonnegative argument, found: ${depth}`)
  return Number(depth)
}

function parseRestriction(value: RawValue, context: StageContext): Filter {
  if (!isDocument(value)) {
    throw new CommandError(
      40185,
      `restrictSearchWithMatch must be an object, found ${typeAlias(value.type)}`,
    )
  }
  return parseFilter(value.buf, value.at, filterContext(context))
}
