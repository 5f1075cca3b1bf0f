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
import { elementsOf, fieldsOf, isArray, isDocument } from '../raw-fields.js'
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
  return projecting(name, compileAddition(fields), firstParts(fields.map(([path]) => path)))
}

/** Nested documents add fields below; only operators and values that are no documents are expressions. */
function collectFields(
  document: RawValue,
  prefix: string,
  context: StageContext,
  fields: [string, DocumentValue][],
): void {
  const entries = fieldsOf(document)
  if (entries.length === 0 && prefix !== '') {
    throw new CommandError(
      40180,
      `an empty object is not a valid value. Found empty object at path ${prefix}`,
    )
  }
  for (const [name, value] of entries) {
    const path = prefix === '' ? name : `${prefix}.${name}`
    parseFieldPath(path)
    if (isDocument(value) && !fieldsOf(value)[0]?.[0].startsWith('$')) {
      for (const [below] of fieldsOf(value)) {
        if (!below.includes('.')) continue
        throw new CommandError(
          40183,
          `FieldPath field names may not contain '.' in a nested object: ${below}`,
        )
      }
      collectFields(value, path, context, fields)
    } else fields.push([path, compileValue(value, context)])
  }
}

export const unset: StageParser = (argument) => {
  const paths = unsetPaths(argument)
  for (const path of paths) parseFieldPath(path)
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
