import { BsonType, isNumericType, type RawValue, readString } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { type Arg, wrongType } from './args.js'
import { command } from './command.js'

/** Which log: a number or boolean means all of them, and there is one only. */
const target: Arg<void> = {
  takesNull: true,
  read(value: RawValue, field: string) {
    if (isNumericType(value.type) || value.type === BsonType.bool) return
    if (value.type !== BsonType.string) throw wrongType(field, value, 'string')
    const name = readString(value.buf, value.at)
    if (name !== 'server') throw new CommandError('NoSuchKey', `Unknown log type '${name}'`)
  },
}

/** Begins a new log file. The engine writes no file of its own: who keeps its lines is told, and may. */
export const logRotate = command({
  name: 'logRotate',
  adminOnly: true,
  help: 'Tells whoever keeps the log to begin a new file',
  access: { action: 'logRotate', on: 'cluster' },
  args: { logRotate: target },
  run({ observer, session }) {
    observer.log.write({
      severity: 'I',
      component: 'CONTROL',
      id: 23166,
      context: `conn${session.id}`,
      message: 'Log rotation initiated',
      attributes: {},
    })
    return {}
  },
})
