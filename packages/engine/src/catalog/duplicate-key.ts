import { type Doc, encodeDocument, type Value } from '@gantry/bson'
import { documentText } from '../element-text.js'
import { CommandError } from '../errors.js'
import { type Collection, namespaceOf } from './collection.js'
import type { Index } from './index-definition.js'

/** The error for a document whose key another document of the collection has already. */
export function duplicateKey(collection: Collection, index: Index, doc: Doc): CommandError {
  const keyPattern = index.spec.get('key') as Doc
  const keyValue: Doc = new Map(
    index.fields.map((field) => [field.dotted, valueAt(doc, field.dotted.split('.'))]),
  )
  const message = `E11000 duplicate key error collection: ${namespaceOf(collection)} index: ${index.name} dup key: ${documentText(encodeDocument(keyValue), 0)}`
  return new CommandError('DuplicateKey', message, { keyPattern, keyValue })
}

function valueAt(value: Value | undefined, path: readonly string[]): Value {
  for (const part of path) {
    if (!(value instanceof Map)) return Array.isArray(value) ? value : null
    value = value.get(part)
  }
  return value ?? null
}
