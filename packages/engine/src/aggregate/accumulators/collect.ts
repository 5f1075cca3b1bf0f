/** Accumulators that gather values: `$addToSet`, `$concatArrays`, `$mergeObjects`, `$push`, `$setUnion`. */
import { type Doc, Double, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { ValueSet } from '../value-set.js'
import { isNullish, typeName } from '../values.js'
import { type Fold, ofExpression, roughSize } from './accumulator.js'

/** MongoDB's limit for accumulators that cannot go to disk. */
const MOST_BYTES = 100 * 1024 * 1024

/** Values that are its state as well, counted by what they take. */
function counted(
  name: string,
  values: Value[],
  add: (value: Value | undefined) => void,
  keep: (value: Value) => unknown,
): Fold {
  let bytes = 0
  return {
    add: (value) => {
      bytes += roughSize(value)
      if (bytes > MOST_BYTES) {
        throw new CommandError(
          'ExceededMemoryLimit',
          `${name} used too much memory and cannot spill to disk. Memory limit: ${MOST_BYTES} bytes`,
        )
      }
      add(value)
    },
    finish: () => values,
    memory: () => bytes,
    save: () => [new Double(bytes), values],
    load(state) {
      const [taken, saved] = state as [Double, Value[]]
      bytes = taken.value
      for (const value of saved) keep(value)
    },
  }
}

export const push = ofExpression(() => {
  const values: Value[] = []
  return counted(
    '$push',
    values,
    (value) => {
      if (value !== undefined) values.push(value)
    },
    (value) => values.push(value),
  )
})

export const addToSet = ofExpression(() => {
  const set = new ValueSet()
  return counted(
    '$addToSet',
    set.values,
    (value) => {
      if (value !== undefined) set.add(value)
    },
    (value) => set.add(value),
  )
})

function requireArray(name: string, value: Value | undefined): Value[] {
  if (Array.isArray(value)) return value
  throw new CommandError(
    'TypeMismatch',
    `${name} requires array inputs, but input is of type ${typeName(value)}`,
  )
}

export const concatArrays = ofExpression(() => {
  const values: Value[] = []
  return counted(
    '$concatArrays',
    values,
    (value) => {
      if (value === undefined) return
      for (const item of requireArray('$concatArrays', value)) values.push(item)
    },
    (value) => values.push(value),
  )
})

export const setUnion = ofExpression(() => {
  const set = new ValueSet()
  return counted(
    '$setUnion',
    set.values,
    (value) => {
      if (value === undefined) return
      for (const item of requireArray('$setUnion', value)) set.add(item)
    },
    (value) => set.add(value),
  )
})

export const mergeObjects = ofExpression(() => {
  const result: Doc = new Map()
  return {
    add: (value) => {
      if (isNullish(value)) return
      if (!(value instanceof Map)) {
        throw new CommandError(
          5911200,
          `$mergeObjects requires object inputs, but input ${typeName(value)} is of type ${typeName(value)}`,
        )
      }
      for (const [name, field] of value) result.set(name, field)
    },
    finish: () => result,
    save: () => result,
    load(state) {
      for (const [name, field] of state as Doc) result.set(name, field)
    },
  }
})
