import { findElement, isNumericType, RawValue, typeAlias, valueSize } from '@gantry/bson'
import { CommandError } from '../errors.js'
import type { Operation } from '../operations.js'
import { arg } from './args.js'
import { requireAction } from './authorize.js'
import { type CommandContext, command } from './command.js'
import { toNumber } from './long.js'

const OP = Buffer.from('op')

/** Ends an operation the next time it lets others in. That there is none is no error. */
export const killOp = command({
  name: 'killOp',
  adminOnly: true,
  help: 'Ends an operation',
  access: 'authenticated',
  takesAnything: true,
  args: { killOp: arg.any },
  run(context) {
    const { operations, observer, session } = context
    const opid = readOpId(context.message.body)
    const operation = operations.get(opid)
    if (!operation || !isOwn(context, operation)) {
      requireAction(context, 'killop', { cluster: true })
    }
    if (operations.kill(opid)) {
      observer.log.write({
        severity: 'I',
        component: 'COMMAND',
        id: 20482,
        context: `conn${session.id}`,
        message: 'Killed an operation',
        attributes: { opid },
      })
    }
    return { info: 'attempting to kill op' }
  },
})

function readOpId(body: Buffer): number {
  const element = findElement(body, 0, OP)
  if (element === -1) throw new CommandError('NoSuchKey', 'Did not provide "op" field')
  const type = body[element]
  const at = element + OP.length + 2
  if (!isNumericType(type)) {
    throw new CommandError(
      'TypeMismatch',
      `Expected field "op" to have a value of an exact number type, but found ${typeAlias(type)}`,
    )
  }
  const opid = toNumber(new RawValue(body, type, at, valueSize(body, type, at)))
  if (!Number.isInteger(opid)) {
    throw new CommandError('BadValue', 'Expected field "op" to have a value that is a whole number')
  }
  if (opid !== (opid | 0)) {
    throw new CommandError(26823, `invalid op : ${opid}. Op ID cannot be represented with 32 bits`)
  }
  return opid
}

/** Everybody may end what they have begun themselves. */
function isOwn({ session }: CommandContext, { session: other }: Operation): boolean {
  const me = session.authentication.user
  const { user } = other.authentication
  return session === other || (me !== undefined && me.user === user?.user && me.db === user.db)
}
