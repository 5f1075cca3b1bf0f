/** Why a call failed though the server could be reached, for whoever decides what to do next. */
export type FailureKind =
  /** The server understood and refused: `rc` 1, or a status that says why. */
  | 'refused'
  /** It does not know the API key or the token. */
  | 'unauthenticated'
  /** It does not have such a call; an older server, or another one. */
  | 'not_found'
  /** Any other status. */
  | 'status'

/** A call that the server answered with an error; the message is the server's own. */
export class ApiError extends Error {
  override readonly name = 'ApiError'

  constructor(
    readonly kind: FailureKind,
    message: string,
    /** The HTTP status; a refused call has 200. */
    readonly status: number,
  ) {
    super(message)
  }
}

/** No answer came: the server cannot be reached, is not trusted, or took too long. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
}

/** What answered does not speak the API that it was asked for. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError'
}
