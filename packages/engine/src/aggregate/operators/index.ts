import {
  firstNExpression,
  lastNExpression,
  maxNExpression,
  minNExpression,
} from '../accumulators/firstN.js'
import { medianExpression, percentileExpression } from '../accumulators/percentile.js'
import { avg, max, min, stdDevPop, stdDevSamp, sum } from './accumulators.js'
import { add } from './add.js'
import type { OperatorParser } from './arguments.js'
import {
  concatArrays,
  indexOfArray,
  inOperator,
  isArray,
  range,
  reverseArray,
  size,
  slice,
} from './array.js'
import { arrayElemAt, first, last } from './arrayElemAt.js'
import { arrayToObject, objectToArray } from './arrayToObject.js'
import { bitAnd, bitNot, bitOr, bitXor } from './bitwise.js'
import { and, not, or } from './boolean.js'
import { cmp, eq, gt, gte, lt, lte, ne } from './comparison.js'
import { cond, ifNull, switchOperator } from './conditional.js'
import {
  convert,
  toBool,
  toDate,
  toDecimal,
  toDouble,
  toInt,
  toLong,
  toObjectId,
  toStringOperator,
  toUUID,
} from './convert.js'
import { binarySize, isNumber, toHashedIndexKey, tsIncrement, tsSecond, type } from './data.js'
import { dateAdd, dateDiff, dateSubtract, dateTrunc } from './dateArithmetic.js'
import { dateFromParts } from './dateFromParts.js'
import { dateFromString } from './dateFromString.js'
import {
  dateToParts,
  dayOfMonth,
  dayOfWeekOperator,
  dayOfYearOperator,
  hour,
  isoDayOfWeekOperator,
  isoWeekOperator,
  isoWeekYear,
  millisecond,
  minute,
  month,
  second,
  week,
  year,
} from './dateParts.js'
import { dateToString } from './dateToString.js'
import { divide, mod } from './divide.js'
import { bsonSize, getField, mergeObjects, setField, unsetField } from './documents.js'
import { indexOfBytes, indexOfCP } from './indexOf.js'
import { log } from './log.js'
import { filter, map, reduce } from './map.js'
import { multiply } from './multiply.js'
import { abs, ceil, exp, floor, ln, log10, sqrt } from './numeric-functions.js'
import { pow } from './pow.js'
import { regexFind, regexFindAll, regexMatch } from './regex.js'
import { replaceAll, replaceOne } from './replace.js'
import { round, trunc } from './round.js'
import {
  allElementsTrue,
  anyElementTrue,
  setDifference,
  setEquals,
  setIntersection,
  setIsSubset,
  setUnion,
} from './sets.js'
import { sigmoid } from './sigmoid.js'
import { sortArray } from './sortArray.js'
import { concat, split, strcasecmp, strLenBytes, strLenCP, toLower, toUpper } from './string.js'
import { substrBytes, substrCP } from './substr.js'
import { subtract } from './subtract.js'
import * as trigonometry from './trigonometry.js'
import { ltrim, rtrim, trim } from './trim.js'
import { meta, needsJavaScript } from './unsupported.js'
import { letOperator, literal, rand } from './variables.js'
import { zip } from './zip.js'

