import { decodeDocument, type RawValue } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { type Arg, arg } from './args.js'
import type { CommandContext } from './command.js'
import { readFilter } from './query-request.js'

function oneOf(values: readonly string[]): Arg<string> {
  return {
    read(value, field) {
      const text = arg.string.read(value, field)
      if (values.includes(text)) return text
      throw new CommandError(
        'BadValue',
        `Enumeration value '${text}' for field '${field}' is not a valid value.`,
      )
    },
  }
}

export const validationLevelArg = oneOf(['off', 'strict', 'moderate'])
export const validationActionArg = oneOf(['error', 'warn'])

/** Throws unless a collection may have the validator. */
export function checkValidator(context: CommandContext, name: string, validator: RawValue): void {
  const { db } = context
  if (decodeDocument(validator.buf, validator.at).size === 0) return
  if (db === 'admin' || db === 'local' || db === 'config') {
    throw new CommandError(
      'InvalidOptions',
      `Document validators are not allowed on collection ${db}.${name} in the ${db} internal database`,
    )
  }
  if (name.startsWith('system.')) {
    throw new CommandError(
      'InvalidOptions',
      `Document validators are not allowed on system collection ${db}.${name}`,
    )
  }
  readFilter(context, validator)
}
