import { BsonType, type RawValue, readName, readString, someElement } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { arg, optional, withDefault } from './args.js'
import { type CommandContext, command } from './command.js'
import { type Parameter, parameters } from './parameters.js'
import { readDocument } from './read-args.js'

const detailArgs = {
  showDetails: withDefault(optional(arg.bool), undefined),
  allParameters: withDefault(optional(arg.bool), undefined),
  setAt: optional(arg.string),
} as const

/** Values of the server's parameters: those named, or all with `*`. */
export const getParameter = command({
  name: 'getParameter',
  adminOnly: true,
  help: "Values of the server's parameters",
  access: { action: 'getParameter', on: 'cluster' },
  takesAnything: true,
  args: { getParameter: arg.any, allParameters: optional(arg.bool) },
  run(context, args) {
    const { showDetails, all, setAt } = readRequest(args.getParameter, args.allParameters)
    const given = all ? undefined : namesIn(context.message.body)
    const wanted = [...parameters].filter(
      ([name, parameter]) => given?.has(name) ?? isSettable(parameter, setAt),
    )
    if (wanted.length === 0 && !all)
      throw new CommandError('InvalidOptions', 'no option found to get')
    return Object.fromEntries(
      wanted.map(([name, parameter]) => [
        name,
        showDetails ? detailed(context, parameter) : parameter.get(context),
      ]),
    )
  },
})

function readRequest(request: RawValue, allParameters: boolean | undefined) {
  if (request.type === BsonType.object) {
    const {
      showDetails,
      allParameters: all,
      setAt,
    } = readDocument('getParameter', detailArgs, request)
    return { showDetails, all: all || allParameters === true, setAt: readSetAt(setAt) }
  }
  const star = request.type === BsonType.string && readString(request.buf, request.at) === '*'
  return { showDetails: false, all: star || allParameters === true, setAt: undefined }
}

function readSetAt(setAt: string | undefined): 'startup' | 'runtime' | undefined {
  if (setAt === undefined || setAt === 'startup' || setAt === 'runtime') return setAt
  throw new CommandError(
    'BadValue',
    `Enumeration value '${setAt}' for field 'getParameter.setAt' is not a valid value.`,
  )
}

function namesIn(body: Buffer): ReadonlySet<string> {
  const names = new Set<string>()
  someElement(body, 0, (_type, _at, nameAt) => {
    names.add(readName(body, nameAt))
    return false
  })
  return names
}

function isSettable({ prepare }: Parameter, setAt: 'startup' | 'runtime' | undefined): boolean {
  if (setAt === undefined) return true
  return setAt === 'runtime' && prepare !== undefined
}

function detailed(context: CommandContext, parameter: Parameter) {
  return {
    value: parameter.get(context),
    settableAtRuntime: parameter.prepare !== undefined,
    settableAtStartup: false,
  }
}
