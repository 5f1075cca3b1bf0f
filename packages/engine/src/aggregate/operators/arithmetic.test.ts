import { describe } from 'node:test'
import { DateTime, Decimal128, Double } from '@gantry/bson'
import { testCases } from '../cases.test.js'

const decimal = (text: string) => Decimal128.fromString(text)
const double = (value: number) => new Double(value)
const LONG_MAX = 2n ** 63n - 1n

describe('$add', () => {
  testCases([
    [{ $add: [1, 2] }, 3],
    [{ $add: [2147483647, 1] }, 2147483648n],
    [{ $add: [1, 2n] }, 3n],
    [{ $add: [LONG_MAX, 1] }, double(2 ** 63)],
    [{ $add: [1, double(0.5)] }, double(1.5)],
    [{ $add: [decimal('0.1'), 1] }, decimal('1.1')],
    [{ $add: ['$a', null] }, null],
    [{ $add: [new DateTime(1000n), 5] }, new DateTime(1005n)],
    [{ $add: [new DateTime(1000n), double(1.5)] }, new DateTime(1002n)],
    [{ $add: [new DateTime(0n), new DateTime(0n)] }, { code: 16612 }],
    [{ $add: [1, 'a'] }, { code: 14 }],
    [{ $add: [] }, 0],
  ])
})

describe('$subtract and $multiply', () => {
  testCases([
    [{ $subtract: [-2147483648, 1] }, -2147483649n],
    [{ $subtract: [new DateTime(5000n), new DateTime(2000n)] }, 3000n],
    [{ $subtract: [new DateTime(5000n), 2000] }, new DateTime(3000n)],
    [{ $subtract: [1, new DateTime(0n)] }, { code: 14 }],
    [{ $multiply: [65536, 65536] }, 4294967296n],
    [{ $multiply: [LONG_MAX, 2] }, double(2 ** 64)],
    [{ $multiply: [decimal('1.5'), 2] }, decimal('3.0')],
    [{ $multiply: ['a', 2] }, { code: 14 }],
  ])
})

describe('$divide and $mod', () => {
  testCases([
    [{ $divide: [6, 3] }, double(2)],
    [{ $divide: [decimal('10'), 3] }, decimal('3.333333333333333333333333333333333')],
    [{ $divide: [1, 0] }, { code: 2 }],
    [{ $divide: ['a', 1] }, { code: 14 }],
    [{ $mod: [-7, 3] }, -1],
    [{ $mod: [7n, 3] }, 1n],
    [{ $mod: [double(6.5), 3] }, double(0.5)],
    [{ $mod: [1, 0] }, { code: 16610 }],
    [{ $mod: ['a', 1] }, { code: 16611 }],
  ])
})

describe('functions of one number', () => {
  testCases([
    [{ $abs: -2147483648 }, 2147483648n],
    [{ $abs: -(2n ** 63n) }, { code: 28680 }],
    [{ $abs: 'a' }, { code: 28765 }],
    [{ $ceil: double(1.2) }, double(2)],
    [{ $floor: decimal('-1.2') }, decimal('-2')],
    [{ $sqrt: 16 }, double(4)],
    [{ $sqrt: decimal('2') }, decimal('1.414213562373095048801688724209698')],
    [{ $sqrt: -1 }, { code: 28714 }],
    [{ $exp: 0 }, double(1)],
    [{ $ln: decimal('10') }, decimal('2.302585092994045684017991454684364')],
    [{ $ln: 0 }, { code: 28766 }],
    [{ $log10: 1000 }, double(3)],
    [{ $log: [8, 2] }, double(3)],
    [{ $log: [8, 1] }, { code: 28759 }],
    [{ $pow: [2, 10] }, 1024],
    [{ $pow: [2, 40] }, 1099511627776n],
    [{ $pow: [2, -1] }, double(0.5)],
    [{ $pow: [0, -1] }, { code: 28764 }],
    [{ $sin: decimal('1') }, decimal('0.8414709848078965066525023216302990')],
    [{ $acos: 2 }, { code: 50989 }],
    [{ $atan2: [1, 1] }, double(Math.PI / 4)],
    [{ $sigmoid: 0 }, double(0.5)],
  ])
})

describe('$round and $trunc', () => {
  testCases([
    [{ $round: double(2.5) }, double(2)],
    [{ $round: [double(1.25), 1] }, double(1.2)],
    [{ $round: [1250, -2] }, 1200],
    [{ $round: [decimal('1.005'), 2] }, decimal('1.00')],
    [{ $trunc: [double(-1.99), 1] }, double(-1.9)],
    [{ $round: [1, 101] }, { code: 51083 }],
    [{ $round: [1, double(0.5)] }, { code: 51082 }],
    [{ $round: 'a' }, { code: 51081 }],
  ])
})

describe('bits', () => {
  testCases([
    [{ $bitAnd: [12, 10] }, 8],
    [{ $bitOr: [12, 10n] }, 14n],
    [{ $bitXor: [12, 10] }, 6],
    [{ $bitNot: 0 }, -1],
    [{ $bitAnd: [1, double(1)] }, { code: 14 }],
  ])
})

describe('accumulators as expressions', () => {
  testCases([
    [{ $sum: '$a' }, 6, { a: [1, 2, 'x', 3] }],
    [{ $sum: ['$a', 4] }, 4, { a: [1, 2] }],
    [{ $avg: [1, 2] }, double(1.5)],
    [{ $avg: [] }, null],
    [{ $min: [3, null, 1] }, 1],
    [{ $max: ['$missing'] }, null],
    [{ $stdDevPop: [1, 3] }, double(1)],
    [{ $stdDevSamp: [1] }, null],
    [{ $median: { input: [3, 1, 2], method: 'approximate' } }, double(2)],
    [{ $firstN: { n: 2, input: [1, 2, 3] } }, [1, 2]],
    [{ $lastN: { n: 2, input: [1, 2, 3] } }, [2, 3]],
    [{ $maxN: { n: 2, input: [1, 3, 2] } }, [3, 2]],
    [{ $minN: { n: 0, input: [1] } }, { code: 5787908 }],
  ])
})
