import { parseArgs } from 'node:util'
import { type Argument, type Command, type Invocation, UsageError } from './command.js'
import { helpOption } from './options.js'

/** A command line read, or the wish for help instead. */
export type Parsed = { readonly call: Invocation } | 'help'

/**
 * Reads the words behind a command's name. Throws a `UsageError` that names all mistakes; an
 * option given twice is one of them.
 */
export function parseCommandLine(command: Command, words: readonly string[]): Parsed {
  const mistakes: string[] = []
  const { options, positionals, doubtful } = readOptions(command, words, mistakes)
  if (options.has(helpOption.name)) return 'help'
  const taken = assign(command.args, positionals, doubtful, mistakes)
  if (mistakes.length > 0) throw new UsageError(mistakes.join('\n'))
  return {
    call: {
      argument: (name) => taken.get(name)?.[0] as string,
      optional: (name) => taken.get(name)?.[0],
      all: (name) => taken.get(name) ?? [],
      option: (name) => options.get(name),
      has: (name) => options.has(name),
    },
  }
}

function readOptions(command: Command, words: readonly string[], mistakes: string[]) {
  const known = new Map([...command.options, helpOption].map((option) => [option.name, option]))
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(
      [...known.values()].map(({ name, value }) => [
        name,
        {
          type: value === undefined ? ('boolean' as const) : ('string' as const),
          ...(name === helpOption.name && { short: 'h' }),
        },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const options = new Map<string, string>()
  const positionals: string[] = []
  /** Words behind options that there are not: their values, perhaps, and perhaps secrets. */
  const doubtful = new Set<string>()
  let unknownAt = Number.NaN
  for (const token of tokens) {
    if (token.kind === 'positional') {
      positionals.push(token.value)
      if (token.index === unknownAt + 1) doubtful.add(token.value)
    }
    if (token.kind !== 'option') continue
    const option = known.get(token.name)
    if (!option) {
      mistakes.push(`unknown option ${token.rawName}`)
      if (!token.inlineValue) unknownAt = token.index
    } else if (options.has(option.name)) mistakes.push(`--${option.name} is given more than once`)
    else if (option.value === undefined) {
      if (token.value !== undefined) mistakes.push(`--${option.name} takes no value`)
      options.set(option.name, '')
    } else if (!token.value || (!token.inlineValue && token.value.startsWith('--'))) {
      mistakes.push(`--${option.name} needs a value: ${option.value}`)
    } else {
      checkChoice(`--${option.name}`, option.choices, token.value, mistakes)
      options.set(option.name, token.value)
    }
  }
  return { options, positionals, doubtful }
}

function assign(
  args: readonly Argument[],
  words: readonly string[],
  doubtful: ReadonlySet<string>,
  mistakes: string[],
) {
  const taken = new Map<string, readonly string[]>()
  let next = 0
  for (const { name, optional, many, choices } of args) {
    const values = words.slice(next, many ? undefined : next + 1)
    next += values.length
    if (values.length === 0 && !optional) mistakes.push(`${name} is missing`)
    for (const value of values) checkChoice(name, choices, value, mistakes)
    if (values.length > 0) taken.set(name, values)
  }
  for (const word of words.slice(next)) {
    if (!doubtful.has(word)) mistakes.push(`unexpected argument "${word}"`)
  }
  return taken
}

function checkChoice(
  name: string,
  choices: readonly string[] | undefined,
  value: string,
  mistakes: string[],
): void {
  if (choices && !choices.includes(value)) {
    mistakes.push(`${name} is one of ${choices.join(', ')}, not "${value}"`)
  }
}
