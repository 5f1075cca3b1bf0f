import type { Flags, Part, Source } from './source.js'
import { more, PatternError, take, takeMatch } from './source.js'

/** What an opening parenthesis begins. */
export type Opening =
  | { readonly kind: 'comment' }
  | { readonly kind: 'atomic' }
  | { readonly kind: 'conditional'; readonly group: number }
  | { readonly kind: 'flags'; readonly flags: Flags }
  | { readonly kind: 'reference'; readonly part: Part }
  | {
      readonly kind: 'group'
      readonly open: Part
      readonly flags?: Flags
      readonly assertion?: boolean
    }

/** Reads what follows an opening parenthesis up to where the group's own content begins. */
export function openGroup(source: Source): Opening {
  if (!take(source, '?')) {
    if (take(source, '*')) throw new PatternError('(*VERB) not recognized or malformed', source.at)
    return source.flags.n ? plain('(?:') : capture(source, '(')
  }
  if (take(source, '#')) return comment(source)
  if (take(source, ':')) return plain('(?:')
  if (take(source, '>')) return { kind: 'atomic' }
  for (const look of ['=', '!', '<=', '<!']) {
    if (take(source, look)) return { kind: 'group', open: `(?${look}`, assertion: true }
  }
  const name = takeMatch(source, /(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/y)
  if (name) return capture(source, `(?<${name[1] ?? name[2]}>`)
  const reference = takeMatch(source, /P=([A-Za-z_]\w*)\)/y)
  if (reference) return { kind: 'reference', part: `\\k<${reference[1]}>` }
  const conditional = takeMatch(source, /\((\d+)\)/y)
  if (conditional) return { kind: 'conditional', group: Number(conditional[1]) }
  return inlineFlags(source)
}

function plain(open: Part): Opening {
  return { kind: 'group', open }
}

function capture(source: Source, open: string): Opening {
  source.groups++
  return { kind: 'group', open: { opens: source.groups, text: open } }
}

function comment(source: Source): Opening {
  const end = source.pattern.indexOf(')', source.at)
  if (end < 0) throw new PatternError('missing ) after (?# comment', source.at)
  source.at = end + 1
  return { kind: 'comment' }
}

/** `(?i-s)` for the rest of the group it stands in, or `(?i-s:` for a group of its own. */
function inlineFlags(source: Source): Opening {
  const match = takeMatch(source, /(\^?)([imsxnUJ]*)(?:-([imsxnUJ]*))?([:)])/y)
  if (!match) {
    const what = more(source) ? source.pattern.slice(source.at, source.at + 1) : ''
    throw new PatternError(
      `unrecognized or unsupported character after (? or (?-: ${what}`,
      source.at,
    )
  }
  const [, reset, on, off = '', end] = match
  const flags: Record<string, boolean> = { ...source.flags }
  if (reset) for (const flag of 'imsxn') flags[flag] = false
  for (const flag of on) flags[flag] = true
  for (const flag of off) flags[flag] = false
  const set = flags as unknown as Flags
  return end === ':' ? { kind: 'group', open: '(?:', flags: set } : { kind: 'flags', flags: set }
}

/** A group that gives nothing back once left: a lookahead captures, a reference consumes. */
export function atomic(source: Source, content: readonly Part[]): Part[] {
  source.emulated++
  const group = -source.emulated
  return ['(?=', { opens: group, text: '(' }, ...content, '))', { refersTo: group }]
}

/**
 * Of two alternatives the one that says whether a group took part. JavaScript lets a
 * reference to a group that did not match the empty string, which at the very end of the
 * text a group that took part does not, unless it was empty itself.
 */
export function conditional(group: number, yes: readonly Part[], no: readonly Part[]): Part[] {
  return [
    '(?:(?=[^]*$(?!',
    { refersTo: group },
    '))',
    ...yes,
    '|(?=[^]*$',
    { refersTo: group },
    ')(?:',
    ...no,
    '))',
  ]
}
