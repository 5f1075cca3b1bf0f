/**
 * Perl-compatible regular expressions, as MongoDB takes them, turned into JavaScript's
 * with the `u` flag. Options become part of the expression where JavaScript means
 * something else by them: its `.` and its `^` know more line ends than the newline.
 * Recursion, subroutine calls, callouts and branch reset groups have no counterpart and
 * are refused.
 */
import { characterClass } from './character-class.js'
import { escapedCharacter, escapedSet } from './escapes.js'
import { atomic, conditional, openGroup } from './groups.js'
import {
  caseVariants,
  type Flags,
  literal,
  lookingAt,
  more,
  type Part,
  PatternError,
  type Source,
  spellsOutCase,
  take,
  takeCharacter,
  takeMatch,
} from './source.js'

export interface Translation {
  readonly source: string
  readonly flags: string
  /** For each capturing group of the pattern, its number in the result: groups may be added between them. */
  readonly groups: readonly number[]
}

/** Throws a PatternError for what is no valid pattern or has no counterpart. */
export function translate(pattern: string, options: string): Translation {
  const source = begin(pattern, options, false)
  const parts = whole(source)
  if (!source.sawInsensitive) return render(parts, 'u')
  if (!source.sawSensitive) return render(parts, 'iu')
  return render(whole(begin(pattern, options, true)), 'u')
}

function begin(pattern: string, options: string, spellOutCases: boolean): Source {
  return {
    pattern,
    at: 0,
    flags: {
      i: options.includes('i'),
      m: options.includes('m'),
      s: options.includes('s'),
      x: options.includes('x'),
      n: false,
      U: false,
    },
    unicodeClasses: false,
    groups: 0,
    emulated: 0,
    groupsInAll: countGroups(pattern),
    sawInsensitive: false,
    sawSensitive: false,
    spellOutCases,
  }
}

