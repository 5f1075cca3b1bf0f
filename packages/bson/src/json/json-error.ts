/** Text that is not JSON, or an extended form that is not well formed. */
export class JsonError extends Error {
  override readonly name = 'JsonError'

  /** `position` counts bytes from where the text begins; the reason is a short phrase without it. */
  constructor(
    readonly reason: string,
    readonly position: number,
  ) {
    super(`${reason} at position ${position}`)
  }
}
