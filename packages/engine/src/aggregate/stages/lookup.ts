import {
  BsonType,
  BsonWriter,
  decodeValue,
  type Path,
  type RawValue,
  typeAlias,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { parseFieldPath } from '../field-path.js'
import { emptyPipeline, foreignKey, type Join, localValues, readAll } from '../join.js'
import { fieldsOf, isArray, isDocument } from '../raw-fields.js'
import { declare, type Expression, type Scope } from '../scope.js'
import type { Target } from '../services.js'
import {
  checkDocumentSize,
  type Pipeline,
  type Stage,
  type StageContext,
  type StageParser,
} from '../stage.js'
import { Pause } from '../stream.js'
import { checkVariableName } from '../variables.js'
import { setPath } from '../write-path.js'

interface Specification extends Join {
  readonly as: Path
  readonly localField: Path | undefined
  readonly foreignField: string | undefined
  /** Variables for the pipeline: where each value goes. */
  readonly variables: readonly { readonly slot: number; readonly value: Expression }[]
}

const OPTIONS = ['from', 'localField', 'foreignField', 'let', 'pipeline', 'as'] as const
type Option = (typeof OPTIONS)[number]

/** For each document, the documents of another collection that belong to it, as an array. */
export const lookup: StageParser = (argument, context) => {
  const specification = parse(argument, context)
  return {
    name: '$lookup',
    changes: new Set([specification.as[0].name]),
    targets: [specification.target, ...specification.pipeline.targets],
    open: openLookup(specification, context),
  }
}

function openLookup(specification: Specification, context: StageContext): Stage['open'] {
  const { localField, foreignField, variables, as } = specification
  return (input, services) => {
    const join = foreignKey(specification, foreignField, services)
    let current: Buffer | undefined
    let found: ReturnType<typeof readAll> | undefined
    return {
      next: () => {
        for (;;) {
          if (!current || !found) {
            const doc = input.next()
            if (doc === undefined || doc instanceof Pause) return doc
            current = doc
            bindVariables(doc, variables, context.scope)
            const values = localField ? localValues(doc, localField) : undefined
            found = readAll(join(values), services.overdue)
          }
          const result = found.next()
          if (result instanceof Pause) return result
          const joined = setPath(current, as, arrayOf(result))
          current = undefined
          return checkDocumentSize(joined)
        }
      },
      close: () => input.close?.(),
    }
  }
}

function bindVariables(
  doc: Buffer,
  variables: Specification['variables'],
  { context }: Scope,
): void {
  if (variables.length === 0) return
  context.buf = doc
  context.doc = 0
  context.root = 0
  const values = variables.map(({ value }) => value.evaluate(context))
  variables.forEach(({ slot }, i) => {
    context.slots[slot] = values[i]
  })
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

function parse(argument: RawValue, context: StageContext): Specification {
  if (!isDocument(argument)) {
    throw new CommandError(
      'FailedToParse',
      `the $lookup specification must be an object, but found ${typeAlias(argument.type)}`,
    )
  }
  const found = readOptions(argument)
  const localField = found.localField && parseField('localField', found.localField)
  const foreignField = found.foreignField && parseField('foreignField', found.foreignField)
  if ((localField === undefined) !== (foreignField === undefined)) {
    throw new CommandError(
      'FailedToParse',
      '$lookup requires both or neither of localField and foreignField to be specified',
    )
  }
  if (!found.pipeline && localField === undefined) {
    throw new CommandError(
      'FailedToParse',
      '$lookup requires either a pipeline or localField and foreignField to be specified',
    )
  }
  if (found.let && !found.pipeline) {
    throw new CommandError(
      'FailedToParse',
      "$lookup with a 'let' argument must also specify 'pipeline'",
    )
  }
  if (!found.as) {
    throw new CommandError(40414, "BSON field '$lookup.as' is missing but a required field")
  }
  const { inner, variables } = parseLet(found.let, context)
  const outer = inner.scope.context.slots.length
  const target = parseFrom(found.from, found.pipeline, context)
  const pipeline = found.pipeline ? parseNested(found.pipeline, inner, target) : emptyPipeline()
  return {
    target,
    pipeline,
    correlated: inner.scope.uses.random || usesAny(inner.scope, outer),
    as: parseFieldPath(text('as', found.as)),
    localField: localField === undefined ? undefined : parseFieldPath(localField),
    foreignField,
    variables,
  }
}

function readOptions(argument: RawValue): Partial<Record<Option, RawValue>> {
  const found: Partial<Record<Option, RawValue>> = {}
  for (const [name, value] of fieldsOf(argument)) {
    const option = OPTIONS.find((known) => known === name)
    if (!option) {
      throw new CommandError(40415, `BSON field '$lookup.${name}' is an unknown field.`)
    }
    if (found[option]) {
      throw new CommandError(40413, `BSON field '$lookup.${name}' is a duplicate field`)
    }
    // Null is as good as nothing.
    if (value.type === BsonType.null) continue
    found[option] = value
  }
  return found
}

function text(name: string, value: RawValue): string {
  const decoded = decodeValue(value.buf, value.type, value.at)
  if (typeof decoded === 'string') return decoded
  throw new CommandError(
    'TypeMismatch',
    `BSON field '$lookup.${name}' is the wrong type '${typeAlias(value.type)}', expected type 'string'`,
  )
}

function parseField(name: string, value: RawValue): string {
  const path = text(name, value)
  parseFieldPath(path)
  return path
}

function parseFrom(
  from: RawValue | undefined,
  pipeline: RawValue | undefined,
  { db }: StageContext,
): Target {
  // A pipeline that begins with $documents needs no collection.
  const first = pipeline && isArray(pipeline) ? fieldsOf(pipeline)[0]?.[1] : undefined
  const own = first && isDocument(first) && fieldsOf(first)[0]?.[0] === '$documents'
  if (!from) {
    if (own) return { db, collection: '$cmd.aggregate' }
    throw new CommandError('FailedToParse', "must specify 'pipeline' when 'from' is empty")
  }
  if (own) throw new CommandError('InvalidNamespace', "$documents is not allowed with 'from'")
  const collection = isDocument(from) ? parseFromDocument(from, db) : fromText(from)
  if (collection === '' || collection.startsWith('.') || collection.includes('\0')) {
    throw new CommandError('InvalidNamespace', `Invalid namespace specified '${db}.${collection}'`)
  }
  return { db, collection }
}

function fromText(from: RawValue): string {
  const decoded = decodeValue(from.buf, from.type, from.at)
  if (typeof decoded === 'string') return decoded
  throw new CommandError('FailedToParse', "$lookup 'from' must be a string or an object")
}

function parseFromDocument(from: RawValue, db: string): string {
  let collection: string | undefined
  for (const [name, value] of fieldsOf(from)) {
    if (name === 'coll') collection = text('from.coll', value)
    else if (name !== 'db') {
      throw new CommandError(40415, `BSON field '$lookup.from.${name}' is an unknown field.`)
    } else if (text('from.db', value) !== db) {
      throw new CommandError('FailedToParse', "$lookup 'from' of another database is not supported")
    }
  }
  if (collection !== undefined) return collection
  throw new CommandError('FailedToParse', "$lookup 'from' field must name a collection")
}

function parseLet(value: RawValue | undefined, context: StageContext) {
  // The pipeline's own dependencies are told apart from those of the stages around it.
  const uses = { paths: new Set<string>(), whole: false, slots: new Set<number>(), random: false }
  let scope: Scope = { ...context.scope, uses }
  const variables: { slot: number; value: Expression }[] = []
  if (value) {
    if (!isDocument(value)) {
      throw new CommandError(
        'TypeMismatch',
        `BSON field '$lookup.let' is the wrong type '${typeAlias(value.type)}', expected type 'object'`,
      )
    }
    for (const [name, expression] of fieldsOf(value)) {
      checkVariableName(name)
      const parsed = context.scope.parse(expression, context.scope)
      const declared = declare(scope, name)
      scope = declared.scope
      variables.push({ slot: declared.slot, value: parsed })
    }
  }
  return { inner: { ...context, scope }, variables }
}

function parseNested(value: RawValue, context: StageContext, target: Target): Pipeline {
  if (!isArray(value)) {
    throw new CommandError('TypeMismatch', `'pipeline' option must be specified as an array`)
  }
  return context.parsePipeline(value, {
    ...context,
    collection: target.collection,
    nesting: [...context.nesting, '$lookup'],
  })
}

/** Whether a nested pipeline reads a variable declared outside of it: one with a slot below a number. */
function usesAny({ uses }: Scope, below: number): boolean {
  for (const slot of uses.slots) if (slot < below) return true
  return false
}
