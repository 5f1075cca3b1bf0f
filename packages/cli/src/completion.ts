import type { Command, Option } from './command.js'
import { helpOption } from './options.js'

export type Shell = 'bash' | 'zsh' | 'fish'

/** What a completion needs to know of a command. */
export type Completed = Pick<Command, 'name' | 'summary' | 'args' | 'options'>

/** A script for a shell that completes commands, options and the values that are known. */
export function renderCompletion(shell: Shell, commands: readonly Completed[]): string {
  return renderers[shell](commands)
}

const renderers: Readonly<Record<Shell, (commands: readonly Completed[]) => string>> = {
  bash: renderBash,
  zsh: renderZsh,
  fish: renderFish,
}

function optionsOf(command: Completed): readonly Option[] {
  return [...command.options, helpOption]
}

/** Words of which a command's name consists, with what may follow each of them. */
function firstWords(commands: readonly Completed[]): Map<string, Completed[]> {
  const words = new Map<string, Completed[]>()
  for (const command of commands) {
    const [word] = command.name.split(' ')
    words.set(word, [...(words.get(word) ?? []), command])
  }
  return words
}

function secondWord({ name }: Completed): string | undefined {
  return name.split(' ')[1]
}

/** Options by the kind of value that they want. */
function valueCases(commands: readonly Completed[]) {
  const options = new Map(commands.flatMap(optionsOf).map((option) => [option.name, option]))
  const all = [...options.values()].filter(({ value }) => value !== undefined)
  return {
    files: all.filter(({ value }) => value === 'FILE'),
    folders: all.filter(({ value }) => value === 'FOLDER'),
    choices: all.filter(({ choices }) => choices),
    others: all.filter(({ value, choices }) => !choices && value !== 'FILE' && value !== 'FOLDER'),
  }
}

function renderBash(commands: readonly Completed[]): string {
  const groups = firstWords(commands)
  const { files, folders, choices, others } = valueCases(commands)
  const pattern = (options: readonly Option[]) => options.map(({ name }) => `--${name}`).join('|')
  const branch = (options: readonly Option[], action: string) =>
    options.length > 0 ? [`    ${pattern(options)}) ${action} return ;;`] : []
  const reply = (words: string) => `COMPREPLY=($(compgen -W '${words}' -- "$word"));`
  const rows = [...groups].flatMap(([word, members]) =>
    members.flatMap((command) => {
      const second = secondWord(command)
      const words = [
        ...command.args.flatMap((arg) => arg.choices ?? []),
        ...optionsOf(command).map(({ name }) => `--${name}`),
      ]
      return [`    '${word}${second ? ` ${second}` : ' '}'*) ${reply(words.join(' '))} ;;`]
    }),
  )
  const seconds = [...groups].flatMap(([word, members]) => {
    const words = members.flatMap((each) => secondWord(each) ?? [])
    return words.length > 0 ? [`      ${word}) ${reply(words.join(' '))} return ;;`] : []
  })
  return `# Completion of gantry for bash.
_gantry() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    ${reply([...groups.keys(), 'help', '--version'].join(' '))}
    return
  fi
  case "$before" in
${[
  ...branch(files, 'COMPREPLY=($(compgen -f -- "$word"));'),
  ...branch(folders, 'COMPREPLY=($(compgen -d -- "$word"));'),
  ...choices.flatMap((option) => branch([option], reply((option.choices ?? []).join(' ')))),
  ...branch(others, ''),
].join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 2 ]; then
    case "\${COMP_WORDS[1]}" in
      help) ${reply([...groups.keys()].join(' '))} return ;;
${seconds.join('\n')}
    esac
  fi
  case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${rows.join('\n')}
  esac
}
complete -o bashdefault -F _gantry gantry
`
}

