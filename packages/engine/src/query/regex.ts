import { CommandError } from '../errors.js'
import { PatternError } from './regex/source.js'
import { type Translation, translate } from './regex/translate.js'

/** The longest pattern that MongoDB's regular expression library takes. */
const MOST_PATTERN_BYTES = 32_764

const OPTIONS = 'imsxu'

/** Compiles a regular expression as MongoDB understands it. Throws MongoDB's errors on unknown options and invalid patterns. */
export function compileRegex(pattern: string, options = ''): RegExp {
  return compileRegexWithGroups(pattern, options).regex
}

export interface RegexWithGroups {
  readonly regex: RegExp
  /** For each capturing group of the pattern, its number in what the JavaScript expression answers. */
  readonly groups: readonly number[]
}

/** As `compileRegex`, for those who want the groups that matched. */
export function compileRegexWithGroups(pattern: string, options = ''): RegexWithGroups {
  for (const option of options) {
    if (!OPTIONS.includes(option)) {
      throw new CommandError(51108, `invalid flag in regex options: ${option}`)
    }
  }
  if (Buffer.byteLength(pattern) > MOST_PATTERN_BYTES) {
    throw invalid('regular expression is too large')
  }
  const { source, flags, groups } = translated(pattern, options)
  try {
    return { regex: new RegExp(source, flags), groups }
  } catch (error) {
    throw invalid((error as Error).message)
  }
}

function translated(pattern: string, options: string): Translation {
  try {
    return translate(pattern, options)
  } catch (error) {
    if (error instanceof PatternError) throw invalid(error.message)
    throw error
  }
}

function invalid(reason: string): CommandError {
  return new CommandError(51091, `Regular expression is invalid: ${reason}`)
}

/**
 * What every string that matches begins with, or undefined when the pattern does not say:
 * bounds for an index. Only anchored, case-sensitive patterns without alternatives tell.
 */
export function regexPrefix(pattern: string, options = ''): string | undefined {
  if (options.includes('i') || options.includes('x')) return undefined
  const anchor = pattern.startsWith('\\A') ? 2 : pattern.startsWith('^') ? 1 : 0
  if (anchor === 0 || (anchor === 1 && options.includes('m'))) return undefined
  if (pattern.includes('|')) return undefined
  const match = /^(?:[^\\^$.[\]|()?*+{}]|\\[^0-9A-Za-z])*/su.exec(pattern.slice(anchor))
  if (!match) return undefined
  const rest = pattern.slice(anchor + match[0].length)
  const characters = [...match[0].replace(/\\(.)/gsu, '$1')]
  // A quantifier takes the last character back, which may then not be there.
  if (/^[*?{]/.test(rest)) characters.pop()
  return characters.length > 0 ? characters.join('') : undefined
}
