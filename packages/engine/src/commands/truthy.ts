import { BsonType, isNumericType } from '@gantry/bson'
import type { Arg } from './args.js'
import { toNumber } from './long.js'

/** A switch of commands that take anything for one: what is neither null, false nor zero is on. */
export const truthyArg: Arg<boolean> = {
  read(value) {
    const { buf, type, at } = value
    if (type === BsonType.bool) return buf[at] !== 0
    if (isNumericType(type)) return toNumber(value) !== 0
    return type !== BsonType.null && type !== BsonType.undefined
  },
  fallback: () => false,
}
