import { BsonSymbol, compareNumbers, encodeValue, KeyWriter, type Value } from '@gantry/bson'
import { toDouble } from './numeric.js'
import { isNumeric } from './values.js'

const writer = new KeyWriter()

/** Text that is the same for values that compare equal, whatever their numeric type. */
export function equalityKey(value: Value | undefined): string | number {
  // A small integer and a text stand for themselves; all else is written out in bytes.
  if (typeof value === 'number') return value
  if (typeof value === 'string') return `s${value}`
  if (value === undefined) return 'missing'
  if (value instanceof BsonSymbol) return `s${value.value}`
  const raw = encodeValue(value)
  const key = writer.reset()
  key.appendRaw(raw)
  const int = wholeNumber(value)
  return int ?? `k${key.bytes().toString('latin1')}`
}

/** An int32 that another numeric type stands for. */
function wholeNumber(value: Value): number | undefined {
  if (!isNumeric(value)) return undefined
  const number = toDouble(value)
  if ((number | 0) !== number) return undefined
  return compareNumbers(value, number) === 0 ? number + 0 : undefined
}

/** Values without those that equal one before, in the order in which they came. */
export class ValueSet {
  readonly values: Value[] = []
  private readonly keys = new Set<string | number>()

  constructor(values: readonly Value[] = []) {
    for (const value of values) this.add(value)
  }

  get size(): number {
    return this.values.length
  }

  has(value: Value): boolean {
    return this.keys.has(equalityKey(value))
  }

  /** Says whether the value was new. */
  add(value: Value): boolean {
    const key = equalityKey(value)
    if (this.keys.has(key)) return false
    this.keys.add(key)
    this.values.push(value)
    return true
  }
}
