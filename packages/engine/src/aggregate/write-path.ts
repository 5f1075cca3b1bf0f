import {
  BsonType,
  BsonWriter,
  type Path,
  type RawValue,
  readName,
  someElement,
  valueSize,
} from '@gantry/bson'

const writer = new BsonWriter(64 * 1024)

/** The document with a value at a path: in place when there is one, at the end when not. What is no document on the way is replaced. */
export function setPath(doc: Buffer, path: Path, value: RawValue): Buffer {
  const mark = writer.length
  try {
    writeSet(writer, doc, 0, path, 0, value)
    return writer.take(mark)
  } catch (error) {
    writer.rewind(mark)
    throw error
  }
}

function writeSet(
  to: BsonWriter,
  doc: Buffer,
  at: number,
  path: Path,
  step: number,
  value: RawValue,
): void {
  const start = to.beginDocument()
  const { name } = path[step]
  let written = false
  if (at !== -1) {
    someElement(doc, at, (type, valueAt, nameAt) => {
      const own = readName(doc, nameAt)
      if (own !== name) to.rawElement(own, type, doc, valueAt, valueSize(doc, type, valueAt))
      else {
        written = true
        writeStep(to, doc, type === BsonType.object ? valueAt : -1, path, step, value)
      }
      return false
    })
  }
  if (!written) writeStep(to, doc, -1, path, step, value)
  to.end(start)
}

function writeStep(
  to: BsonWriter,
  doc: Buffer,
  at: number,
  path: Path,
  step: number,
  value: RawValue,
): void {
  const { name } = path[step]
  if (step === path.length - 1) {
    to.rawElement(name, value.type, value.buf, value.at, value.size)
    return
  }
  to.name(BsonType.object, name)
  writeSet(to, doc, at, path, step + 1, value)
}
