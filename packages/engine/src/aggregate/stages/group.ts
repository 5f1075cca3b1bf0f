import { decodeValue, encodeDocument, type RawValue } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { UNSPILLED } from '../../spill/working-memory.js'
import { accumulators } from '../accumulators/index.js'
import type { AccumulatedField } from '../groups.js'
import { fieldsOf, isArray, isDocument } from '../raw-fields.js'
import type { Context } from '../scope.js'
import { SpillingGroups } from '../spilling-groups.js'
import {
  checkDocumentSize,
  compileValue,
  type DocumentValue,
  type Stage,
  type StageContext,
  type StageParser,
} from '../stage.js'
import { blocking, Pause } from '../stream.js'
import { isNumeric } from '../values.js'

export const group: StageParser = (argument, context) => {
  if (!isDocument(argument)) {
    throw new CommandError(15947, "a group's fields must be specified in an object")
  }
  let id: DocumentValue | undefined
  const fields: AccumulatedField[] = []
  for (const [name, value] of fieldsOf(argument)) {
    if (name === '_id') {
      if (id) throw new CommandError(15948, "a group's _id may only be specified once")
      id = compileValue(checkId(value), context)
    } else if (name === '$doingMerge') {
      throw new CommandError(17030, '$doingMerge should be true if present')
    } else fields.push(parseAccumulatedField(name, value, context))
  }
  if (!id) throw new CommandError(15955, 'a group specification must include an _id')
  return groupStage(id, fields, context.scope.context)
}

/** Refuses what looks like a projection: `{ a: 1 }` for a key. */
function checkId(value: RawValue): RawValue {
  if (!isDocument(value)) return value
  for (const [name, field] of fieldsOf(value)) {
    const flag = decodeValue(field.buf, field.type, field.at)
    if (!name.startsWith('$') && (typeof flag === 'boolean' || isNumeric(flag))) {
      throw new CommandError(17390, '$group does not support inclusion-style expressions')
    }
  }
  return value
}

/** Parses `name: { $accumulator: … }`. */
export function parseAccumulatedField(
  name: string,
  value: RawValue,
  { scope }: StageContext,
): AccumulatedField {
  if (name.includes('.')) {
    throw new CommandError(40235, `The field name '${name}' cannot contain '.'`)
  }
  if (name.startsWith('$')) {
    throw new CommandError(40236, `The field name '${name}' cannot be an operator name`)
  }
  const [operator, ...others] = isDocument(value) ? fieldsOf(value) : []
  if (!operator?.[0].startsWith('$')) {
    throw new CommandError(40234, `The field '${name}' must be an accumulator object`)
  }
  if (others.length > 0) {
    throw new CommandError(40238, `The field '${name}' must specify one accumulator`)
  }
  if (isArray(operator[1]) && operator[0] !== '$accumulator') {
    throw new CommandError(40237, `The ${operator[0]} accumulator is a unary operator`)
  }
  const parser = accumulators.get(operator[0])
  if (!parser) {
    if (operator[0] === '$accumulator') {
      throw new CommandError(
        'CommandNotSupported',
        '$accumulator is not supported: server-side JavaScript is not available',
      )
    }
    throw new CommandError(15952, `unknown group operator '${operator[0]}'`)
  }
  return { name, start: parser(operator[1], scope, operator[0]) }
}

export function groupStage(
  id: DocumentValue,
  fields: readonly AccumulatedField[],
  context: Context,
): Stage {
  return {
    name: '$group',
    open: (input, services) => {
      const { overdue, memory = UNSPILLED } = services
      const groups = new SpillingGroups(fields, context, memory)
      return blocking(
        input,
        overdue,
        (doc) => groups.add(id(doc, 0), doc),
        function* () {
          for (const doc of groups.documents(overdue)) {
            yield doc instanceof Pause ? doc : checkDocumentSize(encodeDocument(doc))
          }
        },
        () => groups.close(),
      )
    },
  }
}
