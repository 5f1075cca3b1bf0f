/** What a document must meet before it is stored. */
import { BsonType, findElement, readName, skipCString, typeAlias, valueSize } from '@gantry/bson'
import { CommandError } from '../errors.js'

/** The largest document that may be stored, in bytes. */
export const MAX_DOCUMENT_SIZE = 16 * 1024 * 1024

const ID = Buffer.from('_id')

/** Throws unless a document about to be inserted may be stored: its size, its `_id`, its top-level names. Nesting and form are checked when the bytes come in. */
export function checkStorable(buf: Buffer, doc = 0, size = buf.length): void {
  if (size > MAX_DOCUMENT_SIZE) {
    throw new CommandError(
      'BSONObjectTooLarge',
      `object to insert too large. size in bytes: ${size}, max size: ${MAX_DOCUMENT_SIZE}`,
    )
  }
  checkId(buf, doc)
}

/** Throws when the document's `_id` is of a type that none may be. */
export function checkId(buf: Buffer, doc: number): void {
  const element = findElement(buf, doc, ID)
  if (element === -1) return
  const type = buf[element]
  if (type === BsonType.array || type === BsonType.regex || type === BsonType.undefined) {
    throw new CommandError('InvalidIdField', `The '_id' value cannot be of type ${typeAlias(type)}`)
  }
  if (type === BsonType.object) checkIdFields(buf, element + 5)
}

function checkIdFields(buf: Buffer, id: number): void {
  for (let at = id + 4; buf[at] !== 0; ) {
    if (buf[at + 1] === 0x24) {
      const name = readName(buf, at + 1)
      throw new CommandError(
        'DollarPrefixedFieldName',
        `_id fields may not contain '$'-prefixed fields: ${name} is not valid for storage.`,
      )
    }
    const value = skipCString(buf, at + 1)
    at = value + valueSize(buf, buf[at], value)
  }
}
