import { BsonType } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { parseSchema, schemaPredicate } from '../json-schema/schema.js'
import type { TopLevelParser } from './operator.js'

export const parseJsonSchema: TopLevelParser = (operand, { inElement }) => {
  if (operand.type !== BsonType.object) {
    throw new CommandError('TypeMismatch', '$jsonSchema must be an object')
  }
  if (inElement) {
    throw new CommandError('BadValue', '$jsonSchema can only be applied to the top-level document')
  }
  return { kind: 'jsonSchema', operand, matches: schemaPredicate(parseSchema(operand)) }
}
