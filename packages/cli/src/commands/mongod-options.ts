import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { CommandFailure, type Option, UsageError } from '../command.js'

/** How an engine is served as a process of its own. */
export interface MongodOptions {
  readonly port: number
  readonly dbPath: string
  readonly hosts: readonly string[]
  readonly setName: string | undefined
  readonly logPath: string | undefined
  readonly pidFile: string | undefined
}

interface Setting {
  /** As an option of `mongod`. */
  readonly name: string
  /** Where it stands in a configuration file; undefined: it may not. */
  readonly path?: string
  /** Missing: a switch. */
  readonly value?: string
  readonly help: string
}

const settings: readonly Setting[] = [
  { name: 'port', path: 'net.port', value: 'PORT', help: 'port for drivers, default 27017' },
  {
    name: 'bind_ip',
    path: 'net.bindIp',
    value: 'ADDRESSES',
    help: 'addresses to listen on, with commas between, default 127.0.0.1',
  },
  {
    name: 'dbpath',
    path: 'storage.dbPath',
    value: 'FOLDER',
    help: 'folder of the data, default /data/db',
  },
  {
    name: 'replSet',
    path: 'replication.replSetName',
    value: 'NAME',
    help: 'name of the replica set whose only member it is, default gantry',
  },
  {
    name: 'auth',
    path: 'security.authorization',
    help: 'demand credentials, which it always does',
  },
  {
    name: 'keyFile',
    path: 'security.keyFile',
    value: 'FILE',
    help: 'as --auth; the key itself is for other members, of which there are none',
  },
  {
    name: 'logpath',
    path: 'systemLog.path',
    value: 'FILE',
    help: 'log to a file, to which is added',
  },
  {
    name: 'logappend',
    path: 'systemLog.logAppend',
    help: 'add to the log file, which it always does',
  },
  {
    name: 'pidfilepath',
    path: 'processManagement.pidFilePath',
    value: 'FILE',
    help: 'file for the number of the process',
  },
]

/** Values in a configuration file that name what is done anyway. */
const FIXED: { readonly [path: string]: unknown } = {
  'security.authorization': 'enabled',
  'systemLog.logAppend': true,
  'systemLog.destination': 'file',
}

/** All options, for help. */
export const mongodOptions: readonly Option[] = [
  ...settings.map(({ name, value, help }) => ({ name, ...(value && { value }), help })),
  {
    name: 'config',
    value: 'FILE',
    help: 'settings as those of mongod, written as JSON (which is YAML too)',
  },
  { name: 'version', help: 'show which MongoDB it is like' },
]

/** Reads a command line as `mongod` has it; throws `UsageError` for what is not known. */
export function readMongodOptions(args: readonly string[]): MongodOptions | 'help' | 'version' {
  const values = parse(args)
  if (values.help) return 'help'
  if (values.version) return 'version'
  const file = typeof values.config === 'string' ? readConfigFile(values.config) : {}
  const value = (name: string) => {
    const given = values[name] ?? file[name]
    return given === undefined ? undefined : String(given)
  }
  const port = Number(value('port') ?? 27_017)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError(`port: "${value('port')}" is not a port from 0 to 65535`)
  }
  return {
    port,
    dbPath: value('dbpath') ?? '/data/db',
    hosts: (value('bind_ip') ?? '127.0.0.1').split(',').map(hostOf),
    setName: value('replSet'),
    logPath: value('logpath'),
    pidFile: value('pidfilepath'),
  }
}

function parse(args: readonly string[]) {
  const options = Object.fromEntries([
    ...settings.map(({ name, value }) => [name, { type: value ? 'string' : 'boolean' }]),
    ['config', { type: 'string', short: 'f' }],
    ['version', { type: 'boolean' }],
    ['help', { type: 'boolean', short: 'h' }],
  ]) as { [name: string]: { type: 'string' | 'boolean'; short?: string } }
  try {
    return parseArgs({ args: [...args], options, strict: true }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** The settings in a file by the names of options. */
function readConfigFile(file: string): { [name: string]: unknown } {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new CommandFailure(`${file} is no JSON that can be read: ${(error as Error).message}`)
  }
  const found: { [name: string]: unknown } = {}
  for (const [path, value] of flatten(content as object)) {
    const setting = settings.find((each) => each.path === path)
    if (path in FIXED) {
      if (value !== FIXED[path]) {
        throw new CommandFailure(`${file}: ${path} can only be ${FIXED[path]}`)
      }
    } else if (setting) {
      found[setting.name] = value
    } else {
      throw new CommandFailure(`${file}: ${path} is not a setting of this mongod`)
    }
  }
  return found
}

function flatten(value: object, prefix = ''): [string, unknown][] {
  return Object.entries(value).flatMap(([name, field]) =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? flatten(field, `${prefix}${name}.`)
      : [[`${prefix}${name}`, field] as [string, unknown]],
  )
}

function hostOf(name: string): string {
  const host = name.trim()
  return host === 'localhost' ? '127.0.0.1' : host
}
