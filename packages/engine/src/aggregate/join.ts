/** How documents of another collection are found for `$lookup` and `$graphLookup`. */
import { BsonType, encodeValue, type Path, parsePath, RawValue, type Value } from '@gantry/bson'
import { conjunction, type Filter } from '../query/filter.js'
import { readPath, valueAtPath } from './field-path.js'
import { openPipeline } from './open.js'
import type { PipelineServices, Target } from './services.js'
import type { Pipeline } from './stage.js'
import { filterStage } from './stages/match.js'
import { type DocumentStream, type Overdue, PAUSE, Pause, streamOf } from './stream.js'
import { equalityKey } from './value-set.js'
import { isNullish } from './values.js'

/** The other side of a join. */
export interface Join {
  readonly target: Target
  readonly pipeline: Pipeline
  /** The pipeline gives other results for other documents, for it uses their variables. */
  readonly correlated: boolean
}

export function emptyPipeline(): Pipeline {
  return {
    leading: { filter: { kind: 'alwaysTrue' } },
    stages: [],
    ownSource: false,
    names: [],
    targets: [],
  }
}

/** What a document is joined by: the values at a path, those of an array one by one; null when there is nothing. */
export function localValues(doc: Buffer, path: Path): Value[] {
  const value = readPath(doc, 0, path)
  if (value === undefined) return [null]
  return Array.isArray(value) ? value : [value]
}

/** Matches documents whose field equals one of the values; null also matches a missing field. */
export function equalityFilter(field: string, values: readonly Value[]): Filter {
  const path = parsePath(field)
  const clauses = values.map((value): Filter => {
    const raw = encodeValue(isNullish(value) ? null : value)
    return { kind: 'eq', path, operand: new RawValue(raw.buf, raw.type, raw.at, raw.size) }
  })
  if (clauses.length === 1) return clauses[0]
  return clauses.length === 0 ? { kind: 'alwaysFalse' } : inFilter(path, clauses)
}

/** One look-up for all values, unless a regular expression is among them: `$in` would match by it. */
function inFilter(path: Path, clauses: readonly Filter[]): Filter {
  const operands = clauses.flatMap((clause) => (clause.kind === 'eq' ? [clause.operand] : []))
  if (operands.some((operand) => operand.type === BsonType.regex)) {
    return { kind: 'or', clauses }
  }
  return { kind: 'in', path, operands, regexes: [] }
}

/** Memory that an uncorrelated side of a join may take to be kept. */
const MOST_KEPT_BYTES = 64 * 1024 * 1024

/**
 * A function from the values of one side to the documents of the other. Without a key the
 * pipeline runs for each document, once for all when it is the same for all. With a key and no
 * index for it the other side is read once into a hash table.
 */
export function foreignKey(
  join: Join,
  field: string | undefined,
  services: PipelineServices,
): (values: readonly Value[] | undefined) => DocumentStream {
  const { target, pipeline } = join
  if (field === undefined) {
    const open = () => openPipeline(pipeline, target, services)
    if (join.correlated) return open
    const kept = keep(open)
    return () => kept.stream()
  }
  const ask = (values: readonly Value[] | undefined) =>
    openPipeline(withFilter(pipeline, equalityFilter(field, values ?? [])), target, services)
  const simple = pipeline.stages.length === 0 && pipeline.leading.filter.kind === 'alwaysTrue'
  if (!simple || services.hasIndex(target, field)) return ask
  return hashed(
    field,
    keep(() => openPipeline(pipeline, target, services)),
    ask,
  )
}

function withFilter(pipeline: Pipeline, filter: Filter): Pipeline {
  if (pipeline.ownSource) {
    const [source, ...rest] = pipeline.stages
    return { ...pipeline, stages: [source, filterStage(filter), ...rest] }
  }
  const { leading } = pipeline
  return { ...pipeline, leading: { ...leading, filter: conjunction([filter, leading.filter]) } }
}

