/** `minLength`, `maxLength` and `pattern`. */
import { BsonType, readInt32, readString } from '@gantry/bson'
import type { ValueTest } from '../filter.js'
import { compileRegex } from '../regex.js'
import { countOperand, type KeywordParser, stringOperand } from './keyword.js'

export const parseMinLength: KeywordParser = (operand, { keyword }) => {
  const least = countOperand(operand, keyword)
  return ofStrings((buf, _type, at) => codePoints(buf, at) >= least)
}

export const parseMaxLength: KeywordParser = (operand, { keyword }) => {
  const most = countOperand(operand, keyword)
  return ofStrings((buf, _type, at) => codePoints(buf, at) <= most)
}

/** A pattern may match anywhere in the string. */
export const parsePattern: KeywordParser = (operand, { keyword }) => {
  const regex = compileRegex(stringOperand(operand, keyword))
  return ofStrings((buf, _type, at) => regex.test(readString(buf, at)))
}

function ofStrings(test: ValueTest): ValueTest {
  return (buf, type, at) => type !== BsonType.string || test(buf, type, at)
}

function codePoints(buf: Buffer, at: number): number {
  const end = at + 3 + readInt32(buf, at)
  let count = 0
  // Every byte begins a character but those that continue one.
  for (let i = at + 4; i < end; i++) if ((buf[i] & 0xc0) !== 0x80) count++
  return count
}
