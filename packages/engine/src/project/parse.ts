import { BsonType, type Path, type RawValue, typeAlias } from '@gantry/bson'
import { elementText } from '../element-text.js'
import { CommandError } from '../errors.js'
import { elementsOf, type NamedValue } from '../query/elements.js'
import type { FilterContext } from '../query/filter.js'
import { parseElemMatch } from './elemMatch.js'
import { parseProjectedPath } from './field-path.js'
import { isTrue } from './number.js'
import { parseSlice } from './slice.js'
import { addLeaf, type Compute, emptyTree, type FieldsNode, nodeAt } from './tree.js'
import type { Mode } from './write.js'

export interface ProjectionContext {
  /** `find`, the default, knows `$slice`, `$elemMatch` and the positional `$`; `aggregate` is `$project`. */
  readonly dialect?: 'find' | 'aggregate'
  /** Compiles an aggregation expression; without it computed fields are refused. */
  readonly expression?: (value: RawValue) => Compute
  /** Whether there is an expression operator of this name; asked before one is compiled. */
  readonly isOperator?: (name: string) => boolean
  /** For the condition of `$elemMatch`. */
  readonly elemMatch?: FilterContext
}

export interface ParsedProjection {
  readonly mode: Exclude<Mode, 'addition'>
  readonly root: FieldsNode
  /** Whether it has a positional `$`, for which the query's filter is needed. */
  readonly positional: boolean
}

/** What is known while a specification is read. */
interface Reading {
  readonly context: ProjectionContext
  readonly root: FieldsNode
  mode?: ParsedProjection['mode']
  id?: 'include' | 'exclude'
  positional: boolean
  elemMatch: boolean
}

/** Reads a specification; throws MongoDB's error when it makes no sense. */
export function parseProjection(spec: RawValue, context: ProjectionContext): ParsedProjection {
  const reading: Reading = { context, root: emptyTree(), positional: false, elemMatch: false }
  const fields = elementsOf(spec.buf, spec.at)
  if (fields.length === 0 && context.dialect === 'aggregate') {
    throw new CommandError(51272, 'projection specification must have at least one field')
  }
  for (const field of fields) readField(reading, '', field)
  const { root, id, positional, elemMatch } = reading
  const inclusive = id === 'include' || positional || elemMatch
  const mode = reading.mode ?? (inclusive ? 'inclusion' : 'exclusion')
  const own = root.children.has('_id')
  if (mode === 'inclusion' && id !== 'exclude' && !own) {
    addLeaf(root, parseProjectedPath('_id'), { kind: 'include' })
  }
  if (mode === 'exclusion' && id === 'exclude') {
    addLeaf(root, parseProjectedPath('_id'), { kind: 'exclude' })
  }
  return { mode, root, positional }
}

function readField(reading: Reading, prefix: string, { name, value }: NamedValue): void {
  const dotted = prefix === '' ? name : `${prefix}.${name}`
  if (name.endsWith('.$') && reading.context.dialect !== 'aggregate') {
    readPositional(reading, dotted, value)
    return
  }
  const path = checkPath(reading, dotted)
  if (value.type === BsonType.object) readDocument(reading, dotted, path, value)
  else if (isFlag(value)) readFlag(reading, dotted, path, isTrue(value))
  else readLiteral(reading, dotted, path, value)
}

function checkPath(reading: Reading, dotted: string): Path {
  if (dotted.endsWith('.$')) {
    throw new CommandError(31324, 'Cannot use positional projection in aggregation projection')
  }
  if (dotted.includes('.$.') && reading.context.dialect !== 'aggregate') {
    throw new CommandError(
      31394,
      `As of 4.4, it's illegal to specify positional operator in the middle of a path.Positional projection may only be used at the end, for example: a.b.$. If the query previously used a form like a.b.$.d, remove the parts following the '$' and the results will be equivalent.`,
    )
  }
  return parseProjectedPath(dotted)
}

function isFlag({ type }: RawValue): boolean {
  return (
    type === BsonType.bool ||
    type === BsonType.int ||
    type === BsonType.long ||
    type === BsonType.double ||
    type === BsonType.decimal
  )
}

