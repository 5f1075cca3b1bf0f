import { BsonType, type RawValue } from '@gantry/bson'
import { CommandError } from '../errors.js'
import type { Arg } from './args.js'

/** The argument `hint`: the name or the key pattern of an index. */
export const hintArg: Arg<RawValue | undefined> = {
  takesNull: true,
  read(value) {
    if (value.type === BsonType.string || value.type === BsonType.object) return value
    throw new CommandError('FailedToParse', 'Hint must be a string or an object')
  },
  fallback: () => undefined,
}
