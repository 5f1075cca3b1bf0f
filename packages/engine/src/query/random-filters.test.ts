// Random filters on random documents, decided twice: by the compiled predicate over bytes, and by
// the plainest reading of the rules over decoded values.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  canonicalRank,
  compareValues,
  type Doc,
  Double,
  decodeDocument,
  encodeDocument,
  typeOf,
  type Value,
} from '@gantry/bson'
import { compileFilter } from './compile.js'
import { parseFilter } from './parse.js'

const SEED = 20_240_607
const FILTERS = 3000
const DOCUMENTS = 12

/** A small generator of numbers from 0 up to 1 (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const random = generator(SEED)
const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)]
const names = ['a', '0', '1']

function randomValue(depth: number): Value {
  const kind = random()
  if (depth > 0 && kind < 0.25) {
    return Array.from({ length: Math.floor(random() * 3) }, () => randomValue(depth - 1))
  }
  if (depth > 0 && kind < 0.5) return randomDocument(depth - 1)
  return pick<Value>([
    0,
    1,
    2,
    1n,
    new Double(1),
    new Double(1.5),
    new Double(Number.NaN),
    'x',
    'y',
    null,
    true,
  ])
}

function randomDocument(depth: number): Doc {
  const doc: Doc = new Map()
  for (const name of names) if (random() < 0.75) doc.set(name, randomValue(depth))
  return doc
}

function randomPath(): string {
  return Array.from({ length: pick([1, 1, 2, 2, 3]) }, () => pick(names)).join('.')
}

function randomOperator(depth: number): Doc {
  const name = pick([
    '$eq',
    '$gt',
    '$gte',
    '$lt',
    '$lte',
    '$ne',
    '$in',
    '$nin',
    '$exists',
    '$size',
    '$all',
    '$not',
    '$elemMatch',
  ])
  if (['$in', '$nin', '$all'].includes(name)) {
    return new Map([[name, Array.from({ length: Math.floor(random() * 3) }, () => randomValue(1))]])
  }
  if (name === '$exists') return new Map([[name, random() < 0.5]])
  if (name === '$size') return new Map([[name, Math.floor(random() * 3)]])
  if (name === '$not' || name === '$elemMatch') {
    if (depth === 0) return new Map([['$eq', 1]])
    const inner = name === '$not' || random() < 0.5 ? randomOperator(depth - 1) : randomFilter(0)
    return new Map([[name, inner]])
  }
  return new Map([[name, randomValue(random() < 0.7 ? 0 : 2)]])
}

function randomFilter(depth: number): Doc {
  const filter: Doc = new Map()
  const fields = pick([0, 1, 1, 1, 2])
  for (let i = 0; i < fields; i++) {
    filter.set(randomPath(), random() < 0.1 ? randomValue(2) : randomOperator(2))
  }
  if (depth > 0 && random() < 0.3) {
    filter.set(pick(['$and', '$or', '$nor']), [randomFilter(depth - 1), randomFilter(depth - 1)])
  }
  return filter
}

/** The values a path leads to; undefined for a field that is missing. */
function valuesAt(value: Value | undefined, path: readonly string[]): (Value | undefined)[] {
  const [name, ...rest] = path
  if (value instanceof Map) {
    const next = value.get(name)
    return rest.length === 0 || next === undefined ? [next] : valuesAt(next, rest)
  }
  if (!Array.isArray(value)) return [undefined]
  return value.flatMap((element, index) => {
    const within = element instanceof Map ? valuesAt(element, path) : []
    if (String(index) !== name) return within
    if (rest.length === 0) return [...within, new AsIs(element)]
    const further = element instanceof Map || Array.isArray(element) ? valuesAt(element, rest) : []
    return [...within, ...further]
  }) as (Value | undefined)[]
}

/** A value reached by its position, which is not looked into. */
class AsIs {
  constructor(readonly value: Value) {}
}

function candidates(doc: Doc, path: string, intoArrays: boolean): (Value | undefined)[] {
  return valuesAt(doc, path.split('.')).flatMap((value: unknown) => {
    if (value instanceof AsIs) return [value.value]
    return Array.isArray(value) && intoArrays ? [...value, value] : [value as Value | undefined]
  })
}

