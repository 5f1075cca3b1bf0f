import { posixSet } from './class-sets.js'
import { escapedCharacter, escapedSet } from './escapes.js'
import {
  caseVariants,
  literal,
  lookingAt,
  more,
  PatternError,
  type Source,
  spellsOutCase,
  take,
  takeCharacter,
  takeMatch,
} from './source.js'

/** Ranges beyond this are not searched for letters when their cases must be spelled out. */
const MOST_CASE_VARIANTS = 2000

/** Reads a class behind its opening bracket. */
export function characterClass(source: Source): string {
  const start = source.at - 1
  const negated = take(source, '^')
  let inside = ''
  let first = true
  let quoted = false
  for (;;) {
    if (!more(source)) throw new PatternError('missing terminating ] for character class', start)
    if (quoted ? take(source, '\\E') : take(source, '\\Q')) {
      quoted = !quoted
      continue
    }
    if (!quoted && !first && take(source, ']')) break
    first = false
    inside += quoted ? member(source, takeCharacter(source)) : classItem(source)
  }
  return `[${negated ? '^' : ''}${inside}]`
}

function classItem(source: Source): string {
  const posix = takeMatch(source, /\[:(\^?[a-z]+):\]/y)
  if (posix) {
    const set = posixSet(posix[1], source.unicodeClasses)
    if (!set) throw new PatternError('unknown POSIX class name', source.at)
    return set.inside
  }
  const from = classCharacter(source)
  if (typeof from === 'string') return from
  if (!lookingAt(source, '-') || lookingAt(source, '-]')) return member(source, from)
  const hyphen = source.at
  source.at++
  const to = classCharacter(source)
  // A set cannot end a range, so the hyphen stood for itself.
  if (typeof to === 'string') return member(source, from) + literal(0x2d) + to
  if (to < from) throw new PatternError('range out of order in character class', hyphen)
  return range(source, from, to)
}

/** One character, or a set as text for the inside of the class. */
function classCharacter(source: Source): number | string {
  if (!take(source, '\\')) return takeCharacter(source)
  const set = escapedSet(source)
  if (set !== undefined) return set
  const code = escapedCharacter(source, true)
  if (code === undefined) {
    throw new PatternError('unrecognized character follows \\', source.at)
  }
  return code
}

function member(source: Source, code: number): string {
  if (!spellsOutCase(source, code)) return literal(code)
  return [...caseVariants(code)].map(literal).join('')
}

function range(source: Source, from: number, to: number): string {
  let text = `${literal(from)}-${literal(to)}`
  const last = Math.min(to, from + MOST_CASE_VARIANTS)
  for (let code = from; code <= last; code++) {
    if (!spellsOutCase(source, code)) continue
    for (const variant of caseVariants(code)) {
      if (variant < from || variant > to) text += literal(variant)
    }
  }
  return text
}
