import { BsonType, encodeValue, type RawValue, typeAlias } from '@gantry/bson'
import { elementText, idText } from '../../element-text.js'
import { CommandError } from '../../errors.js'
import { elementsOf } from '../../query/elements.js'
import { currentName, type Modifier, type UpdateRun } from '../modifier.js'
import { decode, identical } from '../raw-values.js'
import type { UpdatePath } from '../update-path.js'

type Integer = number | bigint

interface BitOperation {
  readonly apply: (a: bigint, b: bigint) => bigint
  readonly operand: Integer
}

const operations: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
}

/** `$bit`: `and`, `or` and `xor` on int32 and int64, one after the other. A field that is not there counts as 0. */
export function parseBit(_path: UpdatePath, argument: RawValue): Modifier {
  const list = parseOperations(argument)
  return {
    kind: 'modifier',
    operator: '$bit',
    update(current, run) {
      checkIntegral(current, run)
      const value = encodeValue(applyAll(list, decode(current) as Integer))
      return identical(value, current) ? undefined : value
    },
    create: () => applyAll(list, 0),
    creates: () => true,
    blocked: 'error',
    depth: 0,
  }
}

function applyAll(list: readonly BitOperation[], start: Integer): Integer {
  let result = start
  for (const { apply, operand } of list) {
    const bits = apply(BigInt(result), BigInt(operand))
    const wide = typeof result === 'bigint' || typeof operand === 'bigint'
    result = wide ? bits : Number(bits)
  }
  return result
}

function checkIntegral(current: RawValue, run: UpdateRun): void {
  if (isIntegral(current.type)) return
  throw new CommandError(
    'BadValue',
    `Cannot apply $bit to a value of non-integral type.${idText(run.buf, run.doc)} has the field ${currentName(run)} of non-integer type ${typeAlias(current.type)}`,
  )
}

function parseOperations(argument: RawValue): BitOperation[] {
  if (argument.type !== BsonType.object) {
    throw new CommandError(
      'BadValue',
      `The $bit modifier is not compatible with a ${typeAlias(argument.type)}. You must pass in an embedded document: {$bit: {field: {and/or/xor: #}}`,
    )
  }
  const list = elementsOf(argument.buf, argument.at).map(({ name, value }) => {
    if (!Object.hasOwn(operations, name)) {
      throw new CommandError(
        'BadValue',
        `The $bit modifier only supports 'and', 'or', and 'xor', not '${name}' which is an unknown operator: {${elementText(name, value)}}`,
      )
    }
    if (!isIntegral(value.type)) {
      throw new CommandError(
        'BadValue',
        `The $bit modifier field must be an Integer(32/64 bit); a '${typeAlias(value.type)}' is not supported here: {${elementText(name, value)}}`,
      )
    }
    return { apply: operations[name], operand: decode(value) as Integer }
  })
  if (list.length === 0) {
    throw new CommandError(
      'BadValue',
      'You must pass in at least one bitwise operation. The format is: {$bit: {field: {and/or/xor: #}}',
    )
  }
  return list
}

function isIntegral(type: number): boolean {
  return type === BsonType.int || type === BsonType.long
}
