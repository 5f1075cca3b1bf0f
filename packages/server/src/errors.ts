/** What kind of failure it is; each dialect turns it into a status and a body in one place. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'limited'
  | 'unsupported'
  | 'unavailable'
  /** A database refused; `details` hold its code and code name. */
  | 'database'
  // Faults of a request before anybody has looked at what it asks for:
  | 'no_route'
  | 'method_not_allowed'
  | 'unsupported_type'
  | 'too_large'
  | 'malformed'

/** Facts about a failure for whoever handles it, beside the text for people. */
export interface ErrorDetails {
  readonly code?: number
  readonly codeName?: string
  /** The id of the server that could do it, where several share the state. */
  readonly server?: string
  /** The error code of the Public API; the error's text and kind follow from it. */
  readonly reason?: string
  /** The values that the text was made with, in order. */
  readonly parameters?: readonly string[]
}

/** A failure that the caller is told about. Everything else thrown is a bug, shown as "internal error". */
export class AppError extends Error {
  override readonly name = 'AppError'

  constructor(
    readonly kind: ErrorKind,
    message: string,
    readonly details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** Whether a database refused with MongoDB's error of this name. */
export function isDatabaseError(error: unknown, codeName: string): boolean {
  return error instanceof AppError && error.details.codeName === codeName
}
