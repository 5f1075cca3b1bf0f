/** A pattern being read, and what has been found out about it on the way. */
export interface Source {
  readonly pattern: string
  at: number
  flags: Flags
  /** `\d`, `\w`, `\s`, `\b` and POSIX classes go by Unicode properties. */
  unicodeClasses: boolean
  /** Capturing groups of the pattern seen so far. */
  groups: number
  /** Groups that only the result has, to emulate what JavaScript lacks. */
  emulated: number
  /** Groups in the whole pattern, as `\12` is a reference or an octal character by that. */
  readonly groupsInAll: number
  /** Letters that must match in both cases, and letters that must not, were seen. */
  sawInsensitive: boolean
  sawSensitive: boolean
  /** Whether letters that match in both cases are written out as classes, as the `i` flag would be wrong for others. */
  readonly spellOutCases: boolean
}

export interface Flags {
  readonly i: boolean
  readonly m: boolean
  readonly s: boolean
  readonly x: boolean
  /** Plain parentheses do not capture. */
  readonly n: boolean
  /** Quantifiers are lazy unless a question mark follows. */
  readonly U: boolean
}

/**
 * A part of the result: text, or the opening of a group or a reference to one, whose
 * number is known only once all stand in order. Groups of the pattern go by their
 * number there, those that are only emulated by negative ones.
 */
export type Part =
  | string
  | { readonly opens: number; readonly text: string }
  | { readonly refersTo: number }

export class PatternError extends Error {
  constructor(message: string, at: number) {
    super(`${message} at offset ${at}`)
    this.name = 'PatternError'
  }
}

export function more(source: Source): boolean {
  return source.at < source.pattern.length
}

export function lookingAt(source: Source, text: string): boolean {
  return source.pattern.startsWith(text, source.at)
}

/** Steps over a text if it is next. */
export function take(source: Source, text: string): boolean {
  if (!lookingAt(source, text)) return false
  source.at += text.length
  return true
}

/** The next whole character, stepped over. */
export function takeCharacter(source: Source): number {
  const code = source.pattern.codePointAt(source.at)
  if (code === undefined) throw new PatternError('unexpected end of pattern', source.at)
  source.at += code > 0xffff ? 2 : 1
  return code
}

/** What a sticky expression finds here, stepped over. */
export function takeMatch(source: Source, sticky: RegExp): RegExpExecArray | undefined {
  sticky.lastIndex = source.at
  const match = sticky.exec(source.pattern)
  if (!match) return undefined
  source.at += match[0].length
  return match
}

/** A character written so that it stands for itself, inside a class and out. */
export function literal(code: number): string {
  const character = String.fromCodePoint(code)
  if (/[\^$\\.*+?()[\]{}|/-]/.test(character)) return inClassOnly(character)
  if (code < 0x20 || (code >= 0x7f && code < 0xa1) || code === 0x2028 || code === 0x2029) {
    return `\\u{${code.toString(16)}}`
  }
  // Half a surrogate pair would join its neighbour.
  return code >= 0xd800 && code <= 0xdfff ? `\\u{${code.toString(16)}}` : character
}

/** Outside a class the `u` flag allows no escaped hyphen. */
function inClassOnly(character: string): string {
  return character === '-' ? '\\x2d' : `\\${character}`
}

/** The characters that differ from one in case only, itself included. */
export function caseVariants(code: number): Set<number> {
  const character = String.fromCodePoint(code)
  const variants = new Set([code])
  for (const other of [character.toLowerCase(), character.toUpperCase()]) {
    const variant = other.codePointAt(0) as number
    // A sharp s becomes two letters, which is no variant of one.
    if (other.length === String.fromCodePoint(variant).length) variants.add(variant)
  }
  return variants
}

/** Notes how a letter wants to be matched, and says whether its case has to be spelled out. */
export function spellsOutCase(source: Source, code: number): boolean {
  if (caseVariants(code).size === 1) return false
  if (!source.flags.i) {
    source.sawSensitive = true
    return false
  }
  source.sawInsensitive = true
  return source.spellOutCases
}
