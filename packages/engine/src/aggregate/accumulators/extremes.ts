/** `$min`, `$max`, `$first`, `$last`. */
import { compareValues, type Value } from '@gantry/bson'
import { isNullish } from '../values.js'
import { type Fold, ofExpression } from './accumulator.js'

/** The least (sign 1) or greatest (sign -1) value that is not null or missing. */
export function startExtreme(sign: 1 | -1): () => Fold {
  return () => {
    let best: Value | undefined
    return {
      add: (value) => {
        if (isNullish(value)) return
        if (best === undefined || sign * compareValues(value, best) < 0) best = value
      },
      finish: () => best ?? null,
      save: () => best,
      load(state) {
        best = state
      },
    }
  }
}

export const startMin = startExtreme(1)
export const startMax = startExtreme(-1)
export const min = ofExpression(startMin)
export const max = ofExpression(startMax)

export const first = ofExpression(() => {
  let seen = false
  let result: Value | undefined
  return {
    add: (value) => {
      if (seen) return
      seen = true
      result = value
    },
    finish: () => result ?? null,
    save: () => (seen ? (result ?? null) : undefined),
    load(state) {
      seen = true
      result = state
    },
  }
})

export const last = ofExpression(() => {
  let result: Value | undefined
  return {
    add: (value) => {
      result = value
    },
    finish: () => result ?? null,
    save: () => result,
    load(state) {
      result = state
    },
  }
})
