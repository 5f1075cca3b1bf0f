import { BsonType, type RawValue, typeAlias } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { valuesOf } from '../../query/elements.js'
import type { Modifier } from '../modifier.js'
import type { UpdatePath } from '../update-path.js'
import { ValueSet } from '../value-set.js'
import { cull } from './cull.js'

/** `$pullAll`: takes away each element that equals one of the values given. */
export function parsePullAll(_path: UpdatePath, argument: RawValue): Modifier {
  if (argument.type !== BsonType.array) {
    throw new CommandError(
      'BadValue',
      `$pullAll requires an array argument but was given a ${typeAlias(argument.type)}`,
    )
  }
  const unwanted = new ValueSet(valuesOf(argument))
  return cull('$pullAll', (value) => unwanted.has(value))
}