function matchesFilter(doc: Doc, filter: Doc): boolean {
  return [...filter].every(([name, operand]) => {
    const clauses = () => (operand as Doc[]).map((clause) => matchesFilter(doc, clause))
    if (name === '$and') return clauses().every(Boolean)
    if (name === '$or') return clauses().some(Boolean)
    if (name === '$nor') return !clauses().some(Boolean)
    const operators = isOperators(operand) ? operand : new Map([['$eq', operand]])
    return matchesOperators(operators, (intoArrays) => candidates(doc, name, intoArrays))
  })
}

function isOperators(value: Value): value is Doc {
  return value instanceof Map && [...value.keys()][0]?.startsWith('$') === true
}

type Candidates = (intoArrays: boolean) => (Value | undefined)[]

function matchesOperators(operators: Doc, values: Candidates): boolean {
  return [...operators].every(([name, operand]) => {
    const any = (test: (value: Value | undefined) => boolean) => values(true).some(test)
    switch (name) {
      case '$ne':
        return !any((value) => compares('$eq', value, operand))
      case '$in':
        return any((value) => (operand as Value[]).some((one) => compares('$eq', value, one)))
      case '$nin':
        return !any((value) => (operand as Value[]).some((one) => compares('$eq', value, one)))
      case '$all': {
        const all = operand as Value[]
        return all.length > 0 && all.every((one) => any((value) => compares('$eq', value, one)))
      }
      case '$exists':
        return any((value) => value !== undefined) === operand
      case '$not':
        return !matchesOperators(operand as Doc, values)
      case '$size':
        return values(false).some((value) => Array.isArray(value) && value.length === operand)
      case '$elemMatch':
        return values(false).some(
          (value) =>
            Array.isArray(value) && value.some((one) => elementMatches(one, operand as Doc)),
        )
      default:
        return any((value) => compares(name, value, operand))
    }
  })
}

function elementMatches(element: Value, operand: Doc): boolean {
  if (isOperators(operand)) return matchesOperators(operand, () => [element])
  if (element instanceof Map) return matchesFilter(element, operand)
  if (!Array.isArray(element)) return false
  return matchesFilter(new Map(element.map((value, index) => [String(index), value])), operand)
}

function compares(name: string, value: Value | undefined, operand: Value): boolean {
  const order = orderOf(value ?? null, operand)
  if (order === undefined) return false
  if (name === '$eq') return order === 0
  if (name === '$gt') return order > 0
  if (name === '$gte') return order >= 0
  return name === '$lt' ? order < 0 : order <= 0
}

function orderOf(value: Value, operand: Value): number | undefined {
  if (canonicalRank(typeOf(value)) !== canonicalRank(typeOf(operand))) return undefined
  if (isNaN64(value) !== isNaN64(operand)) return undefined
  return compareValues(value, operand)
}

function isNaN64(value: Value): boolean {
  return value instanceof Double && Number.isNaN(value.value)
}

test(`${FILTERS} random filters agree with the plain reading of the rules`, () => {
  let matched = 0
  for (let i = 0; i < FILTERS; i++) {
    const filter = randomFilter(2)
    const encoded = encodeDocument(filter)
    const matches = compileFilter(parseFilter(encoded, 0))
    for (let j = 0; j < DOCUMENTS; j++) {
      const bytes = encodeDocument(randomDocument(3))
      const doc = decodeDocument(bytes)
      const expected = matchesFilter(doc, filter)
      if (expected) matched++
      assert.equal(matches(bytes, 0), expected, `${show(filter)} on ${show(doc)}`)
    }
  }
  // Neither all nor nothing: the cases tell something.
  const all = FILTERS * DOCUMENTS
  assert.ok(matched > all / 10 && matched < (all * 9) / 10, `${matched} of ${all} match`)
})

function show(doc: Doc): string {
  return JSON.stringify(doc, (_key, value) => {
    if (value instanceof Map) return Object.fromEntries(value)
    if (value instanceof Double) return `double ${value.value}`
    return typeof value === 'bigint' ? `${value}n` : value
  })
}