function countGroups(pattern: string): number {
  const bare = pattern.replace(/\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]/gs, '')
  return bare.match(/\((?!\?|\*)|\(\?(?:P?<[A-Za-z_]|')/g)?.length ?? 0
}

function whole(source: Source): Part[] {
  for (;;) {
    const verb = takeMatch(source, /\(\*(UTF8?|UCP|LF|NO_START_OPT|NO_AUTO_POSSESS)\)/y)
    if (!verb) break
    if (verb[1] === 'UCP') source.unicodeClasses = true
  }
  const parts = alternatives(source).flatMap((branch, i) => (i === 0 ? branch : ['|', ...branch]))
  if (more(source)) throw new PatternError('unmatched closing parenthesis', source.at)
  return parts
}

function render(parts: readonly Part[], flags: string): Translation {
  const numbers = new Map<number, number>()
  for (const part of parts) {
    if (typeof part !== 'string' && 'opens' in part) numbers.set(part.opens, numbers.size + 1)
  }
  const source = parts.map((part) => {
    if (typeof part === 'string') return part
    if ('opens' in part) return part.text
    const number = numbers.get(part.refersTo)
    if (number === undefined) throw new PatternError('reference to non-existent subpattern', 0)
    return `(?:\\${number})`
  })
  const own = [...numbers].filter(([group]) => group > 0)
  return {
    source: source.join(''),
    flags,
    groups: own.sort(([a], [b]) => a - b).map(([, number]) => number),
  }
}

/** Reads up to the end of the group or pattern. Flags set inside last until there. */
function alternatives(source: Source): Part[][] {
  const outer = source.flags
  const branches: Part[][] = [[]]
  while (more(source) && !lookingAt(source, ')')) {
    if (take(source, '|')) branches.push([])
    else branches[branches.length - 1].push(...quantified(source))
  }
  source.flags = outer
  return branches
}

type Atom = {
  readonly parts: readonly Part[]
  /** What JavaScript lets no quantifier follow. */
  readonly assertion?: boolean
}

function quantified(source: Source): readonly Part[] {
  if (skipExtended(source)) return []
  const atom = readAtom(source)
  if (!atom) return []
  let { parts, assertion } = atom
  for (;;) {
    skipExtended(source)
    const { at } = source
    const match = takeMatch(source, /([*+?]|\{\d+(?:,\d*)?\})([?+]?)/y)
    if (!match) return parts
    const [, quantifier, suffix] = match
    checkQuantifier(quantifier, at)
    const lazy = (suffix === '?') !== source.flags.U && suffix !== '+'
    const operand = assertion ? ['(?:', ...parts, ')'] : parts
    parts = [...operand, quantifier, lazy ? '?' : '']
    if (suffix === '+') parts = atomic(source, parts)
    // What has a quantifier may get another, which then takes it as a whole.
    parts = /[*+?{]/.test(source.pattern[source.at] ?? '') ? ['(?:', ...parts, ')'] : parts
    assertion = false
  }
}

function checkQuantifier(quantifier: string, at: number): void {
  const [, low, high = low] = /^\{(\d+)(?:,(\d*))?\}$/.exec(quantifier) ?? []
  if (low === undefined) return
  if (Number(low) > 65535 || Number(high) > 65535) {
    throw new PatternError('number too big in {} quantifier', at)
  }
  if (high !== '' && Number(high) < Number(low)) {
    throw new PatternError('numbers out of order in {} quantifier', at)
  }
}

/** In extended mode white space and comments mean nothing. Says whether any was there. */
function skipExtended(source: Source): boolean {
  return (
    source.flags.x &&
    takeMatch(source, /(?:[\t-\r \x85\u200e\u200f\u2028\u2029]|#[^\n]*\n?)+/y) !== undefined
  )
}

function readAtom(source: Source): Atom | undefined {
  const { at, flags } = source
  const code = takeCharacter(source)
  switch (String.fromCodePoint(code)) {
    case '(':
      return group(source, at)
    case '[':
      return { parts: [characterClass(source)] }
    case '.':
      return { parts: [flags.s ? '[^]' : '[^\\n]'] }
    case '^':
      return { parts: [flags.m ? '(?:^|(?<=\\n)(?!$))' : '^'], assertion: true }
    case '$':
      return { parts: [flags.m ? '(?=\\n|$)' : '(?=\\n?$)'], assertion: true }
    case '\\':
      return escapeSequence(source)
    case '*':
    case '+':
    case '?':
      throw new PatternError('quantifier does not follow a repeatable item', at)
    default:
      return { parts: [character(source, code)] }
  }
}

function character(source: Source, code: number): string {
  if (!spellsOutCase(source, code)) return literal(code)
  return `[${[...caseVariants(code)].map(literal).join('')}]`
}

function group(source: Source, at: number): Atom | undefined {
  const opening = openGroup(source)
  if (opening.kind === 'comment') return undefined
  if (opening.kind === 'flags') {
    source.flags = opening.flags
    return undefined
  }
  if (opening.kind === 'reference') return { parts: [opening.part] }
  const outer: Flags = source.flags
  if (opening.kind === 'group' && opening.flags) source.flags = opening.flags
  const branches = alternatives(source)
  source.flags = outer
  if (!take(source, ')')) throw new PatternError('missing closing parenthesis', at)
  if (opening.kind === 'conditional') {
    if (branches.length > 2) {
      throw new PatternError('conditional subpattern contains more than two branches', at)
    }
    return { parts: conditional(opening.group, branches[0], branches[1] ?? []) }
  }
  const content = branches.flatMap((branch, i) => (i === 0 ? branch : ['|', ...branch]))
  if (opening.kind === 'atomic') return { parts: ['(?:', ...atomic(source, content), ')'] }
  return { parts: [opening.open, ...content, ')'], assertion: opening.assertion }
}

const assertions: { readonly [letter: string]: string } = {
  A: '^',
  G: '^',
  z: '$',
  Z: '(?=\\n?$)',
  b: '\\b',
  B: '\\B',
  // Where the match begins matters to no one who only asks whether there is one.
  K: '',
}

/** Word boundaries by Unicode properties. */
const unicodeAssertions: { readonly [letter: string]: string } = {
  b: '(?:(?<=[\\p{L}\\p{N}_])(?![\\p{L}\\p{N}_])|(?<![\\p{L}\\p{N}_])(?=[\\p{L}\\p{N}_]))',
  B: '(?:(?<=[\\p{L}\\p{N}_])(?=[\\p{L}\\p{N}_])|(?<![\\p{L}\\p{N}_])(?![\\p{L}\\p{N}_]))',
}

function escapeSequence(source: Source): Atom | undefined {
  if (take(source, 'E')) return undefined
  if (take(source, 'Q')) return quoted(source)
  const reference = takeReference(source)
  if (reference) return { parts: [reference] }
  const set = escapedSet(source)
  if (set !== undefined) return { parts: [`[${set}]`] }
  const letter = source.pattern[source.at]
  if (Object.hasOwn(assertions, letter)) {
    source.at++
    const own = source.unicodeClasses ? unicodeAssertions[letter] : undefined
    return { parts: [own ?? assertions[letter]], assertion: true }
  }
  if (take(source, 'N')) return { parts: ['[^\\n]'] }
  if (take(source, 'R')) return { parts: ['(?:\\r\\n|[\\n-\\r\\x85\\u2028\\u2029])'] }
  if (take(source, 'X')) return { parts: ['(?:\\r\\n|\\P{M}\\p{M}*|\\p{M}+)'] }
  const code = escapedCharacter(source, false)
  if (code === undefined) throw new PatternError('unrecognized character follows \\', source.at)
  return { parts: [character(source, code)] }
}

/** The text up to `\E` stands for itself; a quantifier behind it takes the last character. */
function quoted(source: Source): Atom | undefined {
  const end = source.pattern.indexOf('\\E', source.at)
  const stop = end < 0 ? source.pattern.length : end
  const parts: string[] = []
  while (source.at < stop) parts.push(character(source, takeCharacter(source)))
  if (end >= 0) source.at += 2
  return parts.length > 0 ? { parts } : undefined
}

function takeReference(source: Source): Part | undefined {
  const named = takeMatch(source, /k(?:\{(\w+)\}|<(\w+)>|'(\w+)')/y)
  if (named) return `\\k<${named[1] ?? named[2] ?? named[3]}>`
  const braced = takeMatch(source, /g(?:\{(-?\d+)\}|(-?\d+))/y)
  if (braced) {
    const number = Number(braced[1] ?? braced[2])
    return { refersTo: number < 0 ? source.groups + 1 + number : number }
  }
  const namedG = takeMatch(source, /g\{([A-Za-z_]\w*)\}/y)
  if (namedG) return `\\k<${namedG[1]}>`
  const { at } = source
  const plain = takeMatch(source, /[1-9]\d*/y)
  if (!plain) return undefined
  const number = Number(plain[0])
  if (number < 10 || number <= source.groupsInAll) return { refersTo: number }
  source.at = at
  return undefined
}
