import type { Argument, Command, Option } from './command.js'
import { commands, foreignCommands } from './commands.js'
import { renderOption, renderUsage } from './help.js'
import { connectionOptions } from './options.js'

/** The manual of the command as Markdown, from the table of commands. */
export async function renderManual(): Promise<string> {
  const foreign = foreignCommands.map(
    async (command): Promise<Command> => ({
      ...command,
      args: [],
      options: (await command.load()).options(),
      load: () => Promise.reject(new Error('this row is only for show')),
    }),
  )
  const all = [...(await Promise.all(foreign)), ...commands]
  return `${INTRODUCTION}
${all.map(({ name, summary }) => `| [\`gantry ${name}\`](#gantry-${name.replaceAll(' ', '-')}) | ${cell(summary)} |`).join('\n')}

## Which instance

These options say which instance a command is about:

${optionTable(connectionOptions)}

Without them it is the first of these that is there: what \`GANTRY_URL\` and \`GANTRY_API_KEY\` say, the
profile that \`GANTRY_PROFILE\` names, the default profile, and the local server whose data directory
is \`./gantry-data\` (or \`GANTRY_DATA_DIR\`). A key is not sent to another server than the one it was
given for: with \`--url\` alone, it is only taken from a place that holds a key for that server, or a
key without a URL.

Profiles are kept by \`gantry profile add\` in \`~/.config/gantry/config.json\`:

\`\`\`json
{"default": "staging", "profiles": {"staging": {"url": "https://…", "apiKey": "…", "ca": "/path/ca.pem"}}}
\`\`\`
${all.map(renderCommand).join('')}`
}

const INTRODUCTION = `<!-- Made by \`npm run manual\` from packages/cli/src/commands.ts; change that. -->

# The command gantry

\`gantry help\` and \`gantry help COMMAND\` say the same at the terminal. The exit status is 0 when all
was done, 1 when it failed and 2 when the command line cannot be used. Results go to standard output,
everything else to standard error; with \`--json\` a result is one line of JSON, and \`stat\` and \`top\`
print one object per line. Integers keep all their digits.

| Command | |
|---|---|`

function renderCommand(command: Command): string {
  const { name, summary, description, args, options } = command
  const particular = options.filter((option) => !connectionOptions.includes(option))
  const parts = [
    `\n## gantry ${name}\n\n${sentence(summary)}\n\n\`\`\`\n${renderUsage(command)}\n\`\`\`\n`,
    description && `\n${descriptionText(description)}\n`,
    args.length > 0 && `\n${argumentTable(args)}\n`,
    particular.length > 0 && `\n${optionTable(particular)}\n`,
    particular.length < options.length &&
      '\nAlso those that say [which instance](#which-instance).\n',
  ]
  return parts.filter(Boolean).join('')
}

/** A paragraph whose lines begin with a shell's name is shown as it stands. */
function descriptionText(description: string): string {
  return /^bash: /m.test(description) ? `\`\`\`\n${description}\n\`\`\`` : description
}

function argumentTable(args: readonly Argument[]): string {
  return table(
    'Argument',
    args.map(({ name, help }) => [name, help]),
  )
}

function optionTable(options: readonly Option[]): string {
  return table(
    'Option',
    options.map((option) => [renderOption(option), option.help]),
  )
}

function table(heading: string, rows: readonly (readonly [string, string])[]): string {
  const lines = rows.map(([name, help]) => `| \`${name}\` | ${cell(help)} |`)
  return [`| ${heading} | |`, '|---|---|', ...lines].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function sentence(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}.`
}
