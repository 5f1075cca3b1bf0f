/**
 * The character sets that PCRE's escapes and POSIX classes stand for, written as the
 * inside of a JavaScript character class. Without UCP they hold ASCII only, which is
 * less than JavaScript's own `\s` does.
 */

export interface CharacterSet {
  readonly inside: string
  /** What stands for all other characters inside a class, which cannot nest. */
  readonly outside: string
}

const horizontal = '\\t \\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000'
const notHorizontal =
  '\\0-\\x08\\n-\\x1f!-\\x9f\\xa1-\\u167f\\u1681-\\u180d\\u180f-\\u1fff\\u200b-\\u202e\\u2030-\\u205e\\u2060-\\u2fff\\u3001-\\u{10ffff}'

const asciiSets: { readonly [letter: string]: CharacterSet } = {
  d: { inside: '0-9', outside: '\\0-/:-\\u{10ffff}' },
  w: { inside: '0-9A-Z_a-z', outside: '\\0-/:-@\\[-\\^`\\{-\\u{10ffff}' },
  s: { inside: '\\t-\\r ', outside: '\\0-\\x08\\x0e-\\x1f!-\\u{10ffff}' },
  h: { inside: horizontal, outside: notHorizontal },
  v: {
    inside: '\\n-\\r\\x85\\u2028\\u2029',
    outside: '\\0-\\t\\x0e-\\x84\\x86-\\u2027\\u202a-\\u{10ffff}',
  },
}

const unicodeSets: { readonly [letter: string]: CharacterSet } = {
  d: { inside: '\\p{Nd}', outside: '\\P{Nd}' },
  w: {
    inside: '\\p{L}\\p{N}_',
    outside:
      '\\p{M}\\p{Z}\\p{C}\\p{S}\\p{Pd}\\p{Ps}\\p{Pe}\\p{Pi}\\p{Pf}\\p{Po}\\u203f\\u2040\\u2054\\ufe33\\ufe34\\ufe4d-\\ufe4f\\uff3f',
  },
  s: {
    inside: '\\s\\x85',
    outside:
      '\\0-\\x08\\x0e-\\x1f!-\\x84\\x86-\\x9f\\xa1-\\u167f\\u1681-\\u1fff\\u200b-\\u2027\\u202a-\\u202e\\u2030-\\u205e\\u2060-\\u2fff\\u3001-\\u{10ffff}',
  },
}

/** The set of `\d`, `\w`, `\s`, `\h` or `\v`; undefined for other letters. Capitals stand for the complement. */
export function escapeSet(letter: string, unicode: boolean): CharacterSet | undefined {
  const lower = letter.toLowerCase()
  const set = (unicode ? unicodeSets[lower] : undefined) ?? asciiSets[lower]
  if (!set || letter === lower) return set
  return { inside: set.outside, outside: set.inside }
}

const posixSets: { readonly [name: string]: CharacterSet } = {
  alnum: { inside: '0-9A-Za-z', outside: '\\0-/:-@\\[-`\\{-\\u{10ffff}' },
  alpha: { inside: 'A-Za-z', outside: '\\0-@\\[-`\\{-\\u{10ffff}' },
  ascii: { inside: '\\0-\\x7f', outside: '\\x80-\\u{10ffff}' },
  blank: { inside: '\\t ', outside: '\\0-\\x08\\n-\\x1f!-\\u{10ffff}' },
  cntrl: { inside: '\\0-\\x1f\\x7f', outside: ' -~\\x80-\\u{10ffff}' },
  digit: asciiSets.d,
  graph: { inside: '!-~', outside: '\\0- \\x7f-\\u{10ffff}' },
  lower: { inside: 'a-z', outside: '\\0-`\\{-\\u{10ffff}' },
  print: { inside: ' -~', outside: '\\0-\\x1f\\x7f-\\u{10ffff}' },
  punct: { inside: '!-/:-@\\[-`\\{-~', outside: '\\0- 0-9A-Za-z\\x7f-\\u{10ffff}' },
  space: asciiSets.s,
  upper: { inside: 'A-Z', outside: '\\0-@\\[-\\u{10ffff}' },
  word: asciiSets.w,
  xdigit: { inside: '0-9A-Fa-f', outside: '\\0-/:-@G-`g-\\u{10ffff}' },
}

const unicodePosixSets: { readonly [name: string]: CharacterSet } = {
  alpha: { inside: '\\p{L}', outside: '\\P{L}' },
  lower: { inside: '\\p{Ll}', outside: '\\P{Ll}' },
  upper: { inside: '\\p{Lu}', outside: '\\P{Lu}' },
  digit: unicodeSets.d,
  space: unicodeSets.s,
  word: unicodeSets.w,
}

/** The set of `[:name:]`, or of `[:^name:]` when the name begins with a circumflex. */
export function posixSet(name: string, unicode: boolean): CharacterSet | undefined {
  const negated = name.startsWith('^')
  const plain = negated ? name.slice(1) : name
  const set =
    (unicode && Object.hasOwn(unicodePosixSets, plain) ? unicodePosixSets[plain] : undefined) ??
    (Object.hasOwn(posixSets, plain) ? posixSets[plain] : undefined)
  return set && negated ? { inside: set.outside, outside: set.inside } : set
}

/** General categories, as against the names of scripts. */
const category = /^(?:C[cfnos]?|L[lmotuC]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?|Any|ASCII)$/

/** The property of `\p{name}` (or `\P`, when negated) as JavaScript writes it. */
export function propertyEscape(name: string, negated: boolean): string {
  const inverse = name.startsWith('^')
  const plain = (inverse ? name.slice(1) : name).replace(/^L&$/, 'LC').trim()
  const letter = negated !== inverse ? 'P' : 'p'
  return category.test(plain) ? `\\${letter}{${plain}}` : `\\${letter}{Script_Extensions=${plain}}`
}
