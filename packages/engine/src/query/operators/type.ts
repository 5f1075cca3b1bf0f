import {
  BsonType,
  isNumericType,
  type RawValue,
  readString,
  typeAlias,
  typeOfAlias,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { valuesOf } from '../elements.js'
import type { ValueTest } from '../filter.js'
import { wholeLong } from '../integers.js'
import type { OperatorParser } from './operator.js'

const numericTypes = [BsonType.int, BsonType.long, BsonType.double, BsonType.decimal]
const codes = new Map<bigint, number>(
  Object.values(BsonType).map((type) => [type === BsonType.minKey ? -1n : BigInt(type), type]),
)

export const parseType: OperatorParser = (operand, { path }) => ({
  kind: 'type',
  path,
  types: parseTypes('$type', operand),
})

/** The type bytes that a type code, an alias or an array of them stands for. */
export function parseTypes(name: string, operand: RawValue): Set<number> {
  const operands = operand.type === BsonType.array ? valuesOf(operand) : [operand]
  const types = new Set(operands.flatMap((one) => parseOne(name, one)))
  if (types.size === 0) {
    throw new CommandError('FailedToParse', `${name} must match at least one type`)
  }
  return types
}

function parseOne(name: string, operand: RawValue): readonly number[] {
  const { buf, type, at } = operand
  if (type === BsonType.string) return typesOfAlias(readString(buf, at))
  if (!isNumericType(type)) {
    throw new CommandError(
      'TypeMismatch',
      `${name} must be represented as a number or a string, not ${typeAlias(type)}`,
    )
  }
  const code = wholeLong(buf, type, at)
  if (code === 0n) {
    throw new CommandError(
      'BadValue',
      'Numerical type code 0 is not supported; instead use {$exists:false}',
    )
  }
  const found = code === undefined ? undefined : codes.get(code)
  if (found === undefined) {
    throw new CommandError('BadValue', `Invalid numerical type code: ${code ?? typeAlias(type)}`)
  }
  return [found]
}

/** The type bytes of an alias; `number` has four. */
export function typesOfAlias(alias: string): readonly number[] {
  if (alias === 'number') return numericTypes
  const type = typeOfAlias(alias)
  // 'missing' is an alias of aggregations only.
  if (!type) throw new CommandError('BadValue', `Unknown type name alias: ${alias}`)
  return [type]
}

export function testType(types: ReadonlySet<number>): ValueTest {
  const wanted = new Uint8Array(256)
  for (const type of types) wanted[type] = 1
  return (_buf, type) => wanted[type] === 1
}
