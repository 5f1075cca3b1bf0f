/** Versions of MongoDB, and how far they are from each other. */

const VERSION = /^(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.+-]+)?$/
const COMPATIBILITY = /^(\d+)\.(\d+)$/
/** The releases before there was one with each first number. */
const EARLY = ['2.6', '3.0', '3.2', '3.4', '3.6', '4.0', '4.2', '4.4']
const FIRST_YEARLY = 5

/** Whether a text is a version such as `7.0.14` or `6.0.5-ent`. */
export function isVersion(text: string): boolean {
  return VERSION.test(text)
}

/** `7.0` of `7.0.14`. */
export function releaseOf(version: string): string {
  return version.split('.').slice(0, 2).join('.')
}

/**
 * Where a release (`7.0`) stands among all: one yearly release is 1 behind the other, and the
 * quarterly ones are between them. Undefined: it is none.
 */
export function releaseNumber(release: string): number | undefined {
  const parts = COMPATIBILITY.exec(release)
  if (!parts) return undefined
  const [major, minor] = [Number(parts[1]), Number(parts[2])]
  if (major >= FIRST_YEARLY) return EARLY.length + major - FIRST_YEARLY + Math.min(minor, 9) / 10
  const early = EARLY.indexOf(release)
  return early < 0 ? undefined : early
}

/** Whether data of one release can be opened by another without one between them. */
export function isOneStep(from: string, to: string): boolean {
  const [a, b] = [releaseNumber(from), releaseNumber(to)]
  return a !== undefined && b !== undefined && Math.abs(a - b) <= 1
}
