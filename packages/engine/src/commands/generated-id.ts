import { BsonType, BsonWriter, ObjectId, valueSize } from '@gantry/bson'

const writer = new BsonWriter()

/** A document with its `_id` in front: the one at an element's offset, or a new ObjectId when that is -1. */
export function withGeneratedId(doc: Buffer, idElement: number): Buffer {
  const mark = writer.beginDocument()
  try {
    let skip = -1
    if (idElement === -1) {
      writer.name(BsonType.objectId, '_id')
      writer.bytes(new ObjectId().id as Buffer, 0, 12)
    } else {
      const size = valueSize(doc, doc[idElement], idElement + 5)
      writer.bytes(doc, idElement, size + 5)
      skip = idElement
    }
    copyElements(doc, skip)
    writer.end(mark)
    return writer.take(mark)
  } catch (error) {
    writer.rewind(mark)
    throw error
  }
}

function copyElements(doc: Buffer, skip: number): void {
  if (skip === -1) return writer.bytes(doc, 4, doc.length - 5)
  const size = valueSize(doc, doc[skip], skip + 5) + 5
  writer.bytes(doc, 4, skip - 4)
  writer.bytes(doc, skip + size, doc.length - 1 - skip - size)
}
