import { RawValue, readName, skipCString, valueSize } from '@gantry/bson'

export interface NamedValue {
  readonly name: string
  readonly value: RawValue
}

/** The elements of the document or array at an offset. */
export function elementsOf(buf: Buffer, doc: number): NamedValue[] {
  const elements: NamedValue[] = []
  let at = doc + 4
  for (let type = buf[at]; type !== 0; type = buf[at]) {
    const value = skipCString(buf, at + 1)
    const size = valueSize(buf, type, value)
    elements.push({ name: readName(buf, at + 1), value: new RawValue(buf, type, value, size) })
    at = value + size
  }
  return elements
}

/** The values of the array (or document) that a raw value is. */
export function valuesOf({ buf, at: array }: RawValue): RawValue[] {
  const values: RawValue[] = []
  let at = array + 4
  for (let type = buf[at]; type !== 0; type = buf[at]) {
    const value = skipCString(buf, at + 1)
    const size = valueSize(buf, type, value)
    values.push(new RawValue(buf, type, value, size))
    at = value + size
  }
  return values
}
