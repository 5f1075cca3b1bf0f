import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Doc } from '@gantry/bson'
import { StatementAnswers } from './statement-answers.js'

const a: Doc = new Map([['n', 1]])
const b: Doc = new Map([['n', 0]])

function answersOf(given: readonly (readonly [number, Doc])[]): StatementAnswers {
  const answers = new StatementAnswers()
  for (const [id, answer] of given) answers.add(id, answer)
  return answers
}

describe('answers of statements', () => {
  const cases: { title: string; given: [number, Doc][]; runs: [number, number, Doc][] }[] = [
    { title: 'none', given: [], runs: [] },
    {
      title: 'the same answer in a row is one run',
      given: [
        [0, a],
        [1, a],
        [2, a],
      ],
      runs: [[0, 2, a]],
    },
    {
      title: 'another answer begins a run',
      given: [
        [0, a],
        [1, b],
        [2, a],
      ],
      runs: [
        [0, 0, a],
        [1, 1, b],
        [2, 2, a],
      ],
    },
    {
      title: 'a gap begins a run',
      given: [
        [0, a],
        [2, a],
      ],
      runs: [
        [0, 0, a],
        [2, 2, a],
      ],
    },
    {
      title: 'ids in any order are kept in order',
      given: [
        [5, a],
        [1, a],
        [3, b],
        [2, a],
      ],
      runs: [
        [1, 2, a],
        [3, 3, b],
        [5, 5, a],
      ],
    },
  ]
  for (const { title, given, runs } of cases) {
    test(title, () => {
      const answers = answersOf(given)
      assert.deepEqual(
        answers.runs.map(({ first, last, answer }) => [first, last, answer]),
        runs,
      )
      assert.equal(answers.count, given.length)
      const known = new Map(given)
      for (let id = -1; id < 8; id++) assert.equal(answers.get(id), known.get(id), String(id))
    })
  }

  test('a run that is read back is one', () => {
    const answers = new StatementAnswers()
    answers.add(0, a, 999)
    answers.add(1000, b)
    assert.equal(answers.count, 1001)
    assert.equal(answers.get(999), a)
    assert.equal(answers.get(1000), b)
    assert.equal(answers.get(1001), undefined)
  })
})
