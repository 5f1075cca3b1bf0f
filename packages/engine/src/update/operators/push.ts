import { BsonType, BsonWriter, indexName, isNumericType, RawValue, typeAlias } from '@gantry/bson'
import { elementText, idText } from '../../element-text.js'
import { CommandError } from '../../errors.js'
import { elementsOf, valuesOf } from '../../query/elements.js'
import { currentName, type Modifier, type UpdateRun } from '../modifier.js'
import { depthOf, identical, integerOf } from '../raw-values.js'
import type { UpdatePath } from '../update-path.js'
import { type ElementOrder, parseElementOrder } from './push-sort.js'

interface Push {
  readonly added: readonly RawValue[]
  readonly position?: number
  readonly slice?: number
  readonly sort?: ElementOrder
}

/** `$push`, also with `$each`, `$position`, `$sort` and `$slice`, which apply in this order. */
export function parsePush(_path: UpdatePath, argument: RawValue): Modifier {
  const push = parseModifiers(argument)
  const plain = push.position === undefined && push.slice === undefined && !push.sort
  return {
    kind: 'modifier',
    operator: '$push',
    update(current, run) {
      if (current.type !== BsonType.array) throw notAnArray(current, run)
      if (!plain) return rearrange(push, current)
      return push.added.length === 0 ? undefined : append(current, push.added)
    },
    create: () => arrange(push, []),
    creates: () => true,
    blocked: 'error',
    depth: 1 + Math.max(0, ...push.added.map(depthOf)),
  }
}

function notAnArray(current: RawValue, run: UpdateRun): CommandError {
  return new CommandError(
    'BadValue',
    `The field '${currentName(run)}' must be an array but is of type ${typeAlias(current.type)} in document {${idText(run.buf, run.doc)}}`,
  )
}

/** The array with more elements behind, its bytes copied as they are. */
function append(array: RawValue, added: readonly RawValue[]): RawValue {
  let count = valuesOf(array).length
  const size = added.reduce((sum, value) => sum + value.size + 12, array.size)
  const writer = new BsonWriter(size)
  const mark = writer.beginDocument()
  writer.bytes(array.buf, array.at + 4, array.size - 5)
  for (const value of added) writer.element(indexName(count++), value)
  writer.end(mark)
  const bytes = writer.take()
  return new RawValue(bytes, BsonType.array, 0, bytes.length)
}

function rearrange(push: Push, current: RawValue): RawValue[] | undefined {
  const before = valuesOf(current)
  const after = arrange(push, before)
  const same =
    after.length === before.length && after.every((value, i) => identical(value, before[i]))
  return same ? undefined : after
}

function arrange({ added, position, sort, slice }: Push, before: readonly RawValue[]): RawValue[] {
  const values = [...before]
  if (position === undefined) {
    for (const value of added) values.push(value)
  } else {
    const at = position < 0 ? Math.max(0, before.length + position) : position
    return finish([...before.slice(0, at), ...added, ...before.slice(at)], sort, slice)
  }
  return finish(values, sort, slice)
}

function finish(
  values: RawValue[],
  sort: ElementOrder | undefined,
  slice: number | undefined,
): RawValue[] {
  const sorted = sort ? sort(values) : values
  if (slice === undefined) return sorted
  if (slice === 0) return []
  return slice > 0 ? sorted.slice(0, slice) : sorted.slice(slice)
}

function parseModifiers(argument: RawValue): Push {
  if (argument.type !== BsonType.object) return { added: [argument] }
  const clauses = new Map<string, RawValue>()
  for (const { name, value } of elementsOf(argument.buf, argument.at)) clauses.set(name, value)
  const each = clauses.get('$each')
  if (!each) return { added: [argument] }
  if (each.type !== BsonType.array) {
    throw new CommandError(
      'BadValue',
      `The argument to $each in $push must be an array but it was of type: ${typeAlias(each.type)}`,
    )
  }
  for (const name of clauses.keys()) {
    if (!['$each', '$slice', '$sort', '$position'].includes(name)) {
      throw new CommandError('BadValue', `Unrecognized clause in $push: ${name}`)
    }
  }
  const slice = clauses.get('$slice')
  const sort = clauses.get('$sort')
  const position = clauses.get('$position')
  return {
    added: valuesOf(each),
    slice: slice && parseSlice(slice),
    sort: sort && parseElementOrder(sort),
    position: position && parsePosition(position),
  }
}

function parseSlice(value: RawValue): number {
  const slice = integerOf(value)
  if (slice !== undefined) return slice
  throw new CommandError(
    'BadValue',
    isNumericType(value.type)
      ? `The value for $slice must be an integer value but was given a number that is none: ${elementText('$slice', value)}`
      : `The value for $slice must be an integer value but was given type: ${typeAlias(value.type)}`,
  )
}

function parsePosition(value: RawValue): number {
  const position = integerOf(value)
  if (position !== undefined) return position
  throw new CommandError(
    'BadValue',
    `The value for $position must be an integer value, not of type: ${typeAlias(value.type)}`,
  )
}
