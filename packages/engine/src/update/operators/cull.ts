import { BsonType, type RawValue } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { valuesOf } from '../../query/elements.js'
import { createsNothing, type Modifier } from '../modifier.js'

/** A modifier that takes the elements with a property out of an array. */
export function cull(operator: string, unwanted: (value: RawValue) => boolean): Modifier {
  return {
    kind: 'modifier',
    operator,
    ...createsNothing,
    update(current) {
      if (current.type !== BsonType.array) {
        throw new CommandError('BadValue', 'Cannot apply $pull to a non-array value')
      }
      const values = valuesOf(current)
      const kept = values.filter((value) => !unwanted(value))
      return kept.length === values.length ? undefined : kept
    },
  }
}