function readFlag(reading: Reading, dotted: string, path: Path, include: boolean): void {
  if (dotted === '_id') {
    if (reading.root.children.has('_id')) throw new CommandError(31250, 'Path collision at _id')
    reading.id = include ? 'include' : 'exclude'
    return
  }
  const wanted = include ? 'inclusion' : 'exclusion'
  if (reading.mode !== undefined && reading.mode !== wanted) {
    throw include
      ? new CommandError(31253, `Cannot do inclusion on field ${dotted} in exclusion projection`)
      : new CommandError(31254, `Cannot do exclusion on field ${dotted} in inclusion projection`)
  }
  reading.mode = wanted
  addLeaf(reading.root, path, { kind: include ? 'include' : 'exclude' })
}

function readPositional(reading: Reading, dotted: string, value: RawValue): void {
  const path = parseProjectedPath(dotted.slice(0, -2))
  if (value.type === BsonType.object) {
    throw new CommandError(
      31271,
      'positional projection cannot be used with an expression or sub object',
    )
  }
  if (!isFlag(value)) {
    throw new CommandError(
      31308,
      `positional projection cannot be used with a literal: ${dotted} is of type ${typeAlias(value.type)}`,
    )
  }
  if (!isTrue(value) || reading.mode === 'exclusion') {
    throw new CommandError(31395, 'positional projection cannot be used with exclusion')
  }
  if (reading.positional) {
    throw new CommandError(31276, 'Cannot specify more than one positional proj. per query.')
  }
  if (reading.elemMatch) {
    throw new CommandError(31256, 'Cannot specify positional operator and $elemMatch.')
  }
  reading.positional = true
  reading.mode = 'inclusion'
  addLeaf(reading.root, path, { kind: 'positional' })
}

function readDocument(reading: Reading, dotted: string, path: Path, value: RawValue): void {
  const fields = elementsOf(value.buf, value.at)
  if (fields.length === 0) {
    throw new CommandError(
      51270,
      `An empty sub-projection is not a valid value. Found empty object at path ${dotted}`,
    )
  }
  if (fields.length > 1 || !fields[0].name.startsWith('$')) {
    for (const field of fields) readField(reading, dotted, field)
    return
  }
  const [{ name, value: operand }] = fields
  if (reading.context.dialect !== 'aggregate') {
    if (name === '$elemMatch') return readElemMatch(reading, dotted, path, operand)
    const slice = name === '$slice' ? parseSlice(operand) : undefined
    if (slice && nodeAt(reading.root, path)?.kind !== 'positional') {
      addLeaf(reading.root, path, slice)
      return
    }
  }
  readOperator(reading, path, name, value)
}

function readElemMatch(reading: Reading, dotted: string, path: Path, operand: RawValue): void {
  if (operand.type !== BsonType.object) {
    throw new CommandError(
      31274,
      `elemMatch: Invalid argument, object required, but got ${typeAlias(operand.type)}`,
    )
  }
  if (reading.positional) {
    throw new CommandError(31255, 'Cannot specify positional operator and $elemMatch.')
  }
  if (path.length > 1) {
    throw new CommandError(31275, 'Cannot use $elemMatch projection on a nested field')
  }
  reading.elemMatch = true
  const compute = parseElemMatch(dotted, operand, reading.context.elemMatch ?? {})
  addLeaf(reading.root, path, { kind: 'compute', compute })
}

/** An expression with an operator. `$meta` leaves open whether fields are included or excluded. */
function readOperator(reading: Reading, path: Path, name: string, value: RawValue): void {
  const { isOperator } = reading.context
  if (isOperator && name !== '$elemMatch' && !isOperator(name)) {
    throw new CommandError(31325, `Unknown expression ${name}`)
  }
  if (name !== '$meta') {
    if (reading.mode === 'exclusion') {
      throw new CommandError(
        31252,
        'Cannot use expression other than $meta in exclusion projection',
      )
    }
    reading.mode = 'inclusion'
  }
  addComputed(reading, path, value)
}

function readLiteral(reading: Reading, dotted: string, path: Path, value: RawValue): void {
  if (reading.mode === 'exclusion') {
    throw new CommandError(
      31310,
      `Cannot use an expression ${elementText(dotted, value)} in an exclusion projection`,
    )
  }
  reading.mode = 'inclusion'
  addComputed(reading, path, value)
}

function addComputed(reading: Reading, path: Path, value: RawValue): void {
  addLeaf(reading.root, path, { kind: 'compute', compute: compileWith(reading.context, value) })
}

function compileWith(context: ProjectionContext, value: RawValue): Compute {
  if (context.expression) return context.expression(value)
  throw new CommandError('CommandNotSupported', 'Expressions cannot be used in this projection')
}
