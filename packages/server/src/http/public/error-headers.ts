/** Header fields that answers to some failures have. */
export type Headers = Readonly<Record<string, string | string[]>>

const headers = new WeakMap<object, Headers>()

/** Says which header fields the answer to a failure shall have. */
export function withHeaders<E extends Error>(error: E, fields: Headers): E {
  headers.set(error, fields)
  return error
}

export function headersOf(error: unknown): Headers {
  return (error instanceof Error && headers.get(error)) || {}
}
