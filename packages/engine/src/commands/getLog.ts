import { CommandError } from '../errors.js'
import { type LogName, logNames } from '../observe/log.js'
import { arg } from './args.js'
import { command } from './command.js'

/** Recent lines of a log, or with `*` the names of the logs. */
export const getLog = command({
  name: 'getLog',
  adminOnly: true,
  help: 'Recent lines of a log',
  access: { action: 'getLog', on: 'cluster' },
  args: { getLog: arg.string },
  async run({ observer }, { getLog: name }) {
    if (name === '*') return { names: [...logNames] }
    if (!isLogName(name)) throw new CommandError('OperationFailed', `No log named '${name}'`)
    await observer.settle()
    const { lines, total } = observer.log.lines(name)
    return { totalLinesWritten: total, log: [...lines] }
  },
})

function isLogName(name: string): name is LogName {
  return (logNames as readonly string[]).includes(name)
}
