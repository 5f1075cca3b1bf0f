import {
  BsonType,
  findElement,
  MAX_DEPTH,
  RawValue,
  readInt32,
  readString,
  valueSize,
} from '@gantry/bson'
import { elementText, idText } from '../../element-text.js'
import { CommandError } from '../../errors.js'
import { immutableId, tooDeep } from '../failures.js'
import { createsNothing, type Modifier, REMOVED } from '../modifier.js'
import { depthOf } from '../raw-values.js'
import { addModifier, type FieldsNode } from '../tree.js'
import { isDynamic, parseUpdatePath, type UpdatePath } from '../update-path.js'

/** One field's `$rename`. Its modifier stands at the new path. */
export interface Rename {
  readonly from: UpdatePath
  readonly to: UpdatePath
  readonly modifier: Modifier
}

/** Adds a `$rename` to an update's tree: the value is set under the new path and unset under the old one. */
export function addRename(root: FieldsNode, from: UpdatePath, argument: RawValue): Rename {
  const to = parseTarget(from, argument)
  const modifier: Modifier = {
    kind: 'modifier',
    operator: '$rename',
    update: (_current, { renamed }) => renamed.get(modifier),
    create: ({ renamed }) => renamed.get(modifier),
    creates: ({ renamed }) => renamed.has(modifier),
    blocked: 'ignore',
    depth: 0,
  }
  addModifier(root, from, {
    kind: 'modifier',
    operator: '$rename',
    ...createsNothing,
    update: () => REMOVED,
    blocked: 'ignore',
  })
  addModifier(root, to, modifier)
  return { from, to, modifier }
}

function parseTarget(from: UpdatePath, argument: RawValue): UpdatePath {
  const shown = elementText(from.dotted, argument)
  if (argument.type !== BsonType.string) {
    throw new CommandError('BadValue', `The 'to' field for $rename must be a string: ${shown}`)
  }
  const target = readString(argument.buf, argument.at)
  if (target.includes('\0')) {
    throw new CommandError(
      9867600,
      `The 'to' field for $rename cannot contain an embedded null byte`,
    )
  }
  const to = parseUpdatePath(target)
  if (to.dotted === from.dotted) {
    throw new CommandError(
      'BadValue',
      `The source and target field for $rename must differ: ${shown}`,
    )
  }
  if (target.startsWith(`${from.dotted}.`) || from.dotted.startsWith(`${target}.`)) {
    throw new CommandError(
      'BadValue',
      `The source and target field for $rename must not be on the same path: ${shown}`,
    )
  }
  if (isDynamic(from)) {
    throw new CommandError(
      'BadValue',
      `The source field for $rename may not be dynamic: ${from.dotted}`,
    )
  }
  if (isDynamic(to)) {
    throw new CommandError(
      'BadValue',
      `The destination field for $rename may not be dynamic: ${target}`,
    )
  }
  return to
}

/** Finds what each `$rename` is to move. Renaming into, out of or through an array is refused. */
export function findRenamed(
  renames: readonly Rename[],
  buf: Buffer,
  doc: number,
): Map<Modifier, RawValue> {
  const renamed = new Map<Modifier, RawValue>()
  for (const { from, to, modifier } of renames) {
    const value = findSource(from, buf, doc)
    if (!value) continue
    checkDestination(to, buf, doc)
    if (isId(to) && findElement(buf, doc, ID) !== -1) throw immutableId(to.dotted)
    if (to.steps.length + depthOf(value) > MAX_DEPTH) throw tooDeep()
    renamed.set(modifier, value)
  }
  return renamed
}

const ID = Buffer.from('_id')

function isId({ steps: [first] }: UpdatePath): boolean {
  return first.kind === 'field' && first.part.name === '_id'
}

function findSource(path: UpdatePath, buf: Buffer, doc: number): RawValue | undefined {
  let current = new RawValue(buf, BsonType.object, doc, readInt32(buf, doc))
  let array: string | undefined
  let name = ''
  for (const step of path.steps) {
    if (step.kind !== 'field') return undefined
    const { part } = step
    if (current.type !== BsonType.object) {
      const traversable = current.type === BsonType.array && part.index !== -1
      if (!traversable) {
        throw new CommandError(
          'PathNotViable',
          `Cannot use the part (${part.name}) of (${path.dotted}) to traverse the element ({${elementText(name, current)}})`,
        )
      }
      array ??= name
    }
    const next = child(current, part.bytes)
    if (!next) return undefined
    current = next
    name = part.name
  }
  if (array !== undefined) throw throughArray('source', path, buf, doc, array)
  return current
}

function checkDestination(path: UpdatePath, buf: Buffer, doc: number): void {
  let current = new RawValue(buf, BsonType.object, doc, readInt32(buf, doc))
  for (const step of path.steps.slice(0, -1)) {
    if (step.kind !== 'field') return
    const next = child(current, step.part.bytes)
    if (!next) return
    if (next.type === BsonType.array) {
      throw throughArray('destination', path, buf, doc, step.part.name)
    }
    if (next.type !== BsonType.object) return
    current = next
  }
}

function child({ buf, at }: RawValue, name: Buffer): RawValue | undefined {
  const element = findElement(buf, at, name)
  if (element === -1) return undefined
  const value = element + name.length + 2
  return new RawValue(buf, buf[element], value, valueSize(buf, buf[element], value))
}

function throughArray(
  end: 'source' | 'destination',
  path: UpdatePath,
  buf: Buffer,
  doc: number,
  array: string,
): CommandError {
  return new CommandError(
    'BadValue',
    `The ${end} field cannot be an array element, '${path.dotted}' in doc with ${idText(buf, doc)} has an array field called '${array}'`,
  )
}