/** Reads a stream once and answers it again and again, unless it is too large to be kept. */
function keep(open: () => DocumentStream) {
  const docs: Buffer[] = []
  let source: DocumentStream | undefined
  let bytes = 0
  let state: 'reading' | 'kept' | 'too large' = 'reading'
  return {
    docs,
    /** Reads on; a pause when it is not at the end. */
    load(overdue: Overdue): Pause | undefined {
      source ??= open()
      for (let count = 1; state === 'reading'; count++) {
        const doc = source.next()
        if (doc instanceof Pause) return doc
        if (doc === undefined) state = 'kept'
        else {
          docs.push(doc)
          bytes += doc.length + 96
          if (bytes > MOST_KEPT_BYTES) {
            state = 'too large'
            docs.length = 0
            source.close?.()
          } else if (count % 32 === 0 && overdue()) return PAUSE
        }
      }
      return undefined
    },
    get fits(): boolean {
      return state !== 'too large'
    },
    stream(): DocumentStream {
      let from: DocumentStream | undefined
      return {
        next: () => {
          if (!from) {
            const pause = this.load(() => false)
            if (pause) return pause
            from = this.fits ? streamOf(docs) : open()
          }
          return from.next()
        },
        close: () => from?.close?.(),
      }
    },
  }
}

function hashed(
  field: string,
  kept: ReturnType<typeof keep>,
  ask: (values: readonly Value[] | undefined) => DocumentStream,
) {
  let table: Map<string | number, number[]> | undefined
  return (values: readonly Value[] | undefined): DocumentStream => {
    let found: DocumentStream | undefined
    return {
      next: () => {
        if (!found) {
          const pause = kept.load(() => false)
          if (pause) return pause
          if (kept.fits) {
            table ??= buildTable(kept.docs, field)
            found = streamOf(pick(kept.docs, table, values ?? []))
          } else found = ask(values)
        }
        return found.next()
      },
      close: () => found?.close?.(),
    }
  }
}

/** The positions of the documents by each value that equality on the field finds them with. */
function buildTable(docs: readonly Buffer[], field: string): Map<string | number, number[]> {
  const path = parsePath(field)
  const table = new Map<string | number, number[]>()
  docs.forEach((doc, position) => {
    for (const key of new Set(indexedValues(doc, path).map(normalKey))) {
      const positions = table.get(key)
      if (positions) positions.push(position)
      else table.set(key, [position])
    }
  })
  return table
}

/** Null, undefined and missing equal one another here. */
function normalKey(value: Value | undefined): string | number {
  return equalityKey(isNullish(value) ? null : value)
}

function indexedValues(doc: Buffer, path: Path): (Value | undefined)[] {
  const values: (Value | undefined)[] = []
  const [first, ...rest] = path
  collect(readPath(doc, 0, [first]), rest, values)
  return values
}

function collect(value: Value | undefined, path: Path, into: (Value | undefined)[]): void {
  if (Array.isArray(value)) {
    if (path.length > 0 && path[0].index !== -1 && path[0].index < value.length) {
      collect(value[path[0].index], path.slice(1), into)
    }
    if (path.length === 0) into.push(...value, value)
    else {
      for (const item of value) {
        if (item instanceof Map) collect(valueAtPath(item, path.slice(0, 1)), path.slice(1), into)
      }
    }
  } else if (path.length === 0) into.push(value)
  else if (value instanceof Map) collect(value.get(path[0].name), path.slice(1), into)
  else into.push(undefined)
}

function* pick(
  docs: readonly Buffer[],
  table: ReadonlyMap<string | number, readonly number[]>,
  values: readonly Value[],
): Generator<Buffer> {
  if (values.length === 1) {
    for (const position of table.get(normalKey(values[0])) ?? []) yield docs[position]
    return
  }
  const positions = new Set<number>()
  for (const value of values) {
    for (const position of table.get(normalKey(value)) ?? []) positions.add(position)
  }
  for (const position of [...positions].sort((a, b) => a - b)) yield docs[position]
}

/** Gathers a stream's documents; asked again after a pause it goes on. */
export function readAll(stream: DocumentStream, overdue: Overdue) {
  const docs: Buffer[] = []
  return {
    next(): Buffer[] | Pause {
      for (let count = 1; ; count++) {
        const doc = stream.next()
        if (doc === undefined) return docs
        if (doc instanceof Pause) return doc
        docs.push(doc)
        if (count % 32 === 0 && overdue()) return PAUSE
      }
    },
  }
}
