/** `$in` and `$nin`. */
import {
  BsonType,
  canonicalRank,
  KeyWriter,
  MISSING,
  type Path,
  type RawValue,
  readInt32,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { elementsOf, valuesOf } from '../elements.js'
import type { InFilter, RegexOperand, ValueTest } from '../filter.js'
import { isOperatorDocument } from '../operator-document.js'
import { exactNumber, safeLong } from './comparison.js'
import type { OperatorParser } from './operator.js'
import { regexOperand, testRegex } from './regex.js'

const keys = new KeyWriter()

/** Of longer lists the repetitions stay: they do no harm, and finding them would hold the event loop. */
const MOST_DEDUPED = 10_000

export const parseIn: OperatorParser = (operand, { path }) => inFilter('$in', operand, path)

export const parseNin: OperatorParser = (operand, { path }) => ({
  kind: 'not',
  clause: inFilter('$nin', operand, path),
})

function inFilter(name: string, operand: RawValue, path: Path): InFilter {
  if (operand.type !== BsonType.array) {
    throw new CommandError('BadValue', `${name} needs an array`)
  }
  const operands: RawValue[] = []
  const regexes: RegexOperand[] = []
  const seen = new Set<string | number>()
  const values = valuesOf(operand)
  const dedupes = values.length <= MOST_DEDUPED
  for (const value of values) {
    if (value.type === BsonType.regex) {
      regexes.push(regexOperand(value))
      continue
    }
    checkOperand(name, value)
    operands.push(value)
    if (!dedupes) continue
    const key = identityOf(value)
    if (seen.has(key)) operands.pop()
    seen.add(key)
  }
  return { kind: 'in', path, operands, regexes }
}

function checkOperand(name: string, value: RawValue): void {
  if (value.type === BsonType.undefined) {
    throw new CommandError('BadValue', 'InMatchExpression equality cannot be undefined')
  }
  if (isOperatorDocument(value)) {
    const [first] = elementsOf(value.buf, value.at)
    throw new CommandError('BadValue', `cannot nest $ under ${name}: ${first.name}`)
  }
}

/** The same for values that compare equal, whatever their types. */
function keyOf(buf: Buffer, type: number, at: number): string {
  keys.reset().append(buf, type, at)
  return keys.buf.toString('latin1', 0, keys.length)
}

/** What tells operands apart: for numbers, of which there may be many, without making keys. */
function identityOf(value: RawValue): string | number {
  return exactNumber(value) ?? keyOf(value.buf, value.type, value.at)
}

/** Takes as long for ten thousand operands as for ten. */
export function testIn({ operands, regexes }: InFilter): ValueTest {
  const isOneOf = testMember(operands)
  if (regexes.length === 0) return isOneOf
  const patterns = regexes.map(testRegex)
  return (buf, type, at) =>
    isOneOf(buf, type, at) || patterns.some((matches) => matches(buf, type, at))
}

function testMember(operands: readonly RawValue[]): ValueTest {
  const ranks = new Uint8Array(256)
  const numbers = new Set<number>()
  for (const operand of operands) {
    ranks[canonicalRank(operand.type)] = 1
    const number = exactNumber(operand)
    if (number !== undefined) numbers.add(number)
  }
  const nulls = ranks[canonicalRank(BsonType.null)] === 1
  const strings = textsOf(operands)
  let all: Set<string> | undefined
  /** By the key of its value; few documents need it, and making all keys takes a while. */
  const isAmongAll: ValueTest = (buf, type, at) => {
    all ??= new Set(operands.map((operand) => keyOf(operand.buf, operand.type, operand.at)))
    return all.has(keyOf(buf, type, at))
  }
  return (buf, type, at) => {
    if (type === MISSING) return nulls
    if (ranks[canonicalRank(type)] === 0) return false
    switch (type) {
      case BsonType.int:
        return numbers.has(readInt32(buf, at))
      case BsonType.double:
        return numbers.has(buf.readDoubleLE(at))
      case BsonType.string:
        return strings.has(buf.toString('latin1', at + 4, at + 3 + readInt32(buf, at)))
      case BsonType.long: {
        const long = safeLong(buf, at)
        return Number.isNaN(long) ? isAmongAll(buf, type, at) : numbers.has(long)
      }
      default:
        return isAmongAll(buf, type, at)
    }
  }
}

/** The strings among the operands, their UTF-8 bytes read as Latin-1, which is faster and tells them apart as well. */
function textsOf(operands: readonly RawValue[]): Set<string> {
  const texts = new Set<string>()
  for (const { buf, type, at } of operands) {
    if (type === BsonType.string || type === BsonType.symbol) {
      texts.add(buf.toString('latin1', at + 4, at + 3 + readInt32(buf, at)))
    }
  }
  return texts
}
