import { decodeDocument } from '../decode.js'
import { readInt32 } from '../raw.js'
import { BsonType } from '../types.js'
import { encodeValue } from '../writer.js'
import { extendedForms } from './extended-forms.js'
import { hexValues } from './hex.js'
import { JsonError } from './json-error.js'
import type { OutputBuffer } from './output-buffer.js'

/** Bytes of `{"$oid": …}` and of `{"$date": …}` with an int64, as documents. */
const OID_SIZE = 40
const DATE_SIZE = 20

/**
 * Looks at the document that ends the output and begins at `doc`, whose first name
 * begins with `$`. If it is an extended form, puts the value it stands for in its place
 * and returns that type, else the type of an object. `parent` is where the name of the
 * field that holds it stands, or -1. Throws JsonError with the position given when the
 * form is known but its content is wrong.
 */
export function convertExtended(
  out: OutputBuffer,
  doc: number,
  parent: number,
  position: number,
): number {
  const { buf } = out
  const size = out.at - doc
  if (size === OID_SIZE && buf[doc + 4] === BsonType.string && isNamed(buf, doc, '$oid')) {
    if (readHex(buf, doc + 14, doc)) {
      out.at = doc + 12
      return BsonType.objectId
    }
  } else if (size === DATE_SIZE && buf[doc + 4] === BsonType.long && isNamed(buf, doc, '$date')) {
    buf.copyWithin(doc, doc + 11, doc + 19)
    out.at = doc + 8
    return BsonType.date
  }
  return convertRare(out, doc, parent, position)
}

function convertRare(out: OutputBuffer, doc: number, parent: number, position: number): number {
  const { buf } = out
  const name = buf.toString('latin1', doc + 5, buf.indexOf(0, doc + 5))
  const form = extendedForms.get(name)
  if (!form) return BsonType.object
  // `$elemMatch` takes operators only, never a value.
  if (form.operator && parent !== -1 && startsWith(buf, parent, '$elemMatch\0')) {
    return BsonType.object
  }
  const fail = (reason: string): never => {
    throw new JsonError(reason, position)
  }
  const value = form.read(decodeDocument(buf, doc), fail)
  if (value === undefined) return BsonType.object
  const raw = encodeValue(value)
  out.at = doc
  out.reserve(raw.size)
  raw.buf.copy(out.buf, doc, raw.at, raw.at + raw.size)
  out.at += raw.size
  return raw.type
}

/** Whether the first field of the document has that name. */
function isNamed(buf: Buffer, doc: number, name: string): boolean {
  return startsWith(buf, doc + 5, name) && buf[doc + 5 + name.length] === 0
}

function startsWith(buf: Buffer, at: number, ascii: string): boolean {
  for (let i = 0; i < ascii.length; i++) if (buf[at + i] !== ascii.charCodeAt(i)) return false
  return true
}

/** Turns 24 hex digits into twelve bytes further ahead; false when there are not so many. */
function readHex(buf: Buffer, from: number, to: number): boolean {
  if (readInt32(buf, from - 4) !== 25) return false
  for (let i = 0; i < 24; i++) if (hexValues[buf[from + i]] < 0) return false
  for (let i = 0; i < 12; i++) {
    buf[to + i] = (hexValues[buf[from + i * 2]] << 4) | hexValues[buf[from + i * 2 + 1]]
  }
  return true
}
