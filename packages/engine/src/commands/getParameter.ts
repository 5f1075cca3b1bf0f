import { BsonType, type RawValue, readString, type Writable } from '@gantry/bson'
import { mechanismParameters, mechanisms } from '../auth/credential.js'
import { CommandError } from '../errors.js'
import { type Arg, arg, optional, withDefault } from './args.js'
import { command } from './command.js'
import { readDocument } from './read-args.js'
import { SERVER_VERSION } from './server-identity.js'

/** Every parameter that there is; all of them are fixed. */
const parameters: Readonly<Record<string, Writable>> = {
  authenticationMechanisms: [...mechanisms],
  featureCompatibilityVersion: { version: SERVER_VERSION.split('.').slice(0, 2).join('.') },
  scramIterationCount: mechanismParameters['SCRAM-SHA-1'].iterationCount,
  scramSHA256IterationCount: mechanismParameters['SCRAM-SHA-256'].iterationCount,
}

const names = Object.keys(parameters)
const parameterArgs: Readonly<Record<string, Arg<RawValue | undefined>>> = Object.fromEntries(
  names.map((name) => [name, optional(arg.any)]),
)
const detailArgs = {
  showDetails: withDefault(arg.bool, false),
  allParameters: withDefault(arg.bool, false),
} as const

/** Values of the server's parameters: those named, or all with `*`. */
export const getParameter = command({
  name: 'getParameter',
  adminOnly: true,
  help: "Values of the server's parameters",
  access: { action: 'getParameter', on: 'cluster' },
  args: { getParameter: arg.any, allParameters: optional(arg.bool), ...parameterArgs },
  run(_context, args) {
    const { showDetails, all } = readRequest(args.getParameter as RawValue, args.allParameters)
    const given: Readonly<Record<string, unknown>> = args
    const wanted = names.filter((name) => all || given[name] !== undefined)
    if (wanted.length === 0) throw new CommandError('InvalidOptions', 'no option found to get')
    const entries = wanted.map((name) => [name, showDetails ? detailed(name) : parameters[name]])
    return Object.fromEntries(entries)
  },
})

function readRequest(request: RawValue, allParameters: unknown) {
  if (request.type === BsonType.object) {
    const { showDetails, allParameters: all } = readDocument('getParameter', detailArgs, request)
    return { showDetails, all: all || allParameters === true }
  }
  const star = request.type === BsonType.string && readString(request.buf, request.at) === '*'
  return { showDetails: false, all: star || allParameters === true }
}

function detailed(name: string): Writable {
  return { value: parameters[name], settableAtRuntime: false, settableAtStartup: false }
}
