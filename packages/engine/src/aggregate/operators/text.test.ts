import { describe } from 'node:test'
import { Binary, DateTime, Decimal128, Double, ObjectId, Regex, Timestamp } from '@gantry/bson'
import { testCases } from '../cases.test.js'

const double = (value: number) => new Double(value)

describe('strings', () => {
  testCases([
    [{ $concat: ['a', '$b'] }, 'ab', { b: 'b' }],
    [{ $concat: ['a', '$b'] }, null],
    [{ $concat: ['a', 1] }, { code: 16702 }],
    [{ $split: ['a-b-c', '-'] }, ['a', 'b', 'c']],
    [{ $split: ['a', ''] }, { code: 40087 }],
    [{ $strLenBytes: 'é' }, 2],
    [{ $strLenCP: 'é😀' }, 2],
    [{ $strLenCP: null }, { code: 34471 }],
    [{ $toUpper: 'aé' }, 'Aé'],
    [{ $toLower: double(1e20) }, '1e+20'],
    [{ $strcasecmp: ['a', 'B'] }, -1],
    [{ $substrBytes: ['héllo', 0, 3] }, 'hé'],
    [{ $substrBytes: ['héllo', 2, 1] }, { code: 28656 }],
    [{ $substrCP: ['h😀llo', 1, 2] }, '😀l'],
    [{ $indexOfBytes: ['héllo', 'l'] }, 3],
    [{ $indexOfCP: ['héllo', 'l'] }, 2],
    [{ $indexOfCP: ['abc', 'z'] }, -1],
    [{ $trim: { input: '  a ' } }, 'a'],
    [{ $ltrim: { input: 'xxa', chars: 'x' } }, 'a'],
    [{ $trim: { chars: 'x' } }, { code: 50695 }],
    [{ $replaceOne: { input: 'aba', find: 'a', replacement: '#' } }, '#ba'],
    [{ $replaceAll: { input: 'aba', find: 'a', replacement: 'x' } }, 'xbx'],
  ])
})

describe('regular expressions', () => {
  testCases([
    [{ $regexMatch: { input: 'Cafe', regex: 'cafe', options: 'i' } }, true],
    [{ $regexMatch: { input: null, regex: 'a' } }, false],
    [
      { $regexFind: { input: '😀ab', regex: new Regex('(a)(x)?') } },
      new Map<string, never>(
        Object.entries({ match: 'a', idx: 1, captures: ['a', null] }) as never,
      ),
    ],
    [{ $regexFind: { input: 'a', regex: 'b' } }, null],
    [{ $regexFindAll: { input: 'aa', regex: 'b' } }, []],
    [{ $regexMatch: { input: 'a', regex: '(' } }, { code: 51111 }],
    [{ $regexMatch: { input: 1, regex: 'a' } }, { code: 51104 }],
  ])
})

describe('conversions', () => {
  testCases([
    [{ $toInt: '42' }, 42],
    [{ $toInt: double(-1.9) }, -1],
    [{ $toInt: '4.2' }, { code: 241 }],
    [{ $toInt: 2n ** 40n }, { code: 241 }],
    [{ $toLong: new DateTime(5n) }, 5n],
    [{ $toDouble: '1e3' }, double(1000)],
    [{ $toDecimal: '1.50' }, Decimal128.fromString('1.50')],
    [{ $toBool: '' }, true],
    [{ $toBool: 0 }, false],
    [{ $toString: double(1.5) }, '1.5'],
    [{ $toString: true }, 'true'],
    [{ $toString: new DateTime(0n) }, '1970-01-01T00:00:00.000Z'],
    [{ $toObjectId: '507f1f77bcf86cd799439011' }, new ObjectId('507f1f77bcf86cd799439011')],
    [{ $toObjectId: 'x' }, { code: 241 }],
    [{ $toDate: '2024-02-29T12:00:00+02:00' }, new DateTime(1709200800000n)],
    [
      { $toUUID: '01020304-0506-0708-090a-0b0c0d0e0f10' },
      new Binary(Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex'), 4),
    ],
    [{ $convert: { input: 'x', to: 'int', onError: 'bad' } }, 'bad'],
    [{ $convert: { input: null, to: 'int', onNull: 0 } }, 0],
    [{ $convert: { input: '$missing', to: 'int' } }, null],
    [{ $convert: { input: 1, to: 'nosuch' } }, { code: 2 }],
    [
      { $convert: { input: 'aGk=', to: 'binData', format: 'base64' } },
      new Binary(Buffer.from('hi')),
    ],
    [{ $type: '$missing' }, 'missing'],
    [{ $isNumber: double(1) }, true],
    [{ $binarySize: 'é' }, 2],
    [{ $bsonSize: { a: 1 } }, 12],
    [{ $tsSecond: new Timestamp(7, 3) }, 7n],
    [{ $tsIncrement: new Timestamp(7, 3) }, 3n],
  ])
})
