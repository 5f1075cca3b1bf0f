import { escapeSet, propertyEscape } from './class-sets.js'
import { more, PatternError, type Source, take, takeCharacter, takeMatch } from './source.js'

const controls: { readonly [letter: string]: number } = {
  a: 0x07,
  e: 0x1b,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
}

/** Reads the rest of an escape, behind the backslash, that stands for one character; undefined when it is none. */
export function escapedCharacter(source: Source, inClass: boolean): number | undefined {
  const { at } = source
  const octal = takeMatch(source, /o\{([0-7]+)\}|(0[0-7]{0,2})/y)
  if (octal) return codePoint(Number.parseInt(octal[1] ?? octal[2], 8), at)
  const hex = takeMatch(source, /x\{([0-9a-fA-F]+)\}|x([0-9a-fA-F]{0,2})/y)
  if (hex) return codePoint(Number.parseInt(hex[1] ?? (hex[2] || '0'), 16), at)
  const control = takeMatch(source, /c([ -~])/y)
  if (control) return control[1].toUpperCase().charCodeAt(0) ^ 0x40
  const number = takeMatch(source, /[1-9][0-9]*/y)
  if (number) {
    source.at = at
    const group = Number(number[0])
    const isReference = !inClass && (group < 10 || group <= source.groupsInAll)
    const digits = isReference ? undefined : takeMatch(source, /[0-7]{1,3}/y)
    if (digits) return Number.parseInt(digits[0], 8) & 0xff
    return isReference ? undefined : takeCharacter(source)
  }
  if (!more(source)) throw new PatternError('\\ at end of pattern', at)
  const letter = source.pattern[source.at]
  if (Object.hasOwn(controls, letter)) {
    source.at++
    return controls[letter]
  }
  if (inClass && take(source, 'b')) return 0x08
  return /[0-9A-Za-z]/.test(letter) ? undefined : takeCharacter(source)
}

function codePoint(code: number, at: number): number {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    throw new PatternError('character code point value in \\x{} or \\o{} is invalid', at)
  }
  return code
}

/** Reads the rest of an escape that stands for a set of characters; the result goes inside a class. */
export function escapedSet(source: Source): string | undefined {
  const property = takeMatch(source, /([pP])(?:\{(\^?[\w&. ]+)\}|([A-Z]))/y)
  if (property) {
    const [, letter, inBraces, single] = property
    return propertyEscape(inBraces ?? single, letter === 'P')
  }
  const letter = source.pattern[source.at]
  const set =
    letter && /[dDwWsShHvV]/.test(letter) ? escapeSet(letter, source.unicodeClasses) : undefined
  if (set) source.at++
  return set?.inside
}
