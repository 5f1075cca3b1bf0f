import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { CommandFailure, type Option, UsageError } from '../command.js'
import { fixed, harmless, PARAMETERS, type Setting, settings } from './mongod-settings.js'

/** How an engine is served as a process of its own. */
export interface MongodOptions {
  readonly port: number
  readonly dbPath: string
  readonly hosts: readonly string[]
  readonly maxConnections: number | undefined
  readonly tls: MongodTls | undefined
  readonly setName: string | undefined
  /** Whether credentials are demanded. */
  readonly auth: boolean
  readonly log: MongodLogOptions
  readonly pidFile: string | undefined
  /** Given to `setParameter` once it is open. */
  readonly parameters: { readonly [name: string]: Parameter }
  readonly slowMs: number | undefined
}

type Parameter = string | number | boolean

/** Where the log goes. */
export interface MongodLogOptions {
  /** Undefined: standard output. */
  readonly path: string | undefined
  readonly append: boolean
  readonly rotate: 'rename' | 'reopen'
}

export interface MongodTls {
  readonly mode: 'allow' | 'prefer' | 'require'
  /** Of certificate and key. */
  readonly file: string
  readonly password: string | undefined
  /** Those who sign clients' certificates. */
  readonly caFile: string | undefined
  readonly needsCertificate: boolean
}

/** All options, for help. */
export const mongodOptions: readonly Option[] = [
  ...settings.flatMap(({ name, value, help = '' }) =>
    name === undefined ? [] : [{ name, ...(value && { value }), help }],
  ),
  {
    name: 'config',
    value: 'FILE',
    help: 'settings as those of mongod, written as JSON (which is YAML too)',
  },
  { name: 'check', help: 'say what is wrong with the settings, and start nothing' },
  { name: 'version', help: 'show which MongoDB it is like' },
]

type Parameters = MongodOptions['parameters']
type Values = { readonly [name: string]: unknown }

/** Reads a command line as `mongod` has it; throws `UsageError` for what is not known. */
export function readMongodOptions(
  args: readonly string[],
): MongodOptions | 'help' | 'version' | 'checked' {
  const values = parse(args)
  if (values.help) return 'help'
  if (values.version) return 'version'
  const { found, parameters } =
    typeof values.config === 'string' ? readConfigFile(values.config) : NO_FILE
  const options = optionsFrom({ ...found, ...byPath(values) }, parameters)
  return values.check ? 'checked' : options
}

const NO_FILE = { found: {}, parameters: {} }

/** Options of the command line by the paths that they have in a file. */
function byPath(values: Values): Values {
  const found = settings.flatMap(({ name, path, kind }) => {
    if (name === undefined || path === undefined || values[name] === undefined) return []
    return [[path, name === 'auth' ? 'enabled' : typed(values[name], kind, name)]]
  })
  if (values.noauth) found.push(['security.authorization', 'disabled'])
  return Object.fromEntries(found) as Values
}

function typed(value: unknown, kind: Setting['kind'], name: string): unknown {
  if (kind !== 'count') return value
  if (!/^\d+$/.test(String(value))) throw new UsageError(`${name}: "${value}" is not a number`)
  return Number(value)
}

function optionsFrom(values: Values, parameters: Parameters): MongodOptions {
  const text = (path: string) => values[path] as string | undefined
  const port = (values['net.port'] as number | undefined) ?? 27_017
  if (!(port >= 0 && port <= 65_535)) {
    throw new UsageError(`port: "${port}" is not a port from 0 to 65535`)
  }
  const verbosity = values['systemLog.verbosity']
  return {
    port,
    dbPath: text('storage.dbPath') ?? '/data/db',
    hosts: hostsIn(values),
    maxConnections: values['net.maxIncomingConnections'] as number | undefined,
    tls: tlsIn(values),
    setName: text('replication.replSetName'),
    auth: values['security.authorization'] !== 'disabled',
    log: {
      path: text('systemLog.path'),
      append: values['systemLog.logAppend'] !== false,
      rotate: values['systemLog.logRotate'] === 'reopen' ? 'reopen' : 'rename',
    },
    pidFile: text('processManagement.pidFilePath'),
    parameters: {
      ...(verbosity !== undefined && { logLevel: verbosity as number }),
      ...parameters,
    },
    slowMs: values['operationProfiling.slowOpThresholdMs'] as number | undefined,
  }
}

