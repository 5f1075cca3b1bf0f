/** A try that has failed, and what that means for further ones. Its message holds no secret. */
export class Undelivered extends Error {
  override readonly name = 'Undelivered'
  /** Another try would fail as well. */
  readonly isFinal: boolean
  /** The recipient wants to be left alone for so long. */
  readonly pauseMs: number

  constructor(message: string, { isFinal = false, pauseMs = 0 } = {}) {
    super(message)
    this.isFinal = isFinal
    this.pauseMs = pauseMs
  }
}

const LONGEST = 300

/** Why something was not delivered, in one line. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  return text.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, LONGEST)
}
