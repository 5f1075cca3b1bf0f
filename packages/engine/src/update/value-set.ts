import { KeyWriter, type RawValue } from '@gantry/bson'

const writer = new KeyWriter()

/** A set of values of which those that compare as equal count as one. */
export class ValueSet {
  private readonly keys = new Set<string>()

  constructor(values: readonly RawValue[]) {
    for (const value of values) this.add(value)
  }

  has(value: RawValue): boolean {
    return this.keys.has(keyOf(value))
  }

  /** Says whether the value was not there before. */
  add(value: RawValue): boolean {
    const { size } = this.keys
    return this.keys.add(keyOf(value)).size > size
  }
}

function keyOf(value: RawValue): string {
  writer.reset().appendRaw(value)
  return writer.bytes().toString('latin1')
}
