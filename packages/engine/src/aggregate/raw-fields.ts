import {
  BsonType,
  RawValue as Raw,
  type RawValue,
  readName,
  someElement,
  valueSize,
} from '@gantry/bson'

/** A named value inside a raw document. */
export type RawField = readonly [name: string, value: RawValue]

/** The fields of a raw document, in order. */
export function fieldsOf(document: RawValue): RawField[] {
  const fields: RawField[] = []
  const { buf } = document
  someElement(buf, document.at, (type, at, nameAt) => {
    fields.push([readName(buf, nameAt), new Raw(buf, type, at, valueSize(buf, type, at))])
    return false
  })
  return fields
}

/** The elements of a raw array, in order. */
export function elementsOf(array: RawValue): RawValue[] {
  const elements: RawValue[] = []
  const { buf } = array
  someElement(buf, array.at, (type, at) => {
    elements.push(new Raw(buf, type, at, valueSize(buf, type, at)))
    return false
  })
  return elements
}

export function isDocument(value: RawValue): boolean {
  return value.type === BsonType.object
}

export function isArray(value: RawValue): boolean {
  return value.type === BsonType.array
}
