import type { Argument, Command, ForeignCommand, Option } from './command.js'
import { helpOption } from './options.js'

/** Commands and what they are for; those that begin with a word, when one is given. */
export function renderOverview(
  commands: readonly (Command | ForeignCommand)[],
  group?: string,
): string {
  const shown = commands.filter(({ name }) => !group || name.startsWith(`${group} `))
  const rows = shown.map(({ name, summary }) => [name, summary] as const)
  const own = [
    ['help [command]', 'show this, or how a command is used'],
    ['--version', 'show the version'],
  ] as const
  const usage = `Usage: gantry ${group ?? ''}${group ? ' ' : ''}<command> [options]`
  return `${usage}\n\n${renderRows(group ? rows : [...rows, ...own])}
Exit status: 0 done, 1 failed, 2 the command line cannot be used.
`
}

/** How one command is used. */
export function renderHelp(command: Command): string {
  const { name, summary, description, args, options } = command
  return [
    `gantry ${name}: ${summary}\n`,
    `Usage: ${renderUsage(command)}\n`,
    ...(description ? [`${description}\n`] : []),
    ...(args.length > 0 ? [renderRows(args.map(({ name, help }) => [name, help]))] : []),
    renderRows([...options, helpOption].map((option) => [renderOption(option), option.help])),
  ].join('\n')
}

/** `gantry doc get DB COLLECTION [QUERY] [options]` */
export function renderUsage({ name, args }: Pick<Command, 'name' | 'args'>): string {
  return ['gantry', name, ...args.map(renderArgument), '[options]'].join(' ')
}

/** `--url URL` */
export function renderOption({ name, value }: Option): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`
}

function renderArgument({ name, optional, many }: Argument): string {
  const text = many ? `${name}…` : name
  return optional ? `[${text}]` : text
}

function renderRows(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, help]) => `  ${name.padEnd(width)}  ${help}\n`).join('')
}
