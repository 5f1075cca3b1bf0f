import { readFileSync } from 'node:fs'

interface Command {
  readonly help: string
  /** Loaded when called, so that no command pays for the others. */
  readonly load: () => Promise<(args: readonly string[]) => Promise<void>>
}

const commands: Readonly<Record<string, Command>> = {
  serve: {
    help: 'start the server',
    load: async () => (await import('./commands/serve.js')).serve,
  },
}

/** Exit status for a command line that cannot be used. */
const USAGE_ERROR = 2

/** Runs one command line (without `node` and the script); sets `process.exitCode` on misuse. */
export async function main(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args
  switch (name) {
    case undefined:
    case '--help':
    case '-h':
      process.stdout.write(usage())
      return
    case '--version':
      process.stdout.write(`${version()}\n`)
      return
    case 'help':
      // `gantry help serve` is `gantry serve --help`.
      if (rest[0] === undefined) process.stdout.write(usage())
      else await run(rest[0], ['--help'])
      return
    default:
      await run(name, rest)
  }
}

async function run(name: string, args: readonly string[]): Promise<void> {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) {
    process.stderr.write(`gantry: no command "${name}"\n\n${usage()}`)
    process.exitCode = USAGE_ERROR
    return
  }
  const start = await command.load()
  await start(args)
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

function usage(): string {
  const rows = [
    ...Object.entries(commands).map(([name, { help }]) => [name, help]),
    ['help [command]', 'show this, or the options of a command'],
    ['--version', 'show the version'],
  ]
  const lines = rows.map(([name, help]) => `  ${name.padEnd(16)} ${help}\n`)
  return `Usage: gantry <command> [options]\n\n${lines.join('')}`
}
