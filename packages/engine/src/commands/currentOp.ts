import { encodeDocument, RawValue, readName, someElement, valueSize } from '@gantry/bson'
import { compileFilter } from '../query/compile.js'
import { arg, isTrue } from './args.js'
import { requireAction } from './authorize.js'
import { command } from './command.js'
import { listOperations } from './current-operations.js'
import { readFilter } from './query-request.js'
import { isGenericArg } from './read-args.js'

/** Arguments that are no conditions on the operations. */
const options: ReadonlySet<string> = new Set(['currentOp', '$all', '$ownOps', '$truncateOps'])

/** The operations that are under way and match the command's other arguments. */
export const currentOp = command({
  name: 'currentOp',
  adminOnly: true,
  help: 'The operations that are under way',
  access: 'authenticated',
  takesAnything: true,
  args: { currentOp: arg.any },
  run(context) {
    const { flags, conditions } = readRequest(context.message.body)
    const allUsers = !flags.has('$ownOps')
    if (allUsers) requireAction(context, 'inprog', { cluster: true })
    const operations = listOperations(context, {
      allUsers,
      idleConnections: flags.has('$all'),
      idleCursors: false,
      idleSessions: true,
      truncateOps: true,
    }).map((operation) => encodeDocument(operation))
    const matches = compileFilter(readFilter(context, conditions))
    const inprog = operations.filter((operation) => matches(operation, 0))
    return { inprog: inprog.map((operation) => RawValue.document(operation)) }
  },
})

function readRequest(body: Buffer): { flags: ReadonlySet<string>; conditions: RawValue } {
  const flags = new Set<string>()
  const conditions = new Map<string, RawValue>()
  someElement(body, 0, (type, at, nameAt) => {
    const name = readName(body, nameAt)
    const value = new RawValue(body, type, at, valueSize(body, type, at))
    if (options.has(name)) {
      if (isTrue(value)) flags.add(name)
    } else if (!isGenericArg(name)) conditions.set(name, value)
    return false
  })
  return { flags, conditions: RawValue.document(encodeDocument(conditions)) }
}
