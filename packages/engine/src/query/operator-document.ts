import { BsonType, type RawValue } from '@gantry/bson'
import { elementsOf } from './elements.js'

/** The fields of a DBRef, which begin with a dollar without being operators. */
const referenceFields = new Set(['$ref', '$id', '$db'])

/**
 * Whether a value is a document of operators rather than one to compare with: its
 * first name begins with a dollar, and it is no DBRef. Inside `$elemMatch` a part of
 * a DBRef is enough to be one.
 */
export function isOperatorDocument(value: RawValue, partialReference = false): boolean {
  if (value.type !== BsonType.object) return false
  const names = elementsOf(value.buf, value.at).map(({ name }) => name)
  if (names.length === 0 || !names[0].startsWith('$')) return false
  if (partialReference) return !names.some((name) => referenceFields.has(name))
  return !(names.includes('$ref') && names.includes('$id'))
}
