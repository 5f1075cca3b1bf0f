import { describe } from 'node:test'
import { Double } from '@gantry/bson'
import { testCases } from '../cases.test.js'
import { doc } from '../pipeline-cases.test.js'

describe('arrays', () => {
  testCases([
    [{ $arrayElemAt: [[1, 2, 3], -1] }, 3],
    [{ $arrayElemAt: [[1], 5] }, undefined],
    [{ $arrayElemAt: [1, 0] }, { code: 28689 }],
    [{ $first: '$a' }, 1, { a: [1, 2] }],
    [{ $last: '$a' }, undefined, { a: [] }],
    [{ $concatArrays: [[1], [2, 3]] }, [1, 2, 3]],
    [{ $concatArrays: [[1], null] }, null],
    [{ $filter: { input: [1, 2, 3], cond: { $gt: ['$$this', 1] }, limit: 1 } }, [2]],
    [{ $filter: { input: 1, cond: true } }, { code: 28651 }],
    [
      { $map: { input: '$a', as: 'x', in: { $add: ['$$x', '$b'] } } },
      [11, 12],
      { a: [1, 2], b: 10 },
    ],
    [
      { $reduce: { input: ['a', 'b'], initialValue: '', in: { $concat: ['$$value', '$$this'] } } },
      'ab',
    ],
    [{ $in: [new Double(2), [1, 2]] }, true],
    [{ $in: [1, 2] }, { code: 40081 }],
    [{ $indexOfArray: [[1, 2, 1], 1, 1] }, 2],
    [{ $isArray: [[]] }, true],
    [{ $range: [0, 10, 4] }, [0, 4, 8]],
    [{ $range: [3, 0, -1] }, [3, 2, 1]],
    [{ $range: [0, 1, 0] }, { code: 34449 }],
    [{ $reverseArray: [[1, 2]] }, [2, 1]],
    [{ $size: '$missing' }, { code: 17124 }],
    [{ $slice: [[1, 2, 3], -2] }, [2, 3]],
    [{ $slice: [[1, 2, 3], 1, 1] }, [2]],
    [{ $slice: [[1], 0, 0] }, { code: 28729 }],
    [{ $sortArray: { input: [3, 1, 'a'], sortBy: -1 } }, ['a', 3, 1]],
    [
      { $sortArray: { input: [{ a: 2 }, { a: 1 }], sortBy: { a: 1 } } },
      [doc({ a: 1 }), doc({ a: 2 })],
    ],
    [
      { $zip: { inputs: [[1, 2], ['a']], useLongestLength: true, defaults: [0, 'z'] } },
      [
        [1, 'a'],
        [2, 'z'],
      ],
    ],
    [{ $arrayToObject: [[['a', 1]]] }, doc({ a: 1 })],
    [{ $arrayToObject: [[{ k: 'a', v: 1 }]] }, doc({ a: 1 })],
    [{ $objectToArray: { a: 1 } }, [doc({ k: 'a', v: 1 })]],
  ])
})

describe('sets', () => {
  testCases([
    [
      {
        $setUnion: [
          [2, 1],
          [new Double(2), 3],
        ],
      },
      [1, 2, 3],
    ],
    [
      {
        $setIntersection: [
          [1, 2, 3],
          [3, 2],
        ],
      },
      [2, 3],
    ],
    [{ $setDifference: [[1, 2, 2, 3], [3]] }, [1, 2]],
    [
      {
        $setEquals: [
          [1, 2],
          [2, 1, 1],
        ],
      },
      true,
    ],
    [{ $setIsSubset: [[1], [1, 2]] }, true],
    [{ $allElementsTrue: [[1, true]] }, true],
    [{ $anyElementTrue: [[0, null]] }, false],
    [{ $setUnion: [[1], 1] }, { code: 17043 }],
    [{ $setEquals: [[1]] }, { code: 17045 }],
  ])
})

describe('documents', () => {
  testCases([
    [{ $mergeObjects: ['$a', { y: 2 }] }, doc({ x: 1, y: 2 }), { a: { x: 1, y: 1 } }],
    [{ $mergeObjects: [1] }, { code: 40400 }],
    [{ $getField: 'a.b' }, 1, { 'a.b': 1 }],
    [{ $getField: { field: { $literal: '$x' }, input: '$a' } }, 2, { a: { $x: 2 } }],
    [{ $setField: { field: 'a.b', input: '$$ROOT', value: 1 } }, doc({ a: 1, 'a.b': 1 }), { a: 1 }],
    [{ $unsetField: { field: 'a', input: '$$ROOT' } }, doc({ b: 2 }), { a: 1, b: 2 }],
    [{ $setField: { field: '$a', input: {}, value: 1 } }, { code: 4161108 }],
  ])
})
