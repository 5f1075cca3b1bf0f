/** `$project`, `$addFields` (also called `$set`), `$unset`. */
import { BsonType, decodeValue, type RawValue, typeAlias } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import {
  compileAddition,
  compileExclusion,
  compileProjection,
  type Projection,
} from '../../project/projection.js'
import { parseFieldPath } from '../field-path.js'
import { elementsOf, fieldsOf, isArray, isDocument, type RawField } from '../raw-fields.js'
import {
  checkDocumentSize,
  compileValue,
  type DocumentValue,
  projectionContext,
  type Stage,
  type StageContext,
  type StageParser,
} from '../stage.js'
import { eachDocument } from '../stream.js'

function projecting(name: string, projection: Projection, changes?: ReadonlySet<string>): Stage {
  return {
    name,
    changes,
    open: (input) =>
      projection.identity
        ? input
        : eachDocument(input, (doc) => checkDocumentSize(projection.apply(doc, 0))),
  }
}

function firstParts(paths: readonly string[]): ReadonlySet<string> {
  return new Set(paths.map((path) => path.split('.')[0]))
}

export const project: StageParser = (argument, context) => {
  if (!isDocument(argument)) {
    throw new CommandError(15969, '$project specification must be an object')
  }
  return projecting('$project', compileProjection(argument, projectionContext(context)))
}

export const addFields: StageParser = (argument, context, name) => {
  if (!isDocument(argument)) {
    throw new CommandError(
      40272,
      `${name} specification stage must be an object, got ${typeAlias(argument.type)}`,
    )
  }
  const fields: [string, DocumentValue][] = []
  collectFields(argument, '', context, fields)
  checkCollisions(fields.map(([path]) => path))
  return projecting(name, compileAddition(fields), firstParts(fields.map(([path]) => path)))
}

/** Nested documents add fields below; only operators and values that are no documents are expressions. */
function collectFields(
  document: RawValue,
  prefix: string,
  context: StageContext,
  fields: [string, DocumentValue][],
): void {
  for (const [name, value] of fieldsOf(document)) {
    const path = prefix === '' ? name : `${prefix}.${name}`
    parseFieldPath(path)
    if (!isDocument(value)) {
      fields.push([path, compileValue(value, context)])
      continue
    }
    const below = fieldsOf(value)
    const operators = below.filter(([key]) => key.startsWith('$')).length
    if (operators > 0 && below.length > 1) {
      throw new CommandError(
        40181,
        `an expression specification must contain exactly one field, the name of the expression. Found ${below.length} fields in ${path}`,
      )
    }
    if (operators === 1 || below.length === 0) fields.push([path, compileValue(value, context)])
    else {
      checkNested(below)
      collectFields(value, path, context, fields)
    }
  }
}

function checkNested(fields: readonly RawField[]): void {
  for (const [name] of fields) {
    if (!name.includes('.')) continue
    throw new CommandError(
      40183,
      `FieldPath field names may not contain '.' in a nested object: ${name}`,
    )
  }
}

/** Refuses a path that is given twice, or also a path below it. */
function checkCollisions(paths: readonly string[]): void {
  const sorted = [...paths].sort()
  for (const [i, path] of sorted.entries()) {
    const clash = sorted
      .slice(i + 1)
      .find((other) => other === path || other.startsWith(`${path}.`))
    if (clash === undefined) continue
    throw new CommandError(
      40176,
      `specification contains two conflicting paths. Cannot specify both '${clash}' and '${path}'`,
    )
  }
}

export const unset: StageParser = (argument) => {
  const paths = unsetPaths(argument)
  for (const path of paths) {
    if (path.includes('\0')) throw new CommandError(9527900, 'a path cannot hold a null byte')
    parseFieldPath(path)
  }
  return projecting('$unset', compileExclusion(paths), firstParts(paths))
}

function unsetPaths(argument: RawValue): string[] {
  if (argument.type === BsonType.string) {
    return [decodeValue(argument.buf, argument.type, argument.at) as string]
  }
  if (!isArray(argument)) {
    throw new CommandError(31002, '$unset specification must be a string or an array')
  }
  const elements = elementsOf(argument)
  if (elements.length === 0) {
    throw new CommandError(
      31119,
      '$unset specification must be a string or an array with at least one field',
    )
  }
  return elements.map((element) => {
    const path = decodeValue(element.buf, element.type, element.at)
    if (typeof path === 'string') return path
    throw new CommandError(
      31120,
      '$unset specification must be a string or an array containing only string values',
    )
  })
}
