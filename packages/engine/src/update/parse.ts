import { BsonType, MAX_DEPTH, type PathPart, type RawValue, typeAlias } from '@gantry/bson'
import { valueText } from '../element-text.js'
import { CommandError } from '../errors.js'
import { elementsOf } from '../query/elements.js'
import type { FilterContext } from '../query/filter.js'
import {
  checkAllUsed,
  checkIdentifiers,
  type ElementFilters,
  parseArrayFilters,
} from './array-filters.js'
import { tooDeep } from './failures.js'
import { operators } from './operators/index.js'
import { addRename, type Rename } from './operators/rename.js'
import { addModifier, emptyTree, type FieldsNode } from './tree.js'
import { parseUpdatePath, type UpdatePath } from './update-path.js'

/** An update as it is applied to any number of documents. */
export type Update =
  | { readonly kind: 'replacement'; readonly document: RawValue }
  | OperatorUpdate
  | { readonly kind: 'pipeline'; readonly transform: (document: Buffer) => Buffer }

export interface OperatorUpdate {
  readonly kind: 'operators'
  readonly root: FieldsNode
  readonly renames: readonly Rename[]
  readonly filters: ElementFilters
  /** The top-level names among its paths that begin with a dollar. */
  readonly dollarFields: readonly PathPart[]
}

export interface UpdateOptions {
  /** The documents of `arrayFilters`. */
  readonly arrayFilters?: readonly RawValue[]
  /** Compiles an aggregation pipeline; without it pipelines are refused. */
  readonly pipeline?: (stages: RawValue) => (document: Buffer) => Buffer
  /** For the conditions of `$pull` and `arrayFilters`. */
  readonly filter?: FilterContext
}

/** Reads an update: a replacement document, a document of operators, or an array of pipeline stages. It keeps referring to the buffers it is given. */
export function parseUpdate(update: RawValue, options: UpdateOptions = {}): Update {
  if (update.type === BsonType.array) return parsePipeline(update, options)
  if (update.type !== BsonType.object) {
    throw new CommandError('FailedToParse', 'Update argument must be either an object or an array')
  }
  if (isOperatorUpdate(update)) return parseOperators(update, options)
  if (options.arrayFilters && options.arrayFilters.length > 0) {
    throw new CommandError(
      'FailedToParse',
      'arrayFilters may not be specified for replacement-style updates',
    )
  }
  checkReplacement(update)
  return { kind: 'replacement', document: update }
}

/** Whether an update's first field is an operator, so that it does not replace the document. */
export function isOperatorUpdate({ buf, type, at }: RawValue): boolean {
  return type === BsonType.object && buf[at + 4] !== 0 && buf[at + 5] === 0x24
}

function parsePipeline(stages: RawValue, { arrayFilters, pipeline }: UpdateOptions): Update {
  if (arrayFilters && arrayFilters.length > 0) {
    throw new CommandError(
      'FailedToParse',
      'arrayFilters may not be specified for pipeline-syle updates',
    )
  }
  if (!pipeline) {
    throw new CommandError('CommandNotSupported', 'An aggregation pipeline cannot be used here')
  }
  return { kind: 'pipeline', transform: pipeline(stages) }
}

function checkReplacement({ buf, at }: RawValue): void {
  for (const { name } of elementsOf(buf, at)) {
    if (!name.startsWith('$')) continue
    throw new CommandError(
      'DollarPrefixedFieldName',
      `The dollar ($) prefixed field '${name}' in '${name}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
    )
  }
}

function parseOperators(update: RawValue, options: UpdateOptions): OperatorUpdate {
  const context = options.filter ?? {}
  const filters = parseArrayFilters(options.arrayFilters ?? [], context)
  const root = emptyTree()
  const renames: Rename[] = []
  const paths: UpdatePath[] = []
  for (const { name: operator, value: fields } of elementsOf(update.buf, update.at)) {
    const parse = operators.get(operator)
    if (!parse && operator !== '$rename') throw unknownModifier(operator)
    if (fields.type !== BsonType.object) throw notFields(operator, fields)
    for (const { name, value } of elementsOf(fields.buf, fields.at)) {
      const path = parseUpdatePath(name)
      paths.push(path)
      checkIdentifiers(path, filters)
      if (!parse) {
        renames.push(addRename(root, path, value))
        continue
      }
      const modifier = parse(path, value, context)
      if (path.steps.length + modifier.depth > MAX_DEPTH) throw tooDeep()
      addModifier(root, path, modifier)
    }
  }
  checkAllUsed(filters, paths, update)
  return { kind: 'operators', root, renames, filters, dollarFields: dollarFields(root) }
}

function dollarFields({ children }: FieldsNode): PathPart[] {
  return [...children.values()].flatMap(({ part }) => (part.name.startsWith('$') ? [part] : []))
}

function unknownModifier(name: string): CommandError {
  return new CommandError(
    'FailedToParse',
    `Unknown modifier: ${name}. Expected a valid update modifier or pipeline-style update specified as an array`,
  )
}

function notFields(operator: string, { buf, type, at }: RawValue): CommandError {
  return new CommandError(
    'FailedToParse',
    `Modifiers operate on fields but we found type ${typeAlias(type)} instead. For example: {$mod: {<field>: ...}} not {${operator}: ${valueText(buf, type, at)}}`,
  )
}
