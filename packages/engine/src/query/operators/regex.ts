/** `$regex` with its `$options`, and regular expressions where other values could stand. */
import {
  BsonType,
  type Path,
  type RawValue,
  readInt32,
  readName,
  readString,
  skipCString,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { elementsOf } from '../elements.js'
import type { Filter, RegexOperand, ValueTest } from '../filter.js'
import { compileRegex } from '../regex.js'
import type { OperatorParser } from './operator.js'

export const parseRegex: OperatorParser = (operand, { path, siblings }) => {
  const names = elementsOf(siblings.buf, siblings.at)
  const given = names.findLast(({ name }) => name === '$options')?.value
  if (given && given.type !== BsonType.string) {
    throw new CommandError('BadValue', '$options has to be a string')
  }
  let options = given ? readString(given.buf, given.at) : ''
  let pattern: string
  if (operand.type === BsonType.regex) {
    const own = regexSource(operand)
    pattern = own.pattern
    if (given && own.options !== '') {
      const first = names.find(({ name }) => name === '$options' || name === '$regex')?.name
      throw first === '$options'
        ? new CommandError(51074, 'options set in both $regex and $options')
        : new CommandError(51075, 'options set in both $regex and $options')
    }
    options ||= own.options
  } else if (operand.type === BsonType.string) {
    pattern = readString(operand.buf, operand.at)
  } else {
    throw new CommandError('BadValue', '$regex has to be a string')
  }
  if (pattern.includes('\0')) {
    throw new CommandError('BadValue', 'Regular expression cannot contain an embedded null byte')
  }
  return { kind: 'regex', path, pattern, options, regex: compileRegex(pattern, options) }
}

/** `$options` is read together with `$regex`; by itself it is a mistake. */
export const parseOptions: OperatorParser = (_operand, { siblings }) => {
  if (!elementsOf(siblings.buf, siblings.at).some(({ name }) => name === '$regex')) {
    throw new CommandError('BadValue', '$options needs a $regex')
  }
  return undefined
}

/** The clause for a bare value at a path: a regular expression matches, anything else is compared with. */
export function equalsOrMatches(operand: RawValue, path: Path): Filter {
  if (operand.type === BsonType.regex) return { kind: 'regex', path, ...regexOperand(operand) }
  if (operand.type === BsonType.undefined) {
    throw new CommandError('BadValue', 'cannot compare to undefined')
  }
  return { kind: 'eq', path, operand }
}

/** A regex value compiled. */
export function regexOperand(value: RawValue): RegexOperand {
  const { pattern, options } = regexSource(value)
  return { pattern, options, regex: compileRegex(pattern, options) }
}

function regexSource({ buf, at }: RawValue): { pattern: string; options: string } {
  return { pattern: readName(buf, at), options: readName(buf, skipCString(buf, at)) }
}

/** Strings and symbols are searched; a regex value matches when it is the same expression. */
export function testRegex({ pattern, options, regex }: RegexOperand): ValueTest {
  return (buf, type, at) => {
    if (type === BsonType.string || type === BsonType.symbol) {
      return regex.test(buf.toString('utf8', at + 4, at + 3 + readInt32(buf, at)))
    }
    if (type !== BsonType.regex) return false
    return readName(buf, at) === pattern && readName(buf, skipCString(buf, at)) === options
  }
}
