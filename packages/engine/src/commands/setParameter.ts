import { RawValue, readName, someElement, valueSize } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { arg } from './args.js'
import { type CommandContext, command } from './command.js'
import { parameters } from './parameters.js'
import { isGenericArg } from './read-args.js'

/** Sets parameters of the server until it ends: all that are given, or none. */
export const setParameter = command({
  name: 'setParameter',
  adminOnly: true,
  help: 'Sets parameters of the server',
  access: { action: 'setParameter', on: 'cluster' },
  takesAnything: true,
  args: { setParameter: arg.any },
  async run(context) {
    const { message, observer, session } = context
    const given = readGiven(message.body)
    if (given.length === 0) {
      throw new CommandError(
        'InvalidOptions',
        'no option found to set, use help:true to see options',
      )
    }
    const changes = given.map(([name, value]) => prepare(context, name, value))
    // What has ended is still logged as it was when it did.
    await observer.settle()
    const was = parameters.get(given[0][0])?.get(context)
    for (const change of changes) change()
    observer.log.write({
      severity: 'I',
      component: 'COMMAND',
      id: 23435,
      context: `conn${session.id}`,
      message: 'Successfully set parameters',
      attributes: { parameters: Object.fromEntries(given) },
    })
    return { was }
  },
})

function prepare(context: CommandContext, name: string, value: RawValue): () => void {
  const parameter = parameters.get(name)
  if (!parameter) {
    throw new CommandError(
      'InvalidOptions',
      `attempted to set unrecognized parameter [${name}], use help:true to see options `,
    )
  }
  if (!parameter.prepare) {
    throw new CommandError('IllegalOperation', `not allowed to change [${name}] at runtime`)
  }
  return parameter.prepare(context, value)
}

function readGiven(body: Buffer): [name: string, value: RawValue][] {
  const given: [string, RawValue][] = []
  someElement(body, 0, (type, at, nameAt) => {
    const name = readName(body, nameAt)
    if (nameAt > 5 && !isGenericArg(name))
      given.push([name, new RawValue(body, type, at, valueSize(body, type, at))])
    return false
  })
  return given
}
