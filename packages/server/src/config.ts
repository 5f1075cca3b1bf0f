import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Config, type Setting, settings } from './config-settings.js'
import { type ConfigValue, parseValue, type SettingType } from './config-values.js'

export type { Config, LogLevel } from './config-settings.js'

const CONFIG_FILE = 'config'
const CONFIG_FILE_HELP = 'JSON file with settings, named as these options are'

/** Names every mistake found in the configuration, one per line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Reads flags, then `GANTRY_…` variables, then the file that `--config` names, then
 * defaults; the first that is given wins. Throws one `ConfigError` that holds all mistakes.
 */
export function readConfig(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Config {
  const mistakes: string[] = []
  const flags = readFlags(args, mistakes)
  const file = readFile(flags[CONFIG_FILE] ?? environment[environmentName(CONFIG_FILE)], mistakes)
  const values: Record<string, ConfigValue> = {}
  for (const setting of settings) {
    const { name, secret, variables = [] } = setting
    const ours = environmentName(name)
    const named = [ours, ...variables].map((variable) => environment[variable])
    const given = flags[name] ?? named.find((value) => value !== undefined) ?? file[name]
    // Processes that we start are given our environment.
    if (secret) delete environment[ours]
    values[setting.key] =
      given === undefined ? setting.default : settingValue(setting, given, mistakes)
  }
  const config = values as unknown as Config
  checkTogether(config, mistakes)
  if (mistakes.length > 0) throw new ConfigError(mistakes.join('\n'))
  return Object.freeze(config)
}

/** A setting as an option of a command line. */
export interface ConfigOption {
  readonly name: string
  /** Stands for the value. */
  readonly placeholder: string
  /** With the variable and the default. */
  readonly help: string
  /** The only values that it takes, if these are few. */
  readonly choices?: readonly string[]
}

/** All settings as options, the configuration file included. */
export function configOptions(): ConfigOption[] {
  const options: ConfigOption[] = settings.map(({ name, type, default: value, help }) => ({
    name,
    placeholder: placeholder(type),
    help: `${help} (${environmentName(name)}${defaultText(type, value)})`,
    choices: type.kind === 'choice' ? type.values : undefined,
  }))
  const help = `${CONFIG_FILE_HELP} (${environmentName(CONFIG_FILE)})`
  return [...options, { name: CONFIG_FILE, placeholder: 'FILE', help }]
}

/** What `gantry serve --help` shows of the settings. */
export function configHelp(): string {
  const rows = configOptions().map(({ name, placeholder, help }) => [
    `--${name} ${placeholder}`,
    help,
  ])
  const width = Math.max(...rows.map(([option]) => option.length))
  return rows.map(([option, help]) => `  ${option.padEnd(width)}  ${help}`).join('\n')
}

function environmentName(name: string): string {
  return `GANTRY_${name.toUpperCase().replaceAll('-', '_')}`
}

function placeholder(type: SettingType): string {
  return 'placeholder' in type ? type.placeholder : type.kind.toUpperCase()
}

function defaultText(type: SettingType, value: ConfigValue): string {
  if (value === undefined) return ''
  return `, default ${type.kind === 'seconds' ? Number(value) / 1000 : value}`
}

function readFlags(args: readonly string[], mistakes: string[]): Record<string, string> {
  const known = new Set([...settings.map(({ name }) => name), CONFIG_FILE])
  const options = Object.fromEntries([...known].map((name) => [name, { type: 'string' as const }]))
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  const flags: Record<string, string> = {}
  for (const token of tokens) {
    if (token.kind === 'positional') mistakes.push(`unexpected argument "${token.value}"`)
    if (token.kind !== 'option') continue
    if (!known.has(token.name)) mistakes.push(`unknown option ${token.rawName}`)
    else if (token.value === undefined) mistakes.push(`${token.name}: needs a value`)
    else flags[token.name] = token.value
  }
  return flags
}

function readFile(path: string | undefined, mistakes: string[]): Record<string, unknown> {
  if (path === undefined) return {}
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    mistakes.push(`${CONFIG_FILE}: ${path} cannot be read: ${(error as Error).message}`)
    return {}
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    mistakes.push(`${CONFIG_FILE}: ${path} does not hold a JSON object`)
    return {}
  }
  for (const name of Object.keys(content)) {
    if (!settings.some((setting) => setting.name === name)) {
      mistakes.push(`${CONFIG_FILE}: ${path} has an unknown setting "${name}"`)
    }
  }
  return content as Record<string, unknown>
}

function settingValue(setting: Setting, given: unknown, mistakes: string[]): ConfigValue {
  if (typeof given !== 'string' && typeof given !== 'number') {
    mistakes.push(`${setting.name}: must be a text or a number`)
    return undefined
  }
  const parsed = parseValue(setting.type, String(given))
  if ('value' in parsed) return parsed.value
  const shown = setting.secret ? 'the value' : `"${given}"`
  mistakes.push(`${setting.name}: ${shown} ${parsed.mistake}`)
  return undefined
}

function checkTogether(config: Config, mistakes: string[]): void {
  checkBucket(config, mistakes)
  const { tlsCert, tlsKey, tlsPort, metricsIntervalMs } = config
  if (metricsIntervalMs > 0 && metricsIntervalMs < 10_000) {
    mistakes.push('metrics-interval: is neither 0 nor 10 or more')
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    mistakes.push('tls-cert, tls-key: one is of no use without the other')
  }
  if (tlsCert !== undefined && tlsPort === undefined) {
    mistakes.push('tls-cert: is of no use without tls-port')
  }
}

function checkBucket(config: Config, mistakes: string[]): void {
  const bucket = settings.filter(({ name }) => name.startsWith('backup-s3-'))
  const isGiven = (setting: Setting) => config[setting.key] !== setting.default
  if (config.backupS3Bucket === undefined) {
    for (const { name } of bucket.filter(isGiven)) {
      mistakes.push(`${name}: is of no use without backup-s3-bucket`)
    }
  } else if (!config.backupS3AccessKey || !config.backupS3SecretKey) {
    mistakes.push('backup-s3-bucket: needs backup-s3-access-key and backup-s3-secret-key')
  }
}
