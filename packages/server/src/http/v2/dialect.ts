import { encodeDocument, JsonWriter, someElement, type Writable } from '@gantry/bson'
import { AppError, type ErrorKind } from '../../errors.js'
import type { Dialect, Presented } from '../dialect.js'

const statuses: { readonly [Kind in ErrorKind]: number } = {
  invalid: 400,
  malformed: 400,
  unsupported: 400,
  unsupported_type: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  no_route: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  limited: 429,
  database: 503,
  unavailable: 503,
}

/** What a database refuses because of what the caller wants; anything else is its own trouble. */
const databaseStatuses: Readonly<Record<string, number>> = {
  BadValue: 400,
  CommandNotSupported: 400,
  FailedToParse: 400,
  IllegalOperation: 400,
  InvalidNamespace: 400,
  InvalidOptions: 400,
  TypeMismatch: 400,
  DuplicateKey: 409,
  NamespaceExists: 409,
  NamespaceNotFound: 404,
}

/** API v2: statuses of HTTP, and what is wrong as `message`. */
export const v2Dialect: Dialect = {
  presentError(error) {
    if (!(error instanceof AppError)) return failure(500, 'internal error')
    const { kind, details, message } = error
    const known = kind === 'database' ? databaseStatuses[details.codeName ?? ''] : undefined
    return failure(known ?? statuses[kind], message)
  },
}

function failure(status: number, message: string): Presented {
  return { status, body: Buffer.from(JSON.stringify({ message })) }
}

const writer = new JsonWriter()

/** The value as JSON, in MongoDB's legacy form where it needs types; in an envelope unless it is bare. */
export function presentResult(data: Writable, bare: boolean): Buffer {
  const buf = encodeDocument({ data })
  try {
    if (bare) {
      someElement(buf, 0, (type, at) => {
        writer.value(buf, type, at)
        return true
      })
    } else {
      writer.document(buf)
    }
    return writer.take()
  } catch (error) {
    writer.clear()
    throw error
  }
}
