import { isNumericType, type RawValue } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { type Arg, wrongType } from './args.js'
import { toWhole } from './long.js'

/** The largest that a capped collection may be told to be: a petabyte. */
export const MAX_CAPPED_SIZE = 2 ** 50
const MAX_CAPPED_COUNT = 2 ** 31 - 1

/** Bytes that the documents of a capped collection may take. */
export const cappedSizeArg: Arg<number> = {
  read(value, field) {
    const size = wholeOf(value, field)
    if (size >= 1 && size <= MAX_CAPPED_SIZE) return size
    throw new CommandError(
      'BadValue',
      size < 1
        ? `BSON field '${field}' value must be >= 1, actual value '${size}'`
        : `BSON field '${field}' value must be <= ${MAX_CAPPED_SIZE}, actual value '${size}'`,
    )
  },
}

/** Documents that a capped collection may have; what is not above zero sets no limit. */
export const cappedMaxArg: Arg<number> = {
  read(value, field) {
    const max = wholeOf(value, field)
    if (max <= MAX_CAPPED_COUNT) return max
    throw new CommandError(
      'BadValue',
      `max in a capped collection has to be < 2^31 or not set: '${field}' is ${max}`,
    )
  },
}

function wholeOf(value: RawValue, field: string): number {
  if (isNumericType(value.type)) return toWhole(value)
  throw wrongType(field, value, 'long, int, decimal, double')
}