/** All operators of expressions, by name. */
export const operators: ReadonlyMap<string, OperatorParser> = new Map<string, OperatorParser>(
  Object.entries({
    $abs: abs,
    $accumulator: needsJavaScript,
    $acos: trigonometry.acos,
    $acosh: trigonometry.acosh,
    $add: add,
    $allElementsTrue: allElementsTrue,
    $and: and,
    $anyElementTrue: anyElementTrue,
    $arrayElemAt: arrayElemAt,
    $arrayToObject: arrayToObject,
    $asin: trigonometry.asin,
    $asinh: trigonometry.asinh,
    $atan: trigonometry.atan,
    $atan2: trigonometry.atan2,
    $atanh: trigonometry.atanh,
    $avg: avg,
    $binarySize: binarySize,
    $bitAnd: bitAnd,
    $bitNot: bitNot,
    $bitOr: bitOr,
    $bitXor: bitXor,
    $bsonSize: bsonSize,
    $ceil: ceil,
    $cmp: cmp,
    $concat: concat,
    $concatArrays: concatArrays,
    $cond: cond,
    $const: literal,
    $convert: convert,
    $cos: trigonometry.cos,
    $cosh: trigonometry.cosh,
    $dateAdd: dateAdd,
    $dateDiff: dateDiff,
    $dateFromParts: dateFromParts,
    $dateFromString: dateFromString,
    $dateSubtract: dateSubtract,
    $dateToParts: dateToParts,
    $dateToString: dateToString,
    $dateTrunc: dateTrunc,
    $dayOfMonth: dayOfMonth,
    $dayOfWeek: dayOfWeekOperator,
    $dayOfYear: dayOfYearOperator,
    $degreesToRadians: trigonometry.degreesToRadians,
    $divide: divide,
    $eq: eq,
    $exp: exp,
    $filter: filter,
    $first: first,
    $firstN: firstNExpression,
    $floor: floor,
    $function: needsJavaScript,
    $getField: getField,
    $gt: gt,
    $gte: gte,
    $hour: hour,
    $ifNull: ifNull,
    $in: inOperator,
    $indexOfArray: indexOfArray,
    $indexOfBytes: indexOfBytes,
    $indexOfCP: indexOfCP,
    $isArray: isArray,
    $isNumber: isNumber,
    $isoDayOfWeek: isoDayOfWeekOperator,
    $isoWeek: isoWeekOperator,
    $isoWeekYear: isoWeekYear,
    $last: last,
    $lastN: lastNExpression,
    $let: letOperator,
    $literal: literal,
    $ln: ln,
    $log: log,
    $log10: log10,
    $lt: lt,
    $lte: lte,
    $ltrim: ltrim,
    $map: map,
    $max: max,
    $maxN: maxNExpression,
    $median: medianExpression,
    $mergeObjects: mergeObjects,
    $meta: meta,
    $millisecond: millisecond,
    $min: min,
    $minN: minNExpression,
    $minute: minute,
    $mod: mod,
    $month: month,
    $multiply: multiply,
    $ne: ne,
    $not: not,
    $objectToArray: objectToArray,
    $or: or,
    $percentile: percentileExpression,
    $pow: pow,
    $radiansToDegrees: trigonometry.radiansToDegrees,
    $rand: rand,
    $range: range,
    $reduce: reduce,
    $regexFind: regexFind,
    $regexFindAll: regexFindAll,
    $regexMatch: regexMatch,
    $replaceAll: replaceAll,
    $replaceOne: replaceOne,
    $reverseArray: reverseArray,
    $round: round,
    $rtrim: rtrim,
    $second: second,
    $setDifference: setDifference,
    $setEquals: setEquals,
    $setField: setField,
    $setIntersection: setIntersection,
    $setIsSubset: setIsSubset,
    $setUnion: setUnion,
    $sigmoid: sigmoid,
    $sin: trigonometry.sin,
    $sinh: trigonometry.sinh,
    $size: size,
    $slice: slice,
    $sortArray: sortArray,
    $split: split,
    $sqrt: sqrt,
    $stdDevPop: stdDevPop,
    $stdDevSamp: stdDevSamp,
    $strcasecmp: strcasecmp,
    $strLenBytes: strLenBytes,
    $strLenCP: strLenCP,
    $substr: substrBytes,
    $substrBytes: substrBytes,
    $substrCP: substrCP,
    $subtract: subtract,
    $sum: sum,
    $switch: switchOperator,
    $tan: trigonometry.tan,
    $tanh: trigonometry.tanh,
    $toBool: toBool,
    $toDate: toDate,
    $toDecimal: toDecimal,
    $toDouble: toDouble,
    $toHashedIndexKey: toHashedIndexKey,
    $toInt: toInt,
    $toLong: toLong,
    $toLower: toLower,
    $toObjectId: toObjectId,
    $toString: toStringOperator,
    $toUpper: toUpper,
    $toUUID: toUUID,
    $trim: trim,
    $trunc: trunc,
    $tsIncrement: tsIncrement,
    $tsSecond: tsSecond,
    $type: type,
    $unsetField: unsetField,
    $week: week,
    $year: year,
    $zip: zip,
  }),
)
