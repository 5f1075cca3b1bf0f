import { encodeDocument, JsonWriter, RawValue, someElement, type Writable } from '@gantry/bson'
import { AppError, type ErrorKind } from '../../errors.js'
import type { Dialect, Presented } from '../dialect.js'
import { LARGE_BYTES, printLarge } from './large.js'

/** Failures that are not status 200. */
const statuses: { readonly [Kind in ErrorKind]?: number } = {
  unauthenticated: 403,
  no_route: 404,
  method_not_allowed: 405,
  too_large: 413,
  unsupported_type: 415,
  malformed: 400,
}

/** API v1: whatever a call does wrong is status 200 with `rc` 1; only a bad key is not. */
export const v1Dialect: Dialect = {
  presentError(error) {
    if (!(error instanceof AppError)) return failure(500, 'internal error')
    return failure(statuses[error.kind] ?? 200, error.message)
  },
}

function failure(status: number, text: string): Presented {
  return { status, body: Buffer.from(JSON.stringify({ rc: 1, data: text, msg: text })) }
}

/** What stands around the documents of a list. */
export const LIST_HEAD = '{"data":['
export const LIST_TAIL = '],"rc":0}'

const DATA_HEAD = '{"data":'
const DATA_TAIL = ',"rc":0}'

const writer = new JsonWriter()

/** The answer of a call that returns one value. */
export function presentData(data: Writable): Buffer | Promise<Buffer> {
  const value = data instanceof RawValue ? data : rawOf(data)
  if (value.size >= LARGE_BYTES) return presentLarge(value)
  try {
    writer.text(DATA_HEAD)
    writer.value(value.buf, value.type, value.at)
    writer.text(DATA_TAIL)
    return writer.take()
  } catch (error) {
    writer.clear()
    throw error
  }
}

/** The answer of a call that returns a list which is not large. */
export function presentList(documents: readonly RawValue[]): Buffer {
  try {
    writer.text(LIST_HEAD)
    for (let i = 0; i < documents.length; i++) {
      if (i > 0) writer.text(',')
      const { buf, at } = documents[i]
      writer.document(buf, at)
    }
    writer.text(LIST_TAIL)
    return writer.take()
  } catch (error) {
    writer.clear()
    throw error
  }
}

async function presentLarge(value: RawValue): Promise<Buffer> {
  return Buffer.concat([Buffer.from(DATA_HEAD), await printLarge(value), Buffer.from(DATA_TAIL)])
}

/** The answer of a call that returns how many documents it concerned. */
export function presentCount(n: number): Buffer {
  return Buffer.from(`{"rc":0,"n":${n}}`)
}

function rawOf(data: Writable): RawValue {
  const buf = encodeDocument({ data })
  let raw: RawValue | undefined
  someElement(buf, 0, (type, at) => {
    raw = new RawValue(buf, type, at, buf.length - 1 - at)
    return true
  })
  return raw as RawValue
}
