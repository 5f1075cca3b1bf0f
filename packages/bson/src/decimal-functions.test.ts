import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Decimal128 } from 'bson'
import {
  divideDecimals,
  quantizeDecimal,
  remainderOfDecimals,
  squareRootOfDecimal,
} from './decimal-division.js'
import * as functions from './decimal-functions.js'

const decimal = (text: string) => Decimal128.fromString(text)

/** What a call gives, and what it should give. */
const cases: readonly (readonly [Decimal128, string])[] = [
  [divideDecimals(decimal('10'), decimal('4')), '2.5'],
  [divideDecimals(decimal('1'), decimal('3')), '0.3333333333333333333333333333333333'],
  [divideDecimals(decimal('2'), decimal('3')), '0.6666666666666666666666666666666667'],
  [divideDecimals(decimal('1'), decimal('0')), 'Infinity'],
  [divideDecimals(decimal('0'), decimal('0')), 'NaN'],
  [remainderOfDecimals(decimal('-7.5'), decimal('2')), '-1.5'],
  [remainderOfDecimals(decimal('1E+6000'), decimal('7')), '1'],
  [squareRootOfDecimal(decimal('1.44')), '1.2'],
  [squareRootOfDecimal(decimal('-1')), 'NaN'],
  [quantizeDecimal(decimal('2.5'), 0, 'half-even'), '2'],
  [quantizeDecimal(decimal('-2.1'), 0, 'floor'), '-3'],
  [quantizeDecimal(decimal('2.1'), 0, 'ceiling'), '3'],
  [functions.expOfDecimal(decimal('1')), '2.718281828459045235360287471352662'],
  [functions.lnOfDecimal(decimal('2')), '0.6931471805599453094172321214581766'],
  [functions.log10OfDecimal(decimal('1E-5')), '-5'],
  [functions.powerOfDecimal(decimal('2'), decimal('0.5')), '1.414213562373095048801688724209698'],
  [functions.powerOfDecimal(decimal('-8'), decimal('0.5')), 'NaN'],
  [functions.sinOfDecimal(decimal('1')), '0.8414709848078965066525023216302990'],
  [functions.cosOfDecimal(decimal('1E+300')), '-0.1682144443742450728518756644355558'],
  [functions.tanOfDecimal(decimal('1')), '1.557407724654902230506974807458360'],
  [functions.atan2OfDecimals(decimal('0'), decimal('-1')), '3.141592653589793238462643383279503'],
  [functions.asinOfDecimal(decimal('2')), 'NaN'],
  [functions.sinhOfDecimal(decimal('1')), '1.175201193643801456882381850595601'],
  [functions.acoshOfDecimal(decimal('2')), '1.316957896924816708625046347307968'],
  [functions.atanhOfDecimal(decimal('1')), 'Infinity'],
  [functions.radiansOfDecimal(decimal('180')), '3.141592653589793238462643383279503'],
]

describe('Decimal128', () => {
  for (const [i, [actual, expected]] of cases.entries()) {
    test(`${i}: ${expected}`, () => assert.equal(actual.toString(), expected))
  }
})
