import { readFileSync } from 'node:fs'
import { type Command, type ForeignCommand, UsageError } from './command.js'
import { commands, foreignCommands } from './commands.js'
import { renderHelp, renderOverview } from './help.js'
import { parseCommandLine } from './parse.js'

/** Exit status of a command that failed, and of a command line that cannot be used. */
const FAILED = 1
const USAGE_ERROR = 2

/** What these say is meant for the user; the stack of anything else is. */
const expected = ['CommandFailure', 'ApiError', 'ConnectionError', 'ReplyError']

const all: readonly (Command | ForeignCommand)[] = [...foreignCommands, ...commands]

/** Runs one command line (without `node` and the script); sets `process.exitCode` when it fails. */
export async function main(words: readonly string[]): Promise<void> {
  const [first, ...rest] = words
  const foreign = foreignCommands.find(({ name }) => name === first)
  if (foreign) return runForeign(foreign, rest)
  // Whoever reads the output may have seen enough of it.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
  try {
    await run(words)
  } catch (error) {
    report(error)
  }
}

async function runForeign({ load }: ForeignCommand, args: readonly string[]): Promise<void> {
  try {
    await (await load()).run(args)
  } catch (error) {
    report(error)
  }
}

async function run(words: readonly string[]): Promise<void> {
  const [first, ...rest] = words
  switch (first) {
    case undefined:
    case '--help':
    case '-h':
      process.stdout.write(renderOverview(all))
      return
    case '--version':
      process.stdout.write(`${version()}\n`)
      return
    case 'help':
      return showHelp(rest)
  }
  const { command, rest: remaining } = find(words)
  if (!command) {
    if (isGroup(first) && (rest[0] === '--help' || rest[0] === '-h')) return showHelp([first])
    throw unknownCommand(words)
  }
  try {
    const parsed = parseCommandLine(command, remaining)
    if (parsed === 'help') process.stdout.write(renderHelp(command))
    else await (await command.load())(parsed.call)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw new UsageError(`${error.message}\nSee gantry help ${command.name}.`)
  }
}

async function showHelp(words: readonly string[]): Promise<void> {
  const [first] = words
  const foreign = foreignCommands.find(({ name }) => name === first)
  if (first === undefined) process.stdout.write(renderOverview(all))
  else if (foreign) await (await foreign.load()).run(['--help'])
  else if (isGroup(first) && words.length === 1) process.stdout.write(renderOverview(all, first))
  else {
    const { command } = find(words)
    if (!command) throw unknownCommand(words)
    process.stdout.write(renderHelp(command))
  }
}

/** Longer names come first; none is the beginning of another. */
function find(words: readonly string[]) {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ')
    const command = commands.find((each) => each.name === name)
    if (command) return { command, rest: words.slice(length) }
  }
  return { command: undefined, rest: words }
}

function isGroup(word: string): boolean {
  return commands.some(({ name }) => name.startsWith(`${word} `))
}

function unknownCommand([first, second]: readonly string[]): UsageError {
  if (!isGroup(first)) return new UsageError(`no command "${first}"\nSee gantry help.`)
  const what = second === undefined ? `${first} what?` : `no command "${first} ${second}"`
  return new UsageError(`${what}\nSee gantry help ${first}.`)
}

function report(error: unknown): void {
  const { name, message } = error instanceof Error ? error : { name: '', message: '' }
  if (!(error instanceof UsageError) && !expected.includes(name)) throw error
  process.stderr.write(`gantry: ${message}\n`)
  process.exitCode = error instanceof UsageError ? USAGE_ERROR : FAILED
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
