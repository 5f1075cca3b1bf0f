/** `$regexFind`, `$regexFindAll` and `$regexMatch`. */
import { type Doc, type RawValue, Regex, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { compileRegexWithGroups, type RegexWithGroups } from '../../query/regex.js'
import { type Context, type Expression, fold } from '../scope.js'
import { isNullish, typeName } from '../values.js'
import { namedArguments, type OperatorParser, parseOptional } from './arguments.js'
import { codePointCount } from './string.js'

type Search = (input: string | null, regex: RegexWithGroups | null) => Value

function searching(search: Search): OperatorParser {
  return (argument, scope, name) => {
    const found = namedArguments(argument, name, ['input', 'regex', 'options'], {
      notDocument: 51103,
      unknown: 31024,
      missing: { input: 31022, regex: 31023 },
      messages: {
        notDocument: `${name} expects an object of named arguments but found something else`,
        unknown: (field) => `${name} found an unknown argument: ${field}`,
        missing: (field) => `${name} requires '${field}' parameter`,
      },
    })
    const input = scope.parse(found.input as RawValue, scope)
    const regex = scope.parse(found.regex as RawValue, scope)
    const options = parseOptional(found.options, scope)
    const compile = rememberLast(name)
    return fold(
      (context) => {
        const compiled = compile(regex.evaluate(context), options?.evaluate(context))
        return search(inputText(name, input, context), compiled)
      },
      [input, regex, options].filter((part): part is Expression => !!part),
    )
  }
}

function inputText(name: string, input: Expression, context: Context): string | null {
  const value = input.evaluate(context)
  if (isNullish(value)) return null
  if (typeof value === 'string') return value
  throw new CommandError(51104, `${name} needs 'input' to be of type string`)
}

/** The expression is nearly always the same from document to document. */
function rememberLast(name: string) {
  let last:
    | { regex: Value | undefined; options: Value | undefined; compiled: RegexWithGroups | null }
    | undefined
  return (regex: Value | undefined, options: Value | undefined): RegexWithGroups | null => {
    if (!last || last.regex !== regex || last.options !== options) {
      last = { regex, options, compiled: compile(name, regex, options) }
    }
    return last.compiled
  }
}

function compile(
  name: string,
  regex: Value | undefined,
  options: Value | undefined,
): RegexWithGroups | null {
  if (!isNullish(regex) && typeof regex !== 'string' && !(regex instanceof Regex)) {
    throw new CommandError(51105, `${name} needs 'regex' to be of type string or regex`)
  }
  if (!isNullish(options) && typeof options !== 'string') {
    throw new CommandError(
      51106,
      `${name} needs 'options' to be of type string, not ${typeName(options)}`,
    )
  }
  const flags = isNullish(options) ? '' : options
  if (regex instanceof Regex && regex.options !== '' && !isNullish(options)) {
    throw new CommandError(
      51107,
      `${name}: found regex option(s) specified in both 'regex' and 'option' fields`,
    )
  }
  if (flags.includes('\0')) {
    throw new CommandError(
      51110,
      `${name}: regular expression options cannot contain an embedded null byte`,
    )
  }
  if (isNullish(regex)) return null
  const unknown = /[^imsxu]/.exec(flags)
  if (unknown) throw new CommandError(51108, `${name} invalid flag in regex options: ${unknown[0]}`)
  const pattern = typeof regex === 'string' ? regex : regex.pattern
  if (pattern.includes('\0')) {
    throw new CommandError(
      51109,
      `${name}: regular expression cannot contain an embedded null byte`,
    )
  }
  return global(name, pattern, typeof regex === 'string' ? flags : regex.options || flags)
}

/** Made to remember where it stopped, so that it can go on from there. */
function global(name: string, pattern: string, options: string): RegexWithGroups {
  try {
    const { regex, groups } = compileRegexWithGroups(pattern, options)
    return { regex: new RegExp(regex.source, `${regex.flags.replace('g', '')}g`), groups }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    throw new CommandError(51111, `Invalid Regex in ${name}: ${error.message}`)
  }
}

/** `index` counts code points. */
function describe(match: RegExpExecArray, groups: readonly number[], index: number): Doc {
  return new Map<string, Value>([
    ['match', match[0]],
    ['idx', index],
    ['captures', groups.map((group) => match[group] ?? null)],
  ])
}

export const regexMatch = searching((input, compiled) => {
  if (input === null || !compiled) return false
  compiled.regex.lastIndex = 0
  return compiled.regex.test(input)
})

export const regexFind = searching((input, compiled) => {
  if (input === null || !compiled) return null
  compiled.regex.lastIndex = 0
  const match = compiled.regex.exec(input)
  return match && describe(match, compiled.groups, codePointCount(input.slice(0, match.index)))
})

export const regexFindAll = searching((input, compiled) => {
  if (input === null || !compiled) return []
  const { regex, groups } = compiled
  const result: Value[] = []
  let counted = 0
  let index = 0
  // Past the last character nothing is looked for, except in an empty text.
  for (let from = 0; from < input.length || (from === 0 && input === ''); ) {
    regex.lastIndex = from
    const match = regex.exec(input)
    if (!match) break
    index += codePointCount(input.slice(counted, match.index))
    counted = match.index
    result.push(describe(match, groups, index))
    from = match.index + (match[0].length || characterLength(input, match.index))
  }
  return result
})

/** An empty match moves on by a character, a pair of surrogates at once. */
function characterLength(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
}
