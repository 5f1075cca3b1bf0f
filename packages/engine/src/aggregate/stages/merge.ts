import {
  BsonType,
  decodeDocument,
  decodeValue,
  encodeDocument,
  findElement,
  type RawValue,
  typeAlias,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { parseFieldPath, readPath } from '../field-path.js'
import { openStages } from '../open.js'
import { elementsOf, fieldsOf, isArray, isDocument } from '../raw-fields.js'
import { declare, type Expression, type Scope } from '../scope.js'
import type { MergeRule, PipelineServices, Target } from '../services.js'
import type { Pipeline, StageContext, StageParser } from '../stage.js'
import { streamOf } from '../stream.js'
import { isNullish } from '../values.js'
import { checkVariableName } from '../variables.js'
import { batched } from './out.js'

const MATCHED = ['replace', 'keepExisting', 'merge', 'fail'] as const
type WhenMatched = (typeof MATCHED)[number] | Update
const NOT_MATCHED = ['insert', 'discard', 'fail'] as const
type WhenNotMatched = (typeof NOT_MATCHED)[number]

/** A pipeline over the document that is there, with variables from the one that comes in. */
interface Update {
  readonly pipeline: Pipeline
  readonly variables: readonly { readonly slot: number; readonly value: Expression }[]
  readonly scope: Scope
}

interface Specification {
  readonly target: Target
  readonly on: readonly string[]
  readonly whenMatched: WhenMatched
  readonly whenNotMatched: WhenNotMatched
}

const OPTIONS = ['into', 'on', 'let', 'whenMatched', 'whenNotMatched'] as const
type Option = (typeof OPTIONS)[number]

/** Writes the documents into a collection, into those that are there already; hands out none. */
export const merge: StageParser = (argument, context) => {
  const specification = parse(argument, context)
  const { target, on } = specification
  return {
    name: '$merge',
    sink: true,
    targets: [target],
    open: (input, services) => {
      const write = services.merge?.bind(services)
      if (!write) throw new CommandError('CommandNotSupported', '$merge is not supported here')
      services.checkMergeKey?.(target, on)
      const rule = mergeRule(specification, services)
      const batches = batched(input, (docs) => {
        for (const doc of docs) checkKey(doc, on)
        return write(target, rule, docs)
      })
      return { next: () => batches.next(), close: () => input.close?.() }
    },
  }
}

function mergeRule(
  { on, whenMatched, whenNotMatched }: Specification,
  services: PipelineServices,
): MergeRule {
  return {
    on,
    whenNotMatched,
    whenMatched: (existing, incoming) => {
      if (typeof whenMatched === 'object') return update(existing, incoming, whenMatched, services)
      switch (whenMatched) {
        case 'replace':
          return withId(incoming, existing)
        case 'merge':
          return merged(existing, incoming)
        case 'keepExisting':
          return undefined
        case 'fail':
          throw new CommandError(
            'DuplicateKey',
            '$merge could not insert a document: one with the same key is there',
          )
      }
    },
  }
}

/** The incoming document under the `_id` of the one that it replaces, should it have none. */
function withId(incoming: Buffer, existing: Buffer): Buffer {
  if (findElement(incoming, 0, ID) !== -1) return incoming
  const id = decodeDocument(existing).get('_id')
  return id === undefined
    ? incoming
    : encodeDocument(new Map([['_id', id], ...decodeDocument(incoming)]))
}

const ID = Buffer.from('_id')

function merged(existing: Buffer, incoming: Buffer): Buffer {
  const result = decodeDocument(existing)
  for (const [name, value] of decodeDocument(incoming)) result.set(name, value)
  return encodeDocument(result)
}

function update(
  existing: Buffer,
  incoming: Buffer,
  { pipeline, variables, scope }: Update,
  services: PipelineServices,
): Buffer {
  const { context } = scope
  context.buf = incoming
  context.doc = 0
  context.root = 0
  const values = variables.map(({ value }) => value.evaluate(context))
  variables.forEach(({ slot }, i) => {
    context.slots[slot] = values[i]
  })
  const result = openStages(pipeline, streamOf([existing]), services).next()
  if (Buffer.isBuffer(result)) return result
  throw new CommandError('InternalError', 'the pipeline of whenMatched gave no document')
}

function checkKey(doc: Buffer, on: readonly string[]): void {
  for (const field of on) {
    const value = readPath(doc, 0, parseFieldPath(field))
    if (Array.isArray(value)) {
      throw new CommandError(51185, `$merge write error: 'on' field '${field}' is an array`)
    }
    if (isNullish(value) && field !== '_id') {
      throw new CommandError(
        51132,
        `$merge write error: 'on' field cannot be missing, null, undefined or an array`,
      )
    }
  }
}

function parse(argument: RawValue, context: StageContext): Specification {
  const found = readOptions(argument)
  const target = parseTarget(found.into as RawValue, context)
  const on = parseOn(found.on)
  const whenMatched = parseWhenMatched(found.whenMatched, found.let, context)
  const whenNotMatched = parseWhenNotMatched(found.whenNotMatched)
  if ((whenMatched === 'keepExisting' || whenMatched === 'fail') && whenNotMatched !== 'insert') {
    throw new CommandError(
      51181,
      `Combination of {whenMatched: ${whenMatched}, whenNotMatched: ${whenNotMatched}} is not supported`,
    )
  }
  return { target, on, whenMatched, whenNotMatched }
}

function readOptions(argument: RawValue): Partial<Record<Option, RawValue>> {
  if (argument.type === BsonType.string) {
    if (argument.size > 5) return { into: argument }
    throw new CommandError('InvalidNamespace', 'Invalid $merge target: an empty name')
  }
  if (!isDocument(argument)) {
    throw new CommandError(
      'TypeMismatch',
      `$merge requires a string or object argument, but found ${typeAlias(argument.type)}`,
    )
  }
  const found: Partial<Record<Option, RawValue>> = {}
  for (const [name, value] of fieldsOf(argument)) {
    const option = OPTIONS.find((known) => known === name)
    if (!option) throw new CommandError(40415, `BSON field '$merge.${name}' is an unknown field.`)
    // Null is as good as nothing for some.
    const optional = option === 'let' || option === 'whenNotMatched'
    if (!optional || value.type !== BsonType.null) found[option] = value
  }
  if (!found.into) {
    throw new CommandError(40414, "BSON field '$merge.into' is missing but a required field")
  }
  return found
}

function parseTarget(into: RawValue, { db }: StageContext): Target {
  if (into.type === BsonType.string) {
    const collection = decodeValue(into.buf, into.type, into.at) as string
    if (collection === '')
      throw new CommandError(5786800, `Invalid $merge target namespace: '${db}.'`)
    return checkTarget({ db, collection })
  }
  if (!isDocument(into)) {
    throw new CommandError(
      51178,
      `$merge 'into' field  must be either a string or an object, but found ${typeAlias(into.type)}`,
    )
  }
  const parts: { db: string; coll?: string } = { db }
  for (const [name, value] of fieldsOf(into)) {
    if (name !== 'db' && name !== 'coll')
      throw new CommandError(40415, `BSON field 'into.${name}' is an unknown field.`)
    const text = decodeValue(value.buf, value.type, value.at)
    if (isNullish(text) || (name === 'db' && text === '')) continue
    if (typeof text !== 'string') {
      throw new CommandError(
        'TypeMismatch',
        `BSON field 'into.${name}' is the wrong type '${typeAlias(value.type)}', expected type 'string'`,
      )
    }
    parts[name] = text
  }
  if (!parts.coll) throw new CommandError(5786801, "$merge 'into' must name a collection")
  return checkTarget({ db: parts.db, collection: parts.coll })
}

function checkTarget(target: Target): Target {
  const { db, collection } = target
  if (collection.startsWith('.') || collection.includes('\0')) {
    throw new CommandError(
      'InvalidNamespace',
      `Invalid $merge target namespace: '${db}.${collection}'`,
    )
  }
  if (collection.startsWith('system.')) {
    throw new CommandError(31319, `Cannot $merge to special collection: ${collection}`)
  }
  if (['admin', 'config', 'local'].includes(db)) {
    throw new CommandError(31320, `Cannot $merge to internal database: ${db}`)
  }
  return target
}

function parseOn(value: RawValue | undefined): string[] {
  if (!value) return ['_id']
  const single = decodeValue(value.buf, value.type, value.at)
  if (typeof single === 'string') {
    parseFieldPath(single)
    return [single]
  }
  if (!isArray(value)) {
    throw new CommandError(
      51186,
      `$merge 'on' field  must be either a string or an array of strings, but found ${typeAlias(value.type)}`,
    )
  }
  const fields = elementsOf(value).map((element) => {
    const field = decodeValue(element.buf, element.type, element.at)
    if (typeof field === 'string') return field
    throw new CommandError(
      51134,
      `$merge 'on' array elements must be strings, but found ${typeAlias(element.type)}`,
    )
  })
  if (fields.length === 0)
    throw new CommandError(
      51187,
      "If explicitly specifying $merge 'on', must include at least one field",
    )
  for (const field of fields) parseFieldPath(field)
  if (new Set(fields).size < fields.length)
    throw new CommandError(31465, `Found a duplicate field in $merge 'on'`)
  return fields
}

function parseWhenNotMatched(value: RawValue | undefined): WhenNotMatched {
  if (!value) return 'insert'
  const text = decodeValue(value.buf, value.type, value.at)
  if (typeof text !== 'string') {
    throw new CommandError(
      'TypeMismatch',
      `BSON field '$merge.whenNotMatched' is the wrong type '${typeAlias(value.type)}', expected type 'string'`,
    )
  }
  const mode = NOT_MATCHED.find((known) => known === text)
  if (mode) return mode
  throw new CommandError(
    'BadValue',
    `Enumeration value '${text}' for field '$merge.whenNotMatched' is not a valid value.`,
  )
}

function parseWhenMatched(
  value: RawValue | undefined,
  variables: RawValue | undefined,
  context: StageContext,
): WhenMatched {
  if (variables && !isDocument(variables)) {
    throw new CommandError(
      'TypeMismatch',
      `BSON field '$merge.let' is the wrong type '${typeAlias(variables.type)}', expected type 'object'`,
    )
  }
  if (value && isArray(value)) return parseUpdate(value, variables, context)
  if (variables) {
    throw new CommandError(51199, `Cannot use 'let' variables with 'whenMatched: merge' mode`)
  }
  if (!value) return 'merge'
  const text = decodeValue(value.buf, value.type, value.at)
  if (typeof text !== 'string') {
    throw new CommandError(
      51191,
      `$merge 'whenMatched' field  must be either a string or an array, but found ${typeAlias(value.type)}`,
    )
  }
  const mode = MATCHED.find((known) => known === text)
  if (mode) return mode
  throw new CommandError(
    'BadValue',
    `Enumeration value '${text}' for field 'whenMatched' is not a valid value.`,
  )
}

const UPDATE_STAGES = new Set([
  '$addFields',
  '$set',
  '$project',
  '$unset',
  '$replaceRoot',
  '$replaceWith',
])

function parseUpdate(stages: RawValue, given: RawValue | undefined, context: StageContext): Update {
  for (const stage of elementsOf(stages)) {
    const name = isDocument(stage) ? fieldsOf(stage)[0]?.[0] : undefined
    if (name !== undefined && !UPDATE_STAGES.has(name)) {
      throw new CommandError('InvalidOptions', `${name} is not allowed to be used within an update`)
    }
  }
  let { scope } = context
  const variables: { slot: number; value: Expression }[] = []
  const define = (name: string, value: Expression) => {
    const declared = declare(scope, name)
    scope = declared.scope
    variables.push({ slot: declared.slot, value })
  }
  const whole = () => context.scope.parse(ROOT, context.scope)
  let named = false
  for (const [name, value] of given && isDocument(given) ? fieldsOf(given) : []) {
    checkVariableName(name)
    if (name === 'new') {
      const text = decodeValue(value.buf, value.type, value.at)
      if (text !== '$$ROOT')
        throw new CommandError(
          51273,
          `'let' may not define a value for the reserved 'new' variable other than '$$ROOT'`,
        )
      named = true
    }
    define(name, context.scope.parse(value, context.scope))
  }
  if (!named && (!given || isDocument(given))) define('new', whole())
  return { pipeline: context.parsePipeline(stages, { ...context, scope }), variables, scope }
}

const rootDocument = encodeDocument({ root: '$$ROOT' })
const ROOT: RawValue = fieldsOf({
  buf: rootDocument,
  type: BsonType.object,
  at: 0,
  size: rootDocument.length,
})[0][1]
