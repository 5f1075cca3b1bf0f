import { BsonWriter, type RawValue } from '@gantry/bson'

const writer = new BsonWriter()

/** A document whose only field is the value, so that a filter on documents can look at it. */
export function wrapped(name: string, value: RawValue): Buffer {
  const mark = writer.beginDocument()
  writer.element(name, value)
  writer.end(mark)
  return writer.take()
}
