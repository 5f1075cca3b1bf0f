/** `$cmp`, `$eq`, `$gt`, `$gte`, `$lt`, `$lte`, `$ne`: MongoDB's order over all types. */
import { compareValues } from '@gantry/bson'
import { binary } from './arguments.js'

export const cmp = binary((a, b) => Math.sign(compareValues(a, b)))
export const eq = binary((a, b) => compareValues(a, b) === 0)
export const gt = binary((a, b) => compareValues(a, b) > 0)
export const gte = binary((a, b) => compareValues(a, b) >= 0)
export const lt = binary((a, b) => compareValues(a, b) < 0)
export const lte = binary((a, b) => compareValues(a, b) <= 0)
export const ne = binary((a, b) => compareValues(a, b) !== 0)
