import { parseAddToSet } from './addToSet.js'
import { parseInc, parseMul } from './arithmetic-modifier.js'
import { parseBit } from './bit.js'
import { parseCurrentDate } from './currentDate.js'
import { parseMax, parseMin } from './min-max.js'
import type { ParseModifier } from './operator.js'
import { parsePop } from './pop.js'
import { parsePull } from './pull.js'
import { parsePullAll } from './pullAll.js'
import { parsePush } from './push.js'
import { parseSet, parseSetOnInsert } from './set.js'
import { parseUnset } from './unset.js'

/** The update operators by name; `$rename`, which has two paths, is apart. */
export const operators: ReadonlyMap<string, ParseModifier> = new Map<string, ParseModifier>([
  ['$addToSet', parseAddToSet],
  ['$bit', parseBit],
  ['$currentDate', parseCurrentDate],
  ['$inc', parseInc],
  ['$max', parseMax],
  ['$min', parseMin],
  ['$mul', parseMul],
  ['$pop', parsePop],
  ['$pull', parsePull],
  ['$pullAll', parsePullAll],
  ['$push', parsePush],
  ['$set', parseSet],
  ['$setOnInsert', parseSetOnInsert],
  ['$unset', parseUnset],
])
