import { BsonType, type RawValue, readName, someElement } from '@gantry/bson'
import { AppError } from '../../errors.js'

const OPERATORS = ['$where', '$function', '$accumulator']
const OPERATOR_BYTES = OPERATORS.map((name) => Buffer.from(`${name}\0`))

/** Throws when a filter would run JavaScript in the server, wherever in it the operator stands. */
export function refuseJavaScript({ buf, at, size }: RawValue): void {
  // Bytes are found quickly, and hardly any filter has them; only then is it worth a closer look.
  const bytes = buf.subarray(at, at + size)
  if (OPERATOR_BYTES.some((name) => bytes.includes(name))) refuseIn(buf, at)
}

function refuseIn(buf: Buffer, doc: number): void {
  someElement(buf, doc, (type, value, nameAt) => {
    const name = readName(buf, nameAt)
    if (OPERATORS.includes(name)) {
      throw new AppError('unsupported', `${name} is not supported: no JavaScript in the server`)
    }
    if (type === BsonType.object || type === BsonType.array) refuseIn(buf, value)
    return false
  })
}
