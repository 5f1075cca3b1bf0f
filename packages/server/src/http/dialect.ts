/**
 * A dialect is a value: how one of the APIs presents errors, wherever they arise. It knows
 * no business rule. How it authenticates, reads and answers is in its own `route.ts`, as the
 * dialects have nothing in common there.
 */

/** An answer that is complete: status and JSON text. */
export interface Presented {
  readonly status: number
  readonly body: Buffer
}

export interface Dialect {
  /** An `AppError` in the dialect's form; anything else as an internal error. */
  presentError(error: unknown): Presented
}
