import { parseArgs } from 'node:util'

/** Everything that can be configured, checked and frozen. */
export interface Config {
  readonly host: string
  readonly port: number
}

interface Setting {
  readonly name: keyof Config
  readonly type: 'text' | 'port'
  readonly default: Config[keyof Config]
  readonly help: string
}

/** One row per setting; flags, environment names and help text come from it. */
export const settings: readonly Setting[] = [
  { name: 'host', type: 'text', default: '127.0.0.1', help: 'address to listen on' },
  {
    name: 'port',
    type: 'port',
    default: 8080,
    help: 'port of the HTTP APIs; 0 takes any free one',
  },
]

/** Names every mistake found in the configuration, one per line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Reads flags, then `GANTRY_…` variables, then defaults; the first that is given wins.
 * Throws one `ConfigError` that holds all mistakes.
 */
export function readConfig(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Config {
  const flags = parseFlags(args)
  const mistakes: string[] = []
  const values: Record<string, unknown> = {}
  for (const setting of settings) {
    const { name } = setting
    const text = flags[name] ?? environment[environmentName(name)]
    values[name] = text === undefined ? setting.default : parseValue(setting, text, mistakes)
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes.join('\n'))
  return Object.freeze(values as unknown as Config)
}

/** One line per setting, as `gantry serve --help` shows it. */
export function configHelp(): string {
  return settings
    .map(
      (s) =>
        `  --${s.name.padEnd(12)} ${s.help} (${environmentName(s.name)}, default ${s.default})`,
    )
    .join('\n')
}

function parseFlags(args: readonly string[]): Partial<Record<string, string>> {
  const options = Object.fromEntries(settings.map((s) => [s.name, { type: 'string' as const }]))
  try {
    return parseArgs({ args: [...args], options, strict: true }).values
  } catch (error) {
    throw new ConfigError((error as Error).message)
  }
}

function environmentName(name: string): string {
  return `GANTRY_${name.toUpperCase().replaceAll('-', '_')}`
}

function parseValue(setting: Setting, text: string, mistakes: string[]): string | number {
  if (setting.type === 'text') {
    if (text === '') mistakes.push(`${setting.name}: must not be empty`)
    return text
  }
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65535)) mistakes.push(`${setting.name}: "${text}" is not a port from 0 to 65535`)
  return port
}