function hostsIn(values: Values): string[] {
  if (values['net.bindIpAll']) return values['net.ipv6'] ? ['::'] : ['0.0.0.0']
  const hosts = ((values['net.bindIp'] as string | undefined) ?? '127.0.0.1').split(',').map(hostOf)
  return [...new Set(hosts)]
}

function hostOf(name: string): string {
  const host = name.trim()
  return host === 'localhost' ? '127.0.0.1' : host
}

function tlsIn(values: Values): MongodTls | undefined {
  const text = (...paths: readonly string[]) =>
    paths.map((path) => values[path]).find((value) => value !== undefined) as string | undefined
  const mode = text('net.tls.mode', 'net.ssl.mode') ?? 'disabled'
  if (mode === 'disabled') return undefined
  const file = text('net.tls.certificateKeyFile', 'net.ssl.PEMKeyFile')
  if (file === undefined) throw new UsageError(`net.tls.mode ${mode} needs a certificateKeyFile`)
  const caFile = text('net.tls.CAFile', 'net.ssl.CAFile')
  const without =
    values['net.tls.allowConnectionsWithoutCertificates'] ??
    values['net.ssl.allowConnectionsWithoutCertificates']
  return {
    mode: mode.replace(/TLS|SSL/, '') as MongodTls['mode'],
    file,
    password: text('net.tls.certificateKeyFilePassword', 'net.ssl.PEMKeyPassword'),
    caFile,
    needsCertificate: caFile !== undefined && without !== true,
  }
}

function parse(args: readonly string[]) {
  const named = settings.filter(({ name }) => name !== undefined)
  const options = Object.fromEntries([
    ...named.map(({ name, value }) => [name, { type: value ? 'string' : 'boolean' }]),
    ['config', { type: 'string', short: 'f' }],
    ['check', { type: 'boolean' }],
    ['version', { type: 'boolean' }],
    ['help', { type: 'boolean', short: 'h' }],
  ]) as { [name: string]: { type: 'string' | 'boolean'; short?: string } }
  try {
    return parseArgs({ args: [...args], options, strict: true }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** The settings in a file by their paths; everything that is wrong with it is named at once. */
function readConfigFile(file: string): { found: Values; parameters: Parameters } {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new CommandFailure(`${file} is no JSON that can be read: ${(error as Error).message}`)
  }
  const found: { [path: string]: unknown } = {}
  const parameters: { [name: string]: Parameter } = {}
  const faults: string[] = []
  for (const [path, value] of flatten(content as object)) {
    if (path.startsWith(PARAMETERS)) {
      parameters[path.slice(PARAMETERS.length)] = value as Parameter
    } else if (
      harmless.some((one) => path === one || (one.endsWith('.') && path.startsWith(one)))
    ) {
    } else {
      const fault = faultOf(path, value)
      if (fault) faults.push(fault)
      else if (!(path in fixed)) found[path] = value
    }
  }
  if (faults.length > 0) throw new CommandFailure(`${file}: ${faults.join('; ')}`)
  return { found, parameters }
}

function faultOf(path: string, value: unknown): string | undefined {
  if (path in fixed) {
    return fixed[path].includes(value) ? undefined : `${path} can only be ${fixed[path]}`
  }
  const setting = settings.find((each) => each.path === path)
  if (!setting) return `${path} is not a setting of this mongod`
  const { kind = 'text' } = setting
  if (kind === 'flag') return typeof value === 'boolean' ? undefined : `${path} must be a boolean`
  if (kind === 'count') {
    const isCount = Number.isInteger(value) && (value as number) >= 0
    return isCount ? undefined : `${path} must be a whole number`
  }
  if (kind === 'text') return typeof value === 'string' ? undefined : `${path} must be a text`
  return kind.includes(value as string) ? undefined : `${path} can only be ${kind.join(', ')}`
}

function flatten(value: object, prefix = ''): [string, unknown][] {
  return Object.entries(value).flatMap(([name, field]) =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? flatten(field, `${prefix}${name}.`)
      : [[`${prefix}${name}`, field] as [string, unknown]],
  )
}
