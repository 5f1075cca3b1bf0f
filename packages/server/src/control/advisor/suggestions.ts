import { createHash } from 'node:crypto'
import { type IndexKey, indexFor, type QueryShape, serves, shapeOf } from './query-shape.js'
import type { SlowOperation } from './slow-operation.js'

/** Slow operations of one shape. */
export interface SlowShape {
  /** 24 hexadecimal digits, the same for the same shape. */
  readonly id: string
  readonly namespace: string
  readonly shape: QueryShape
  readonly operations: readonly SlowOperation[]
  readonly averageMs: number
  /** Documents that were read for each that was returned. */
  readonly inefficiency: number
}

/** An index that is not there, and that slow operations would be served by. */
export interface SuggestedIndex {
  readonly id: string
  readonly namespace: string
  readonly key: IndexKey
  /** How much of the time of all slow operations it would save, in percent: an estimate. */
  readonly weight: number
  readonly shapes: readonly SlowShape[]
}

/** MongoDB takes indexes of more fields, but nobody wants them. */
const MOST_FIELDS = 16

/** The best ones first. `indexesOf` says which indexes a collection has. */
export function suggestIndexes(
  operations: readonly SlowOperation[],
  indexesOf: (namespace: string) => readonly IndexKey[],
): SuggestedIndex[] {
  const all = operations.reduce((sum, operation) => sum + timeOf(operation), 0)
  const byKey = new Map<string, SlowShape[]>()
  for (const slow of shapesOf(operations.filter(isWasteful))) {
    const key = indexFor(slow.shape)
    if (key.length === 0 || key.length > MOST_FIELDS) continue
    if (indexesOf(slow.namespace).some((index) => serves(index, slow.shape))) continue
    const name = nameOf(slow.namespace, key)
    byKey.set(name, [...(byKey.get(name) ?? []), slow])
  }
  const suggested = [...byKey].map(([name, shapes]) => ({
    id: idOf(`index ${name}`),
    namespace: shapes[0].namespace,
    key: indexFor(shapes[0].shape),
    shapes,
  }))
  return withoutPrefixes(suggested)
    .map((index) => ({ ...index, weight: (100 * wastedBy(index.shapes)) / all }))
    .sort((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1))
}

/** Operations by the shape of their query. */
export function shapesOf(operations: readonly SlowOperation[]): SlowShape[] {
  const byName = new Map<string, { shape: QueryShape; operations: SlowOperation[] }>()
  for (const operation of operations) {
    const shape = shapeOf(operation)
    const name = `${operation.namespace} ${JSON.stringify(shape)}`
    const known = byName.get(name)
    if (known) known.operations.push(operation)
    else byName.set(name, { shape, operations: [operation] })
  }
  return [...byName].map(([name, { shape, operations: same }]) => {
    const sum = (of: (operation: SlowOperation) => number) =>
      same.reduce((total, operation) => total + of(operation), 0)
    const read = sum(({ docsExamined }) => docsExamined)
    return {
      id: idOf(`shape ${name}`),
      namespace: same[0].namespace,
      shape,
      operations: same,
      averageMs: sum(({ millis }) => millis) / same.length,
      inefficiency: Math.round(
        read /
          Math.max(
            1,
            sum(({ returned }) => returned),
          ),
      ),
    }
  })
}

/** Only what reads more than it returns, or sorts by itself, can be served better. */
function isWasteful({ docsExamined, returned, sorted }: SlowOperation): boolean {
  return docsExamined > returned || sorted
}

/** An index that begins with the fields of another serves what that one would. */
function withoutPrefixes(indexes: readonly Omit<SuggestedIndex, 'weight'>[]) {
  const begins = (long: IndexKey, short: IndexKey) =>
    long.length > short.length &&
    short.every(([field, way], i) => long[i][0] === field && long[i][1] === way)
  const longest = indexes.filter(
    (one) =>
      !indexes.some((other) => other.namespace === one.namespace && begins(other.key, one.key)),
  )
  return longest.map((one) => {
    const shorter = indexes.filter(
      (other) => other.namespace === one.namespace && begins(one.key, other.key),
    )
    return { ...one, shapes: [one, ...shorter].flatMap(({ shapes }) => shapes) }
  })
}

function wastedBy(shapes: readonly SlowShape[]): number {
  return shapes
    .flatMap(({ operations }) => operations)
    .reduce((sum, operation) => sum + timeOf(operation) * wasteOf(operation), 0)
}

/** The part of an operation's work that was for nothing. */
function wasteOf({ docsExamined, returned }: SlowOperation): number {
  // What is read and returned all the same is sorted, which takes about as long again.
  return docsExamined > returned ? 1 - returned / docsExamined : 0.5
}

/** Less than a millisecond is told as none, and took some time all the same. */
function timeOf({ millis }: SlowOperation): number {
  return Math.max(1, millis)
}

function nameOf(namespace: string, key: IndexKey): string {
  return `${namespace} ${JSON.stringify(key)}`
}

function idOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 24)
}
