import { decodeValue, findElement, RawValue, type Value, valueSize } from '@gantry/bson'

const ID = Buffer.from('_id')

/** The `_id` of a stored document. */
export function idOf(doc: Buffer): RawValue {
  const element = findElement(doc, 0, ID)
  const type = doc[element]
  return new RawValue(doc, type, element + 5, valueSize(doc, type, element + 5))
}

export function decodedId(doc: Buffer): Value {
  const { buf, type, at } = idOf(doc)
  return decodeValue(buf, type, at)
}