function renderZsh(commands: readonly Completed[]): string {
  const groups = firstWords(commands)
  const describe = (rows: readonly (readonly [string, string])[]) =>
    rows.map(([word, help]) => `    ${quote(`${word}:${help}`)}`).join('\n')
  const first = [...groups].map(([word, members]) => [word, summaryOf(members)] as const)
  const branches = [...groups].map(([word, members]) => {
    if (!secondWord(members[0])) return `    ${word}) ${zshArguments(members[0], 2)} ;;`
    const rows = members.map((each) => [secondWord(each) ?? '', each.summary] as const)
    return `    ${word})
      if (( CURRENT == 3 )); then
        local -a names=(
${describe(rows)}
        )
        _describe 'command' names
        return
      fi
      case "$words[3]" in
${members.map((each) => `        ${secondWord(each)}) ${zshArguments(each, 3)} ;;`).join('\n')}
      esac ;;`
  })
  return `#compdef gantry
# Completion of gantry for zsh.
_gantry() {
  local -a names=(
${describe([...first, ['help', 'show how a command is used']])}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' names
    return
  fi
  case "$words[2]" in
    help) _describe 'command' names ;;
${branches.join('\n')}
  esac
}
if [ "$funcstack[1]" = _gantry ]; then _gantry "$@"; else compdef _gantry gantry; fi
`
}

/** The words of the name are taken off, so that positions count from the command on. */
function zshArguments(command: Completed, skipped: number): string {
  const specs = [
    ...optionsOf(command).map((option) => {
      const help = option.help.replaceAll(/[[\]\\]/g, '').replaceAll(':', ' ')
      return quote(`--${option.name}[${help}]${zshValue(option)}`)
    }),
    ...command.args.map(({ name, many, choices }, i) => {
      const action = choices ? `(${choices.join(' ')})` : ' '
      return quote(`${many ? '*' : i + 1}:${name}:${action}`)
    }),
  ]
  return `shift ${skipped - 1} words; (( CURRENT -= ${skipped - 1} )); _arguments ${specs.join(' ')}`
}

function zshValue({ value, choices }: Option): string {
  if (value === undefined) return ''
  if (choices) return `:${value}:(${choices.join(' ')})`
  if (value === 'FILE') return `:${value}:_files`
  return value === 'FOLDER' ? `:${value}:_files -/` : `:${value}: `
}

function renderFish(commands: readonly Completed[]): string {
  const groups = firstWords(commands)
  const lines = [...groups].flatMap(([word, members]) => [
    `complete -c gantry -n __fish_use_subcommand -a ${word} -d ${quote(summaryOf(members))}`,
    `complete -c gantry -n '__fish_seen_subcommand_from help' -a ${word}`,
    ...members.flatMap((command) => fishLines(word, command, members)),
  ])
  return `# Completion of gantry for fish.
complete -c gantry -f
complete -c gantry -n __fish_use_subcommand -a help -d 'show how a command is used'
${lines.join('\n')}
`
}

function fishLines(word: string, command: Completed, members: readonly Completed[]): string[] {
  const second = secondWord(command)
  const seen = `__fish_seen_subcommand_from ${word}`
  const others = members.flatMap((each) => secondWord(each) ?? [])
  const here = second ? `${seen}; and __fish_seen_subcommand_from ${second}` : seen
  const start = `complete -c gantry -n ${quote(here)}`
  return [
    ...(second
      ? [
          `complete -c gantry -n ${quote(`${seen}; and not __fish_seen_subcommand_from ${others.join(' ')}`)} -a ${second} -d ${quote(command.summary)}`,
        ]
      : []),
    ...command.args.flatMap(({ choices }) =>
      choices ? [`${start} -a ${quote(choices.join(' '))}`] : [],
    ),
    ...optionsOf(command).map(({ name, value, help, choices }) => {
      const wants = value === undefined ? '' : ' -r'
      const paths = value === 'FILE' || value === 'FOLDER' ? ' -F' : ''
      const words = choices ? ` -a ${quote(choices.join(' '))}` : ''
      return `${start} -l ${name}${wants}${paths}${words} -d ${quote(help)}`
    }),
  ]
}

function summaryOf(members: readonly Completed[]): string {
  return secondWord(members[0]) ? members.map(secondWord).join(', ') : members[0].summary
}

/** In single quotes; an apostrophe is printed as a typographic one, which ends them in no shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", '’')}'`
}
