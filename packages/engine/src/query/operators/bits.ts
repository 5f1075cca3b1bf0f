/** `$bitsAllSet`, `$bitsAllClear`, `$bitsAnySet` and `$bitsAnyClear`. */
import { BsonType, isNumericType, type RawValue, readInt32, typeAlias } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { elementsOf } from '../elements.js'
import type { BitsFilter, BitTest, ValueTest } from '../filter.js'
import { longComplaint, wholeLong } from '../integers.js'
import type { OperatorParser } from './operator.js'

const INT_MAX = 2n ** 31n - 1n

export function parseBits(kind: BitTest): OperatorParser {
  return (operand, { path }) => ({ kind, path, positions: parsePositions(kind, operand) })
}

function parsePositions(kind: BitTest, operand: RawValue): number[] {
  if (operand.type === BsonType.array) return listedPositions(operand)
  if (operand.type === BsonType.binData) {
    const { buf, at } = operand
    return maskPositions(readInt32(buf, at) * 8, (bit) => binaryBit(buf, at, bit))
  }
  if (!isNumericType(operand.type)) {
    throw new CommandError(
      'BadValue',
      `$${kind} takes an Array, a number, or a BinData but received: ${typeAlias(operand.type)}`,
    )
  }
  const mask = wholeLong(operand.buf, operand.type, operand.at)
  if (mask === undefined) {
    throw new CommandError('FailedToParse', longComplaint(operand, `$${kind}`))
  }
  if (mask < 0n) {
    throw new CommandError('FailedToParse', `Expected a non-negative number in: $${kind}: ${mask}`)
  }
  return maskPositions(63, (bit) => ((mask >> BigInt(bit)) & 1n) === 1n)
}

function maskPositions(size: number, isSet: (bit: number) => boolean): number[] {
  const positions: number[] = []
  for (let bit = 0; bit < size; bit++) if (isSet(bit)) positions.push(bit)
  return positions
}

function listedPositions(operand: RawValue): number[] {
  const positions = elementsOf(operand.buf, operand.at).map(({ name, value }) => {
    const position = wholeLong(value.buf, value.type, value.at)
    if (position === undefined) {
      throw new CommandError(
        'BadValue',
        `Failed to parse bit position. ${longComplaint(value, `${name}: ${typeAlias(value.type)}`)}`,
      )
    }
    if (position < 0n) {
      throw new CommandError(
        'BadValue',
        `Failed to parse bit position. Expected a non-negative number in: ${name}: ${position}`,
      )
    }
    if (position > INT_MAX) {
      throw new CommandError(
        'BadValue',
        `Failed to parse bit position. Cannot represent as a 32-bit integer: ${name}: ${position}`,
      )
    }
    return Number(position)
  })
  return [...new Set(positions)].sort((a, b) => a - b)
}

/** Numbers are two's complement, sign-extended without end; binaries little-endian, zero beyond their end. */
export function testBits({ kind, positions }: BitsFilter): ValueTest {
  const wanted = kind === 'bitsAllSet' || kind === 'bitsAnySet'
  const all = kind === 'bitsAllSet' || kind === 'bitsAllClear'
  const holds = (bitOf: (position: number) => boolean) =>
    all
      ? positions.every((position) => bitOf(position) === wanted)
      : positions.some((position) => bitOf(position) === wanted)
  return (buf, type, at) => {
    if (type === BsonType.binData) return holds((position) => binaryBit(buf, at, position))
    const value = wholeLong(buf, type, at)
    return value !== undefined && holds((position) => longBit(value, position))
  }
}

function binaryBit(buf: Buffer, at: number, position: number): boolean {
  const byte = position >>> 3
  return byte < readInt32(buf, at) && ((buf[at + 5 + byte] >> (position & 7)) & 1) === 1
}

function longBit(value: bigint, position: number): boolean {
  return ((value >> BigInt(Math.min(position, 63))) & 1n) === 1n
}
