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

/** Runs one command line (without `node` and the script); sets `process.exitCode` on misuse. */
export async function main(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === 'help') {
    process.stdout.write(usage())
    return
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) {
    process.stderr.write(`gantry: no command "${name}"\n\n${usage()}`)
    process.exitCode = 2
    return
  }
  const run = await command.load()
  await run(rest)
}

function usage(): string {
  const lines = Object.entries(commands).map(([name, { help }]) => `  ${name.padEnd(10)} ${help}\n`)
  return `Usage: gantry <command> [options]\n\n${lines.join('')}`
}
